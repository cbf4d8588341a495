"""SMIC, taken by the cameras HS, VIS and NIR, raw and cropped: no label table, the names of the folders are the labels.

Li, Pfister, Huang, Zhao and Pietikäinen, "A spontaneous micro-expression database: inducement, collection and
baseline", FG 2013.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from mexflow.config.datasets import ReleasedSpec
from mexflow.config.spec import nearest
from mexflow.datasets.folders import Folders
from mexflow.datasets.interval import NO_APEX, Interval
from mexflow.datasets.manifest import UNKNOWN
from mexflow.datasets.release import LabelRow, Release
from mexflow.errors import UserError

FPS = {"hs": 100.0, "vis": 25.0, "nir": 25.0}
"""Per camera."""

EMOTIONS = {"ne": "negative", "po": "positive", "sur": "surprise"}
"""Per tag in a clip's name."""

IMAGES = {
    "raw": ("SMIC_all_raw", "SMIC_raw"),
    "cropped": ("SMIC_all_cropped", "SMIC_cropped"),
}
"""The forms of the frames, and the folders that hold them."""

_CLIPS = {
    "hs": {"SMIC HS": 164, "SMIC HS cropped, without s18_sur_03": 163},
    "vis": {"SMIC VIS": 71},
    "nir": {"SMIC NIR": 71},
}
_SUBJECTS = {"hs": {"SMIC HS": 16}, "vis": {"SMIC VIS": 8}, "nir": {"SMIC NIR": 8}}
# Of NIR no source gives the classes for sure.
_OF_EMOTION = {
    "hs": {"negative": {"SMIC HS": 70}, "positive": {"SMIC HS": 51}, "surprise": {"SMIC HS": 43}},
    "vis": {
        "negative": {"SMIC VIS": 24, "papers": 23},
        "positive": {"SMIC VIS": 28},
        "surprise": {"SMIC VIS": 19, "papers": 20},
    },
    "nir": {},
}
_CLIP_NAME = re.compile(r"s0*(\d+)_(ne|po|sur)_0*(\d+)", re.IGNORECASE | re.ASCII)
_SUBJECT_NAME = re.compile(r"s0*(\d+)", re.IGNORECASE | re.ASCII)
_LAYERS = {"micro", *EMOTIONS.values()}
_WITHOUT_EXPRESSION = {"non_micro", "non-micro", "nonmicro"}


def read(name: str, spec: ReleasedSpec, root: Path, frames: bool) -> Release:
    """Read SMIC as one camera took it.

    An expression is a clip, from its first frame to its last; none has an annotated apex, so the middle is no repair.

    Parameters
    ----------
    name : str
        The dataset's name in the configuration.
    spec : ReleasedSpec
    root : Path
        The folder as unpacked.
    frames : bool
        Look at the frames; without them the clip folders, empty or not, give the labels, and onset, apex and
        offset stay unknown.

    Raises
    ------
    UserError
        If there is no folder of clips of that camera, or its clips cannot be read.
    """
    if root.is_file() or spec.labels is not None:
        raise UserError(
            f"{spec.labels or root}: SMIC has no label table, its folders' names are the labels. Give its folder only."
        )
    camera = spec.kind.removeprefix("smic_")
    release, folders = Release(name, spec), Folders(root)
    for row, clip in _clips(release, folders, spec.images, camera):
        if not frames:
            release.add(row, Interval(UNKNOWN, UNKNOWN, UNKNOWN, "middle", []), "", FPS[camera])
        elif folders.holds_images(clip):
            interval = _interval(folders.frame_numbers(clip))
            release.add(row, interval, folders.relative(clip), FPS[camera])
        else:
            release.repair(row.subject, row.clip, None, "clip_without_frames", folders.relative(clip), "left out")
    if not release.expressions:
        raise UserError(f"{root}: no clip of SMIC {camera.upper()} (s1/micro/negative/s1_ne_01). Unpack it there.")
    release.repairs.sort(key=lambda one: (one.subject, one.clip, one.rule, one.before))
    _compare(release, camera)
    return release


def emotion_of(clip: str) -> str:
    """Emotion that a clip's name stands for; "" if it is no name of a clip.

    Examples
    --------
    >>> emotion_of("s04_sur_2"), emotion_of("s1_non_03")
    ('surprise', '')
    """
    match = _CLIP_NAME.fullmatch(clip)
    return EMOTIONS[match[2].lower()] if match else ""


def clip_name(text: str) -> str:
    """A clip's name as its folder bears it; "" for what names no clip.

    Examples
    --------
    >>> clip_name("S04_NE_3"), clip_name("note")
    ('s4_ne_03', '')
    """
    match = _CLIP_NAME.fullmatch(text)
    return f"s{match[1]}_{match[2].lower()}_{int(match[3]):02d}" if match else ""


def _clips(release: Release, folders: Folders, images: str | None, camera: str) -> Iterator[tuple[LabelRow, Path]]:
    """Clips and their folders, each once, in the order of subject and clip; what else lies there is written down."""
    homes = _subject_folders(folders, _camera_folder(folders, images, camera))
    there = [(home, folder) for home in homes for folder in _clip_folders(folders, home)]
    # Of two folders of one clip, that in the folder of its own subject counts.
    there.sort(key=lambda one: not clip_name(one[1].name).startswith(f"{_subject(one[0].name)}_"))
    found: dict[tuple[str, str], tuple[LabelRow, Path]] = {}
    aside = 0
    for home, folder in there:
        if folder.name.casefold() in _WITHOUT_EXPRESSION:
            aside += sum(path.is_dir() for path in folders.children(folder))
            continue
        row = _label_row(release, folders, home, folder)
        if row is None:
            continue
        _, first = found.setdefault((row.subject, row.clip), (row, folder))
        if first != folder:
            before = f"{folders.relative(folder)}, {folders.relative(first)}"
            release.repair(row.subject, row.clip, None, "clip_twice", before, folders.relative(first))
    if aside:
        release.remarks.append(f"{release.name}: sequences without an expression (non_micro), not read: {aside}")
    yield from (found[key] for key in sorted(found, key=lambda one: (int(one[0][1:]), one[1])))


def _label_row(release: Release, folders: Folders, home: Path, folder: Path) -> LabelRow | None:
    where = folders.relative(folder)
    clip, emotion = clip_name(folder.name), emotion_of(folder.name)
    if not clip:
        release.repair(_subject(home.name), folder.name, None, "clip_without_label", where, "left out")
        return None
    subject = clip.partition("_")[0]
    if subject != _subject(home.name):
        release.repair(subject, clip, None, "subject_from_name", _subject(home.name), subject)
    layer = folder.parent.name.casefold()
    if layer in EMOTIONS.values() and layer != emotion:
        release.repair(subject, clip, None, "emotion_from_name", layer, emotion)
    return LabelRow(
        place=where,
        subject=subject,
        clip=clip,
        video=clip,
        onset=None,
        apex=NO_APEX,
        offset=None,
        emotion=emotion,
        action_units="",
    )


def _camera_folder(folders: Folders, images: str | None, camera: str) -> Path:
    """The folder with the folders of subjects."""
    if images is not None and images not in IMAGES:
        raise UserError(f'images: no form "{images}"{nearest(images, IMAGES)}')
    for form in IMAGES if images is None else [images]:
        way = folders.way_down("SMIC", *IMAGES[form], camera)
        passed = {name.casefold() for name in (*folders.root.parts, *(step.name for step in way))}
        asked_for = images is None or passed & {alias.casefold() for alias in IMAGES[form]}
        of_another_camera = way[-1].name.casefold() in FPS.keys() - {camera}
        if asked_for and not of_another_camera and _subject_folders(folders, way[-1]):
            return way[-1]
    aliases = [alias for form in IMAGES if images in (None, form) for alias in IMAGES[form]]
    wanted = ", ".join(f"{alias}/{camera.upper()}" for alias in aliases)
    raise UserError(
        f"{folders.root}: no folder with the subjects of SMIC {camera.upper()} ({wanted}). Unpack it there."
    )


def _subject_folders(folders: Folders, folder: Path) -> list[Path]:
    found = [path for path in folders.children(folder) if _subject(path.name) and path.is_dir()]
    return sorted(found, key=lambda path: int(_subject(path.name)[1:]))


def _subject(folder: str) -> str:
    match = _SUBJECT_NAME.fullmatch(folder)
    return f"s{match[1]}" if match else ""


def _clip_folders(folders: Folders, folder: Path) -> Iterator[Path]:
    for path in folders.children(folder):
        if path.is_dir():
            yield from _clip_folders(folders, path) if path.name.casefold() in _LAYERS else [path]


def _interval(frames: Sequence[int]) -> Interval:
    first, last = frames[0], frames[-1]
    steps = [after - before for before, after in pairwise(frames)]
    gaps = [
        ("frame_gap", f"no frame between {before} and {after}", "frames taken as they are")
        for (before, after), step in zip(pairwise(frames), steps, strict=True)
        if step > min(steps)
    ]
    middle = min(frames, key=lambda frame: (abs(2 * frame - first - last), frame))
    return Interval(first, middle, last, "middle", gaps)


def _compare(release: Release, camera: str) -> None:
    release.compare("clips", len(release.expressions), _CLIPS[camera])
    release.compare("subjects", len({one.subject for one in release.expressions}), _SUBJECTS[camera])
    emotions = release.emotions()
    for emotion, expected in _OF_EMOTION[camera].items():
        release.compare(f"{emotion} clips", emotions[emotion], expected)
