"""The GPUs of a machine, and a training's share of one: no two trainings take the same part of a card."""

import fcntl
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from math import ceil
from pathlib import Path

from mexflow.provenance.caches import own_folder

_DRIVER = Path("/proc/driver/nvidia/gpus")
_SLOTS = 20
"""A card is shared in twentieths."""
_held: list[int] = []


def visible_cards(environment: Mapping[str, str] = os.environ, driver: Path = _DRIVER) -> list[str]:
    """The NVIDIA cards that this process may use, as CUDA_VISIBLE_DEVICES names them; by default all of the machine's.

    Parameters
    ----------
    environment : mapping
        A scheduler or the user may have restricted it.
    driver : Path
        Where the driver lists its cards; no such folder, no card.
    """
    if not driver.is_dir():
        return []
    given = environment.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        return [name for name in given.split(",") if name and name != "-1"]
    return [str(number) for number in range(len(list(driver.iterdir())))]


def take_card(share: float, cards: list[str], locks: Path | None = None, patience: float = 1.0) -> str:
    """Keep a share of one of the cards for this process until it ends, and wait while none has that much left.

    Parameters
    ----------
    share : float
        Of one card; 1 or more takes whole cards.
    cards : list of str
        See `visible_cards`; not empty.
    locks : Path, optional
        A folder on this machine for the lock files; by default one per user among the temporary files.
    patience : float
        Seconds between two attempts.

    Returns
    -------
    str
        What CUDA_VISIBLE_DEVICES has to be. Where more cards are asked for than there are, all of them.
    """
    folder = locks or own_folder() or Path(tempfile.mkdtemp(prefix="mexflow-"))
    wanted = min(ceil(share), len(cards))
    slots = _SLOTS if share >= 1 else max(ceil(share * _SLOTS), 1)
    while True:
        taken: list[str] = []
        files: list[int] = []
        for card in cards:
            own = _free_slots(folder, card, slots)
            if own:
                taken.append(card)
                files += own
            if len(taken) == wanted:
                _held.extend(files)
                return ",".join(taken)
        for file in files:
            os.close(file)
        time.sleep(patience)


def memory_of(card: str) -> int | None:
    """The memory of a card in MB, or None where nvidia-smi does not tell."""
    query = ["nvidia-smi", f"--id={card}", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        return int(subprocess.run(query, capture_output=True, text=True, check=True).stdout.split()[0])
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return None


def _free_slots(folder: Path, card: str, number: int) -> list[int]:
    """Locks on so many slots of a card, or none. They go with the process, however it ends."""
    files: list[int] = []
    for slot in range(_SLOTS):
        file = os.open(folder / f"card{card.replace('/', '_')}_slot{slot}", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        files.append(file)
        if len(files) == number:
            return files
    for file in files:
        os.close(file)
    return []
