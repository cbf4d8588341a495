"""Tables: CSV files, and the table of clips inside an HDF5 file."""

import zlib
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from mexflow.errors import UserError
from mexflow.store.files import replacing


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, whole or not at all."""
    with replacing(path) as beside:
        table.to_csv(beside, index=False, lineterminator="\n")


def read_text_csv(path: Path, what: str) -> pd.DataFrame:
    """Read a CSV, gzipped when its name ends in ``.gz``, every cell as the text that it is.

    Parameters
    ----------
    path : Path
    what : str
        What it should hold, for the message: "predictions".

    Raises
    ------
    UserError
        If it is missing, damaged or no CSV, or a row has more fields than the header. The message leaves the path
        to the caller.
    """
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError("there is no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"cannot be read ({error}); make it again") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise UserError(f"is not a CSV of {what} ({str(error).strip()})") from error
    if not isinstance(raw.index, pd.RangeIndex):
        raise UserError("its rows have more fields than its header names; give every column a name")
    return raw


def write_table(parent: h5py.Group, name: str, table: pd.DataFrame) -> None:
    """Store a table as a group with one dataset per column, in the order of the columns.

    Text is stored as UTF-8 with "" for a missing value; numbers keep their type.
    """
    group = parent.create_group(name, track_order=True)
    for column in table.columns:
        values = table[column]
        data = values.to_numpy() if pd.api.types.is_numeric_dtype(values) else _fixed_width(values)
        group.create_dataset(column, data=data, fletcher32=len(data) > 0)


def _fixed_width(text: pd.Series) -> np.ndarray:
    # HDF5 can put a checksum on text of fixed width only.
    encoded = [str(one).encode() for one in text.astype(object).where(text.notna(), "")]
    return np.array(encoded, dtype=h5py.string_dtype(length=max(map(len, encoded), default=0) or 1))


def read_table(parent: h5py.Group, name: str) -> pd.DataFrame:
    """Read what `write_table` wrote."""
    columns = {}
    for column, dataset in parent[name].items():
        values = dataset[()]
        is_text = h5py.check_string_dtype(dataset.dtype) is not None
        columns[column] = np.array([one.decode() for one in values], dtype=object) if is_text else values
    return pd.DataFrame(columns)
