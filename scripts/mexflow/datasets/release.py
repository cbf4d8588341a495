"""What every published dataset has in common: rows with repairs, and counts that say which release this is."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from mexflow.config.datasets import AnyDataset, Unit
from mexflow.datasets.interval import Interval, Repair, repaired_interval
from mexflow.datasets.labels import scheme_labels
from mexflow.datasets.manifest import SCHEMES, UNKNOWN, Expression
from mexflow.datasets.source import frame_files
from mexflow.datasets.workbook import Cell, LabelTable, text_of
from mexflow.errors import UserError


@dataclass(frozen=True)
class LabelRow:
    """One row of a label table, cells as they stand there.

    Attributes
    ----------
    place : str
        File and row number, for messages.
    subject, clip, video : str
        `video` is the folder or video file that holds the clip: its own name for short clips.
    onset, apex, offset, objective : cells
    emotion, action_units : str
    expression_type : str
        "micro" or "macro".
    stimulus : str
        The film that was shown, where the clip's name tells.
    """

    place: str
    subject: str
    clip: str
    video: str
    onset: Cell
    apex: Cell
    offset: Cell
    emotion: str
    action_units: str
    objective: Cell = None
    expression_type: str = "micro"
    stimulus: str = ""


@dataclass
class Release:
    """A dataset as it was read.

    Attributes
    ----------
    name : str
        Its name in the configuration.
    spec : part of the configuration
        What the configuration says of it.
    expressions : list of Expression
        One per labelled expression; `content` is still "".
    repairs : list of Repair
        Everything that was changed or left out, and why.
    remarks : list of str
        Which release this is, and how its counts compare with the published ones.
    silent : list of Expression
        The videos on disk that hold no expression of the list, a row each; onset, apex and offset are unknown.
    """

    name: str
    spec: AnyDataset
    expressions: list[Expression] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    silent: list[Expression] = field(default_factory=list)

    def fill(
        self,
        rows: Iterable[LabelRow],
        videos: Mapping[tuple[str, str], Path] | None,
        fps: float,
        root: Path,
        cut: bool = False,
    ) -> None:
        """Turn label rows into expressions, in the order of subject, video and onset, and sort the repairs.

        A row that names no subject or clip, a second row of the same expression, a row whose frames are not there, a
        row whose interval cannot be, even after the rules, and frames without a row are written down and left out
        (`row_without_name`, `duplicate_row`, `label_without_clip`, `interval_impossible`, `clip_without_label`).

        Parameters
        ----------
        rows : iterable of LabelRow
        videos : mapping, optional
            (subject, video in lower case) → folder or video file on disk; None if frames are not looked at.
        fps : float
        root : Path
        cut : bool
            A video with one row holds onset to offset and nothing else (`mexflow.datasets.interval`).

        Raises
        ------
        UserError
            If a clip's frames cannot be listed, or there is something to repair and the dataset is `strict`.
        """
        rows = sorted(rows, key=_expression_of)
        labelled = Counter((row.subject, row.video.casefold()) for row in rows)
        frames = cache(_frame_numbers)
        kept = _one_per_expression(rows)
        for row in rows:
            key = (row.subject, row.video.casefold())
            if not row.subject or not row.clip:
                self.repair(row.subject, row.clip, row.onset, "row_without_name", row.place, "left out")
            elif kept[_expression_of(row)] is not row:
                self.repair(row.subject, row.clip, row.onset, "duplicate_row", row.place, "left out")
            elif videos is not None and key not in videos:
                self.repair(row.subject, row.clip, row.onset, "label_without_clip", row.place, "left out")
            else:
                path = None if videos is None else videos[key]
                alone = cut and labelled[key] == 1
                self._add(row, path, None if path is None else frames(path), fps, root, alone)
        for (subject, video), path in sorted((videos or {}).items()):
            if (subject, video) not in labelled:
                # The frames may lie one deeper, in a folder that bears no clip's name ("color").
                named = path.parent if path.parent.name.casefold() == video else path
                clip = named.name if path.is_dir() else path.stem
                self.repair(subject, clip, None, "clip_without_label", path.relative_to(root).as_posix(), "left out")
        shown = {(one.subject, one.video.casefold()) for one in self.expressions}
        for (subject, video), path in sorted((videos or {}).items()):
            if (subject, video) not in shown:
                self.silent.append(self._silent(subject, video, path.relative_to(root).as_posix(), fps))
        self.repairs.sort(key=lambda one: (one.subject, one.clip, one.onset))
        self.expressions.sort(key=lambda one: (one.subject, one.video, one.onset, one.clip, one.offset))

    def _add(
        self, row: LabelRow, path: Path | None, frames: list[int] | None, fps: float, root: Path, cut: bool
    ) -> None:
        try:
            interval = repaired_interval(row.onset, row.apex, row.offset, frames, cut)
        except ValueError as error:
            self.repair(row.subject, row.clip, row.onset, "interval_impossible", f"{row.place}: {error}", "left out")
            return
        self.add(row, interval, "" if path is None else path.relative_to(root).as_posix(), fps)

    def _silent(self, subject: str, video: str, source: str, fps: float) -> Expression:
        return Expression(
            dataset=self.name,
            subject=subject,
            clip=video,
            video=video,
            unit=unit_name(self.spec.unit, subject, video, video),
            source=source,
            first_frame=1,
            onset=UNKNOWN,
            apex=UNKNOWN,
            offset=UNKNOWN,
            fps=fps,
            **dict.fromkeys(("emotion", *SCHEMES, "action_units", "expression_type", "apex_source", "content"), ""),
        )

    def add(self, row: LabelRow, interval: Interval, source: str, fps: float) -> None:
        """Add one expression, and write down the repairs of its interval.

        Parameters
        ----------
        row : LabelRow
            Its onset, apex and offset are those before the repairs.
        interval : Interval
        source : str
            Folder or video file relative to the root; "" if frames are not looked at.
        fps : float
        """
        for rule, before, after in interval.repairs:
            self.repair(row.subject, row.clip, row.onset, rule, before, after)
        self.expressions.append(
            Expression(
                dataset=self.name,
                subject=row.subject,
                clip=row.clip,
                video=row.video,
                unit=unit_name(self.spec.unit, row.subject, row.video, row.clip),
                source=source,
                first_frame=1,
                onset=interval.onset,
                apex=interval.apex,
                offset=interval.offset,
                fps=fps,
                emotion=row.emotion,
                action_units=row.action_units,
                expression_type=row.expression_type,
                apex_source=interval.apex_source,
                content="",
                **scheme_labels(self.spec.kind, row.emotion, row.action_units, row.objective, row.stimulus),
            )
        )

    def repair(self, subject: str, clip: str, onset: Cell, rule: str, before: str, after: str) -> None:
        """Write down one repair; with `strict: true` it is an error.

        Raises
        ------
        UserError
        """
        one = Repair(self.name, subject, clip, text_of(onset), rule, before, after)
        if getattr(self.spec, "strict", False):
            raise UserError(
                f"{self.name}: {subject}/{clip} (onset {one.onset}): rule {rule} would make {before!r} into {after!r}."
                " Correct the label table, or set strict: false."
            )
        self.repairs.append(one)

    def compare(self, what: str, found: int, expected: dict[str, int], table: LabelTable | None = None) -> None:
        """Say which release a count fits.

        Parameters
        ----------
        what : str
            What is counted: "rows", "clips".
        found : int
        expected : dict
            Release name → published count.
        table : LabelTable, optional
            Named with its digest.
        """
        where = f"{table.path.name} ({table.digest})" if table else self.name
        fitting = [release for release, count in expected.items() if count == found]
        if fitting:
            self.remarks.append(f"{where}: {found} {what}, expected ({', '.join(fitting)})")
        else:
            known = ", ".join(f"{release} {count}" for release, count in expected.items())
            self.remarks.append(f"{where}: {found} {what}: another release, or a damaged copy (published: {known})")

    def emotions(self) -> Counter[str]:
        """How many expressions each emotion has."""
        return Counter(one.emotion for one in self.expressions)


def _expression_of(row: LabelRow) -> tuple[str, ...]:
    interval = (text_of(row.onset), text_of(row.offset))
    return row.subject, row.video.casefold(), row.clip.casefold(), *interval, row.expression_type


def _one_per_expression(rows: Iterable[LabelRow]) -> dict[tuple[str, ...], LabelRow]:
    """The first row of each expression, whatever the order of the table: that with the first apex, emotion, …"""

    def contents(row: LabelRow) -> tuple[str, ...]:
        return text_of(row.apex), row.emotion, row.action_units, text_of(row.objective)

    kept: dict[tuple[str, ...], LabelRow] = {}
    for row in rows:
        other = kept.get(_expression_of(row))
        if other is None or contents(row) < contents(other):
            kept[_expression_of(row)] = row
    return kept


def _frame_numbers(video: Path) -> list[int] | None:
    # Those of a video file are known only to who decodes it.
    return [number for number, _ in frame_files(video)] if video.is_dir() else None


def subject_id(text: str, prefix: str, width: int) -> str:
    """A subject's id as the folders have it, zeros restored that a spreadsheet program lost; "" if it is none.

    Examples
    --------
    >>> subject_id("1", "sub", 2), subject_id("Sub01", "sub", 2), subject_id("notes", "sub", 2)
    ('sub01', 'sub01', '')
    """
    match = re.fullmatch(rf"(?:{re.escape(prefix)})?\s*(\d+)", text.strip(), re.IGNORECASE)
    return f"{prefix}{int(match[1]):0{width}d}" if match else ""


def unit_name(unit: Unit, subject: str, video: str, clip: str) -> str:
    """The job that works on a clip."""
    return {"subject": subject, "video": f"{subject}_{video}", "clip": f"{subject}_{clip}"}[unit]
