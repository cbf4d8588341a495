"""JSON records: scores, audits."""

import json
from pathlib import Path
from typing import Any

from mexflow.errors import UserError
from mexflow.store.files import replacing


def write_record(record: Any, path: Path) -> None:
    """Write a JSON file, whole or not at all. A NaN is an error: a record says null."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read_record(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    UserError
        If it is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing. Run snakemake again; it is rebuilt.") from None
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}). Delete it and run again.") from None
