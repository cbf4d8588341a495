"""Where libraries keep what they compile and look up: on this machine, not in a home that a hundred nodes share."""

import os
import tempfile
from pathlib import Path

_VARIABLES = {"NUMBA_CACHE_DIR": "numba", "MPLCONFIGDIR": "matplotlib", "KERAS_HOME": "keras"}


def own_folder(parent: Path | None = None) -> Path | None:
    """A folder of this user's among the temporary files of this machine; None where someone else has made it.

    Compiled code is read back from it: nobody else may write there.
    """
    folder = (parent or Path(tempfile.gettempdir())) / f"mexflow-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.stat(follow_symlinks=False)
    return folder if status.st_uid == os.getuid() and not status.st_mode & 0o022 else None


def keep_caches_here() -> None:
    """Send the caches of Numba, Matplotlib and Keras there, unless the user has chosen places for them.

    To be called before any of them is imported. On a shared file system the first jobs of a hundred nodes would write
    the same files at once, and wait for each other's locks.
    """
    folder = own_folder()
    if folder is not None:
        for variable, name in _VARIABLES.items():
            os.environ.setdefault(variable, str(folder / name))
