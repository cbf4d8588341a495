"""How long the index takes: 10,000 clips with 500,000 frame files, the first time and again.

Run: .venv/bin/python benchmarks/index.py
"""

import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mexflow.config.datasets import CustomSpec
from mexflow.datasets.index import index_dataset

CLIPS, FRAMES, SUBJECTS = 10_000, 50, 100


def main() -> None:
    """Write the files, index them twice and after one change, print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "clips"
        write_clips(root)
        os.chdir(folder)
        spec = CustomSpec(kind="custom", root=root, fps=200)
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
        print(f"{CLIPS:,} clips, {CLIPS * FRAMES:,} frame files")
        print(f"first index    {seconds(lambda: index_dataset('big', spec)):6.1f} s (aim: 60)")
        print(f"second index   {seconds(lambda: index_dataset('big', spec)):6.1f} s (aim: 10)")
        (root / "s7" / "c7" / "img9.jpg").write_bytes(b"new")
        print(f"one clip anew  {seconds(lambda: index_dataset('big', spec)):6.1f} s")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
        print(f"peak memory    {peak:6.0f} MiB (aim: 1024)")


def write_clips(root: Path) -> None:
    """A custom dataset of empty frames."""
    lines = ["subject,clip,onset,apex,offset,emotion"]
    for number in range(CLIPS):
        subject, clip = f"s{number % SUBJECTS}", f"c{number}"
        folder = root / subject / clip
        folder.mkdir(parents=True)
        for frame in range(1, FRAMES + 1):
            (folder / f"img{frame}.jpg").touch()
        lines.append(f"{subject},{clip},5,20,40,happiness")
    (root / "labels.csv").write_text("\n".join(lines) + "\n")


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
