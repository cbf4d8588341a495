"""The per-clip log of MEGC 2019: one header line per subject, then one line per clip.

::

    casme2 sub01
    EP02_01f 0 0
    EP19_05f 2 0
    smic s03
    s03_po_01 1 1

A header is ``db subject``; a clip's line is ``clip gt pred``, labels being integers from 0. A clip's name may
hold blanks, so its two labels are the last two fields of the line; names of databases and subjects may not.
Source: the recognition guidelines of MEGC 2019 (See et al., FG 2019).
"""

import gzip
import zlib
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from mexflow.errors import UserError
from mexflow.store.files import replacing
from mexflow.store.predictions import CLIP, clip_name


class _Header(NamedTuple):
    line: int
    dataset: str
    subject: str


def write_megc_log(frame: pd.DataFrame, path: Path | str) -> None:
    """Write the predictions of one seed as an MEGC 2019 log.

    Subjects come in the order of their first clip, clips in the order of the rows. The file appears whole or
    not at all.

    Parameters
    ----------
    frame : DataFrame
        Predictions of one seed; dataset, subject, clip, y_true and y_pred are written.
    path : Path or str
        Where to write; its folder exists.

    Raises
    ------
    ValueError
        If the frame holds several seeds: a log has no place for them.
    UserError
        If the name of a dataset or subject is empty or holds a blank, or a clip's name is empty, starts or
        ends with a blank or holds a line break.
    """
    if frame["seed"].nunique() > 1:
        raise ValueError("an MEGC log holds one seed; write one log per seed")
    _check_names(frame)
    lines = []
    for (dataset, subject), clips in frame.groupby(["dataset", "subject"], sort=False, observed=True):
        lines.append(f"{dataset} {subject}")
        rows = zip(clips["clip"], clips["y_true"], clips["y_pred"], strict=True)
        lines += [f"{clip} {int(truth)} {int(prediction)}" for clip, truth, prediction in rows]
    with replacing(Path(path)) as beside:
        beside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def write_megc_logs(frame: pd.DataFrame, folder: Path) -> None:
    """Write the log of every seed, `megc2019_seed<N>.txt`.

    Parameters
    ----------
    frame : DataFrame
        Predictions of one or several seeds.
    folder : Path

    Raises
    ------
    UserError
        As of `write_megc_log`.
    """
    for seed, own in frame.groupby("seed"):
        write_megc_log(own, folder / f"megc2019_seed{seed}.txt")


def read_megc_log(path: Path | str) -> pd.DataFrame:
    """Read an MEGC 2019 log, so that `mexflow.evaluation.recognition.score` can judge it.

    Blank lines, tabs and trailing blanks are accepted, and a subject may have several headers. A clip's line
    with one label missing looks like a header; it is found out when no clip follows it.

    Parameters
    ----------
    path : Path or str
        A text file in UTF-8, gzipped when the name ends in ``.gz``.

    Returns
    -------
    DataFrame, one row per clip, in the file's order
        dataset, subject, clip as text; y_true, y_pred as int64; seed 0; fold ``dataset/subject``, since the
        protocol leaves one subject out. No probabilities: a log has none.

    Raises
    ------
    UserError
        With the line, if it is neither a header nor a clip, a clip comes before the first header, a header
        has no clips, or a clip comes twice; or if the file cannot be read or holds no clip.
    """
    path = Path(path)
    header: _Header | None = None
    has_clips = True
    lines_of: dict[tuple[str, str, str], int] = {}
    labels: list[tuple[int, int]] = []
    for number, line in numbered_lines(path):
        if len(line.split()) == 2:
            _check_header_has_clips(path, header, has_clips)
            header, has_clips = _Header(number, *line.split()), False
            continue
        clip, truth, prediction = _parsed_clip(path, number, line)
        if header is None:
            raise UserError(f'{path}, line {number}: a clip before the first header "db subject"')
        key = (header.dataset, header.subject, clip)
        if key in lines_of:
            name = "/".join(key)
            raise UserError(f"{path}, line {number}: clip {name} comes again, first on line {lines_of[key]}")
        lines_of[key] = number
        labels.append((truth, prediction))
        has_clips = True
    _check_header_has_clips(path, header, has_clips)
    if not labels:
        raise UserError(f'{path}: holds no clip; an MEGC log has lines "db subject", then "clip gt pred"')
    return _as_predictions(list(lines_of), labels)


def numbered_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of an MEGC log that are not blank, stripped, each with its number.

    Raises
    ------
    UserError
        If the file cannot be read or is no text in UTF-8.
    """
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as an MEGC log ({error})") from error
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = ((number, line.strip()) for number, line in enumerate(rows, start=1))
    return [(number, line) for number, line in lines if line]


def _parsed_clip(path: Path, number: int, line: str) -> tuple[str, int, int]:
    fields = line.rsplit(None, 2)
    if len(fields) != 3 or not all(label.isascii() and label.isdigit() for label in fields[1:]):
        raise UserError(
            f'{path}, line {number}: "{line}" is neither a header "db subject" nor a clip "clip gt pred" '
            "with two labels from 0"
        )
    return fields[0], int(fields[1]), int(fields[2])


def _check_header_has_clips(path: Path, header: _Header | None, has_clips: bool) -> None:
    if header is not None and not has_clips:
        raise UserError(
            f'{path}, line {header.line}: no clip follows "{header.dataset} {header.subject}"; if it is a '
            'clip\'s line, it lacks a label ("clip gt pred")'
        )


def _as_predictions(clips: list[tuple[str, str, str]], labels: list[tuple[int, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(clips, columns=CLIP, dtype=str)
    frame["fold"] = frame["dataset"] + "/" + frame["subject"]
    frame["seed"] = 0
    frame["y_true"] = [truth for truth, _ in labels]
    frame["y_pred"] = [prediction for _, prediction in labels]
    return frame


def _check_names(frame: pd.DataFrame) -> None:
    for _, row in frame.iterrows():
        for name in ("dataset", "subject"):
            if row[name].split() != [row[name]]:
                raise UserError(
                    f'clip {clip_name(row)}: {name} "{row[name]}" is empty or holds a blank; '
                    "rename it, an MEGC log cannot hold it"
                )
        clip = row["clip"]
        if not clip or clip != clip.strip() or "\n" in clip or "\r" in clip:
            raise UserError(
                f"clip {clip!r} of {row['dataset']}/{row['subject']}: its name is empty, starts or ends with "
                "a blank or holds a line break; rename it, an MEGC log cannot hold it"
            )
