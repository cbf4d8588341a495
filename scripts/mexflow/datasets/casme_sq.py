"""CAS(ME)²: long videos, and expressions cut out of them; macro- and micro-expressions.

Qu et al., "CAS(ME)²: a database for spontaneous macro-expression and micro-expression spotting and recognition", IEEE
Transactions on Affective Computing 2018.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.custom import VIDEO_ENDINGS
from mexflow.datasets.folders import Folders, opened
from mexflow.datasets.release import LabelRow, Release
from mexflow.datasets.workbook import LabelTable, SheetRow, number_of, read_table, text_of
from mexflow.errors import UserError

FPS = 30.0
IMAGES = {
    "rawpic": ("rawpic",),
    "megc_crops": (
        "CAS(ME)2_longVideoFaceCropped",
        "CAS(ME)^2_longVideoFaceCropped",
        "CAS_ME2_longVideoFaceCropped",
        "longVideoFaceCropped",
    ),
    "rawvideo": ("rawvideo",),
    "cropped": ("cropped",),
    "selectedpic": ("selectedpic", "selectedpic_micro", "selectedpic_macro"),
}
"""The forms of the frames, and the folders that hold them. `cropped` and `selectedpic` hold one folder per expression,
the others one per video."""

_TABLES = (
    "CAS(ME)^2code_final(Updated).xlsx",
    "CAS(ME)^2code_final.xlsx",
    "CAS(ME)2code_final(Updated).xlsx",
    "CAS(ME)2code_final.xlsx",
    "code_final.xlsx",
)
# The sheet has no header.
_SUBJECT, _NAME, _ONSET, _APEX, _OFFSET, _UNITS, _EMOTION, _TYPE = map(str, range(8))

# The workbook's own naming rules, for copies that lack these sheets.
_SUBJECTS = {
    number: f"s{folder}"
    for number, folder in enumerate(
        (15, 16, 19, 20, 21, 22, 23, 24, 25, 26, 27, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 40), start=1
    )
}
_CODES = {
    "disgust1": "0101",
    "disgust2": "0102",
    "anger1": "0401",
    "anger2": "0402",
    "happy1": "0502",
    "happy2": "0503",
    "happy3": "0505",
    "happy4": "0507",
    "happy5": "0508",
}
_STIMULI = {
    "0101": "disgustingteeth",
    "0102": "eatingworms",
    "0401": "girlcrashing",
    "0402": "beatingpregnantwoman",
    "0502": "funnyerrors",
    "0503": "funnyfarting",
    "0505": "funnyinnovations",
    "0507": "climbingthewall",
    "0508": "funnydunkey",
}
_VIDEO = re.compile(r"(\d+)_(\d{4})(?!\d)(.*)")


def read(name: str, spec: ReleasedSpec, root: Path, frames: bool) -> Release:
    """Read CAS(ME)².

    A video is named as in the challenges, "15_0101": its folder's name goes on with the stimulus. An expression
    that has a folder of its own is its own video.

    Parameters
    ----------
    name : str
        The dataset's name in the configuration.
    spec : ReleasedSpec
    root : Path
        The folder as unpacked; with `frames` False a label file will do.
    frames : bool
        Look at the frames: videos are found, and intervals cut to what is there.

    Raises
    ------
    UserError
        If the label table or the frames cannot be found or read.
    """
    release = Release(name, spec)
    folders, path = opened(root, spec.labels, *_TABLES)
    table = read_table(path, header=None)
    if _TYPE not in table.columns:
        raise UserError(f"{path}: {len(table.columns)} columns instead of 9. It is not the table of CAS(ME)².")
    videos = _videos(release, folders, spec.images) if folders and frames else None
    subjects, codes = _subjects(path), _codes(release, path)
    rows = [_label_row(table, row, subjects, codes, videos or {}) for row in table.rows]
    named = [row for row in rows if row.subject and row.clip]
    release.compare("rows", len(named), {"final": 357}, table)
    for kind, published in (("micro", 57), ("macro", 300)):
        found = sum(row.expression_type == kind for row in named)
        release.compare(f"{kind}-expressions", found, {"final": published}, table)
    release.compare("subjects", len({row.subject for row in named}), {"final": 22}, table)
    cut = bool(videos) and not any(_VIDEO.match(video) for _, video in videos or {})
    release.fill(rows, videos, FPS, root, cut=cut)
    return release


def _label_row(
    table: LabelTable,
    row: SheetRow,
    subjects: Mapping[int, str],
    codes: Mapping[str, str],
    videos: Mapping[tuple[str, str], Path],
) -> LabelRow:
    cells = row.cells
    number, clip = number_of(cells[_SUBJECT]), text_of(cells[_NAME])
    subject = "" if number is None else subjects.get(int(number), "")
    stimulus = clip.rpartition("_")[0].casefold()
    video = f"{subject.removeprefix('s')}_{codes.get(stimulus, stimulus)}"
    return LabelRow(
        place=f"{table.path}, row {row.number}",
        subject=subject,
        clip=clip,
        video=clip if (subject, clip.casefold()) in videos else video,
        onset=cells[_ONSET],
        apex=cells[_APEX],
        offset=cells[_OFFSET],
        emotion=text_of(cells[_EMOTION]),
        action_units=text_of(cells[_UNITS]),
        expression_type="micro" if text_of(cells[_TYPE]).casefold().startswith("micro") else "macro",
        stimulus=stimulus,
    )


def _subjects(path: Path) -> dict[int, str]:
    """Subject number of the label table → subject, by the sheet `naming rule1`: 15, s15, 1."""
    subjects = dict(_SUBJECTS)
    for row in _naming_rule(path, 1):
        folder, number = text_of(row.cells.get("1")), number_of(row.cells.get("2"))
        if number is not None and re.fullmatch(r"s\d+", folder, re.IGNORECASE):
            subjects[int(number)] = folder.casefold()
    return subjects


def _codes(release: Release, path: Path) -> dict[str, str]:
    """Stimulus in the names of expressions → code in the names of videos, by the sheet `naming rule2`."""
    codes = dict(_CODES)
    for row in _naming_rule(path, 2):
        code, stimulus = text_of(row.cells.get("0")), text_of(row.cells.get("1"))
        if not re.fullmatch(r"\d{3,4}", code) or not re.fullmatch(r"[A-Za-z]+\d+", stimulus):
            continue
        codes[stimulus.casefold()] = code.zfill(4)
        if len(code) < 4:
            release.repair("", stimulus, None, "lost_zeros", code, code.zfill(4))
    return codes


def _naming_rule(path: Path, sheet: int) -> list[SheetRow]:
    try:
        return read_table(path, sheet=sheet, header=None).rows
    except UserError:
        return []


def _videos(release: Release, folders: Folders, images: str | None) -> dict[tuple[str, str], Path]:
    """(subject, video or expression in lower case) → folder or video file."""
    tops = _tops(folders, images)
    videos: dict[tuple[str, str], Path] = {}
    misplaced: list[tuple[str, Path, tuple[str, str]]] = []
    count = 0
    for subject, path in _clips(folders, tops):
        match = _VIDEO.fullmatch(path.name if path.is_dir() else path.stem)
        key = (f"s{int(match[1])}", f"{int(match[1])}_{match[2]}") if match else (subject, path.name.casefold())
        count += match is not None
        if match:
            _compare_name(release, subject, match)
        if key[0] != subject:
            misplaced.append((subject, path, key))
        elif videos.setdefault(key, path) != path:
            raise UserError(f"{videos[key]} and {path} are the same clip. Rename or remove one of them.")
    for subject, path, key in misplaced:
        after = f"left out: {key[0]} has that video itself" if key in videos else f"a video of {key[0]}"
        release.repair(subject, path.name, None, "misplaced_video", folders.relative(path), after)
        videos.setdefault(key, path)
    if not videos:
        raise UserError(f"{tops[0]}: no folder of a subject (s15) with videos or expressions in it. Unpack them there.")
    if count:
        release.compare("videos on disk", count, {"final": 98})
    return videos


def _tops(folders: Folders, images: str | None) -> list[Path]:
    top = folders.images(IMAGES, images)
    # Micro- and macro-expressions may lie beside each other.
    selected = dict.fromkeys(one for alias in IMAGES["selectedpic"] if (one := folders.find(alias)))
    return list(selected) if top in selected else [top]


def _clips(folders: Folders, tops: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    for subject in (path for top in tops for path in folders.children(top) if path.is_dir()):
        # `cropped` has the number alone.
        match = re.fullmatch(r"s?(\d+)", subject.name, re.IGNORECASE)
        if match:
            for path in folders.children(subject):
                if folders.holds_images(path) if path.is_dir() else path.suffix.lower() in VIDEO_ENDINGS:
                    yield f"s{int(match[1])}", path
        elif subject.name.casefold().startswith("selectedpic"):
            yield from _clips(folders, [subject])


def _compare_name(release: Release, subject: str, match: re.Match[str]) -> None:
    stimulus = _STIMULI.get(match[2])
    if stimulus and match[3] and match[3].casefold() != stimulus:
        release.repair(subject, match[0], None, "folder_name_typo", match[3], stimulus)
