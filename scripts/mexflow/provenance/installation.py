"""Is this environment fit to run the pipeline?"""

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mexflow.errors import UserError

_CV2_WHEELS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
_OURS = "opencv-contrib-python-headless"


def check_installation() -> None:
    """Refuse an environment in which OpenCV cannot work.

    All OpenCV wheels install the same files, so a second one silently breaks the first; TV-L1 is only in the
    contrib wheels.

    Raises
    ------
    UserError
        Naming the packages and the commands that mend it.
    """
    found = [wheel for wheel in _CV2_WHEELS if _is_installed(wheel)]
    if found == [_OURS]:
        return
    if not found:
        raise UserError(f"OpenCV is missing. Run: python -m pip install -r requirements.txt ({_OURS})")
    extra = " ".join(wheel for wheel in found)
    raise UserError(
        f"{len(found)} OpenCV wheel(s) installed: {', '.join(found)}. mexflow needs {_OURS} and no other, since"
        f" they overwrite each other's files. Run: python -m pip uninstall -y {extra}"
        " && python -m pip install -r requirements.txt"
    )


def put_interpreter_first() -> None:
    """Make `python` in the rules the interpreter that runs Snakemake, also when its environment is not activated.

    With `--sdm conda` the rule's own environment still wins: activating it puts it before this.
    """
    own = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([own, os.environ.get("PATH", os.defpath)])


def _is_installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True
