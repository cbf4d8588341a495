"""manifest.csv: one row per labelled expression, the same columns for every dataset."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from mexflow.errors import UserError
from mexflow.store.tables import write_csv


@dataclass(frozen=True)
class Expression:
    """One labelled expression: a row of the manifest.

    Attributes
    ----------
    dataset, subject : str
        Subject ids are text, as the dataset writes them.
    clip : str
        As the dataset names it; one name may stand for several expressions.
    sample : str
        Unique in its subject: the clip, and its onset behind "@" where the subject has several of that name (offset
        and type as well where these share the onset). Set by `manifest_of`.
    video : str
        The raw video or image folder that holds it; several expressions may share one.
    unit : str
        The job that works on it: a subject, a video or a clip.
    source : str
        The video or folder on disk, relative to the dataset's root.
    first_frame : int
        The number of the first frame of a video file; the frames of a folder carry their own.
    onset, apex, offset : int
        In the dataset's own frame numbers, inclusive.
    fps : float
        Frames per second.
    emotion : str
        As annotated.
    three_class, five_class, objective, binary, seven_class, stimulus : str
        Its class in each label scheme, "" if it has none (`mexflow.datasets.labels`).
    action_units : str
        As annotated.
    expression_type : str
        "micro" or "macro".
    apex_source : str
        Where the apex comes from: "label", or "middle" of onset and offset.
    content : str
        Hash of the raw frames.
    """

    dataset: str
    subject: str
    clip: str
    video: str
    unit: str
    source: str
    first_frame: int
    onset: int
    apex: int
    offset: int
    fps: float
    emotion: str
    three_class: str
    five_class: str
    objective: str
    binary: str
    seven_class: str
    stimulus: str
    action_units: str
    expression_type: str
    apex_source: str
    content: str
    sample: str = ""


SCHEMES = ("emotion", "three_class", "five_class", "objective", "binary", "seven_class", "stimulus")
"""The columns that a model can be trained on."""

UNKNOWN = -1
"""An onset, apex or offset that only the frames can tell, where frames are not looked at."""

COLUMNS = tuple(field.name for field in fields(Expression))


def manifest_of(expressions: list[Expression]) -> pd.DataFrame:
    """The manifest as a table, in the order given, checked.

    Raises
    ------
    UserError
        Naming the first clip whose values cannot be.
    """
    table = tabulated(expressions)
    check_rows(table)
    return table


def tabulated(expressions: list[Expression]) -> pd.DataFrame:
    """The manifest as a table, in the order given, not checked: without frames some of its values are missing."""
    table = pd.DataFrame([asdict(one) for one in expressions], columns=list(COLUMNS))
    table["sample"] = table["clip"]
    for before, column in (("@", "onset"), ("-", "offset"), ("-", "expression_type")):
        several = table.duplicated(["subject", "sample"], keep=False)
        table["sample"] = table["sample"].where(~several, table["sample"] + before + table[column].astype(str))
    return table


def write_if_changed(table: pd.DataFrame, path: Path, check: Callable[[pd.DataFrame], None] | None = None) -> bool:
    """Write a table as CSV if it differs from what is there. True if it was written.

    Parameters
    ----------
    table : DataFrame
    path : Path
    check : callable, optional
        Raises if the table must not be written. What is there already has passed it: an unchanged table is not checked.
    """
    if path.exists() and path.read_text(encoding="utf-8") == table.to_csv(index=False, lineterminator="\n"):
        return False
    if check is not None:
        check(table)
    write_csv(table, path)
    return True


def read_manifest(path: Path) -> pd.DataFrame:
    """Read a manifest: text stays text ("006"), a missing value is "".

    Raises
    ------
    UserError
        If there is none.
    """
    types = {field.name: field.type for field in fields(Expression)}
    try:
        return pd.read_csv(path, dtype=types, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(f"{path} is missing. Run snakemake in this folder: it writes the manifest first.") from None


def read_samples(path: Path) -> pd.DataFrame:
    """Read a manifest with names of clips that are unique in their subject: the column `sample` as `clip`.

    Raises
    ------
    UserError
        If there is none.
    """
    manifest = read_manifest(path)
    return manifest.assign(clip=manifest["sample"])


def check_rows(table: pd.DataFrame) -> None:
    """Check the values of a manifest.

    Raises
    ------
    UserError
        Naming the first clip whose values cannot be.
    """
    # Imported here: every job imports this module to read a manifest, and none checks one.
    import pandera.pandas as pa  # noqa: PLC0415

    name = pa.Column(str, pa.Check(_can_be_a_file_name, error="names hold no slash, no backslash and no line break"))
    schema = pa.DataFrameSchema(
        {
            **dict.fromkeys(("dataset", "subject", "clip", "video", "unit"), name),
            "source": pa.Column(str, pa.Check.str_length(min_value=1)),
            **{column: pa.Column(int, pa.Check.ge(0)) for column in ("first_frame", "onset", "apex", "offset")},
            "fps": pa.Column(float, pa.Check.gt(0)),
            **{column: pa.Column(str) for column in (*SCHEMES, "action_units")},
            "expression_type": pa.Column(str, pa.Check.isin(["micro", "macro"])),
            "apex_source": pa.Column(str, pa.Check.isin(["label", "middle"])),
            "content": pa.Column(str, pa.Check.str_length(min_value=1)),
            "sample": name,
        },
        checks=[
            pa.Check(lambda t: t.onset <= t.offset, error="onset after offset"),
            pa.Check(lambda t: (t.onset <= t.apex) & (t.apex <= t.offset), error="apex outside onset..offset"),
            pa.Check(
                lambda t: ~t.duplicated(["dataset", "subject", "sample"]), error="a second row of that clip and onset"
            ),
            pa.Check(
                _one_source_per_video, error='an earlier row with the same "video" has another path or first_frame'
            ),
            pa.Check(
                _one_subject_per_unit, error='its unit is that of another subject, too; rename its "video" or clip'
            ),
        ],
        ordered=True,
        strict=True,
    )
    try:
        schema.validate(table, lazy=True)
    except pa.errors.SchemaErrors as errors:
        if errors.failure_cases["index"].isna().all():
            raise  # no row is at fault, but the code that made the table
        raise UserError(_first_failure(table, errors.failure_cases)) from None


def _can_be_a_file_name(names: pd.Series) -> pd.Series:
    return (names != "") & ~names.str.contains(r"[/\\\x00-\x1f]")


def _one_source_per_video(table: pd.DataFrame) -> pd.Series:
    # The align stage works on each video of a unit once: a second source of that name would never be read.
    videos = table.groupby(["unit", "video"])
    return (videos.source.transform("first") == table.source) & (
        videos.first_frame.transform("first") == table.first_frame
    )


def _one_subject_per_unit(table: pd.DataFrame) -> pd.Series:
    return table.groupby("unit").subject.transform("first") == table.subject


def _first_failure(table: pd.DataFrame, failures: pd.DataFrame) -> str:
    case = failures.dropna(subset=["index"]).iloc[0]
    row = table.loc[int(case["index"])]
    where = f"{row.dataset}: {row.subject}/{row['clip']} (onset {row.onset}, apex {row.apex}, offset {row.offset})"
    value = case["failure_case"]
    cell = f"{case['column']} {value!r}" if isinstance(value, str) else f"{case['column']} {value}"
    what = case["check"] if case["schema_context"] == "DataFrameSchema" else f"{cell} ({case['check']})"
    return f"{where}: {what}. Correct its row in the label table.".replace("\n", "\\n")
