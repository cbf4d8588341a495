"""Run by test_disk_full.py on a small disk: write features that fit and that do not, and tell as JSON what happened."""

import json
import os
import sys
from pathlib import Path

import h5py
import numpy as np

from mexflow.errors import UserError
from mexflow.store.packed import Layout, PackedFeature, read_packed, write_packed
from mexflow.store.tables import write_csv
from store.samples import clips


def feature(samples: int) -> PackedFeature:
    """About 9 kB per sample that no compression makes smaller."""
    data = np.random.default_rng(samples).normal(size=(samples, 28, 28, 3)).astype(np.float32)
    return PackedFeature(data, clips(samples), Layout(("u", "v", "strain"), ("px", "px", "1")))


def attempt(write) -> str:
    """The message for the user; "" if all went well."""
    try:
        write()
    except UserError as error:
        return str(error)
    return ""


def fill(disk: Path, room: int) -> None:
    """Leave so many bytes of room, in whole pages."""
    (disk / "ballast").unlink(missing_ok=True)
    (disk / "ballast").write_bytes(bytes(os.statvfs(disk).f_bavail * 4096 - room // 4096 * 4096))


def main(disk: Path) -> None:
    """Fill it to several heights, from "nothing can be written" to "the last flush fails"."""
    path = disk / "f.h5"
    write_packed(feature(40), path, "{}", "old")
    old = path.read_bytes()
    steps = {}
    for part in (0, 5, 50, 95):
        fill(disk, len(old) * part // 100)
        message = attempt(lambda: write_packed(feature(40), path, "{}", "new"))
        steps[part] = {
            "message": message,
            "old_file_intact": path.read_bytes() == old,
            "files": sorted(file.name for file in disk.iterdir()),
            "open_files": len(h5py.h5f.get_obj_ids(h5py.h5f.OBJ_ALL, h5py.h5f.OBJ_FILE)),
        }
    fill(disk, 4096)
    table = attempt(lambda: write_csv(clips(30_000), disk / "t.csv"))
    (disk / "ballast").unlink()
    write_packed(feature(50), path, "{}", "new")
    after = bool(np.array_equal(read_packed(path).samples, feature(50).samples))
    print(json.dumps({"steps": steps, "table": table, "after": after, "files": sorted(f.name for f in disk.iterdir())}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
