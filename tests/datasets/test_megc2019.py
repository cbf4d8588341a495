"""The composite of MEGC 2019 from label tables of full size: every subject's clips in each class, as published.

See et al., FG 2019. The tables are written here with the published counts; their rows have no more in common with the
owners'. That the two clips of CASME II which the challenge leaves out are left out is seen in sub04 and sub05.
"""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from mexflow.config.datasets import CompositeSpec, ReleasedSpec
from mexflow.datasets.composites import composite_manifest
from mexflow.datasets.index import read_dataset
from mexflow.datasets.manifest import tabulated

# Subject: negative, positive, surprise.
CASME2 = {
    **{1: (2, 1, 0), 2: (5, 1, 3), 3: (4, 0, 1), 4: (2, 0, 0), 5: (0, 1, 5), 6: (1, 1, 2), 7: (5, 0, 0), 8: (1, 0, 0)},
    **{9: (5, 5, 0), 11: (4, 0, 0), 12: (5, 2, 4), 13: (0, 2, 0), 14: (0, 3, 0), 15: (1, 1, 1), 16: (1, 2, 0)},
    **{17: (23, 7, 1), 19: (3, 3, 5), 20: (2, 0, 0), 21: (1, 0, 0), 22: (2, 0, 0), 23: (7, 1, 0), 24: (2, 0, 1)},
    **{25: (3, 0, 2), 26: (9, 2, 0)},
}
SMIC = {
    **{1: (3, 2, 1), 2: (0, 1, 5), 3: (22, 11, 6), 4: (10, 4, 5), 5: (1, 0, 1), 6: (2, 0, 2), 8: (9, 4, 0)},
    **{9: (0, 1, 3), 11: (3, 3, 1), 12: (0, 8, 1), 13: (0, 10, 0), 14: (3, 2, 5), 15: (1, 1, 2), 18: (2, 0, 5)},
    **{19: (0, 1, 1), 20: (14, 3, 5)},
}
SAMM = {
    **{6: (9, 0, 2), 7: (1, 5, 2), 9: (3, 0, 1), 10: (4, 0, 0), 11: (13, 7, 0), 12: (2, 0, 1), 13: (6, 0, 0)},
    **{14: (2, 7, 1), 15: (2, 0, 1), 16: (2, 1, 2), 17: (3, 0, 1), 18: (2, 0, 1), 19: (0, 1, 0), 20: (2, 2, 0)},
    **{21: (2, 0, 0), 22: (3, 2, 0), 23: (1, 0, 0), 24: (1, 0, 0), 26: (9, 0, 0), 28: (1, 0, 2), 30: (3, 0, 0)},
    **{31: (1, 0, 0), 32: (4, 0, 0), 33: (4, 1, 0), 34: (3, 0, 0), 35: (7, 0, 1), 36: (1, 0, 0), 37: (1, 0, 0)},
}
# Clips that take no part.
CASME2_LEFT_OUT = [(4, "EP12_01f", "disgust"), (5, "EP09_05f", "disgust"), (9, "EP05_09", "fear")]
CASME2_LEFT_OUT += [(24, clip, "sadness") for clip in ("EP07_01", "EP07_04f", "EP10_03")]
CASME2_LEFT_OUT += [(subject, "EP19_01", "others") for subject in (10, 10, 18)]
SAMM_OTHERS = [6, 11, 17, 20, 25, 25, 35]
CLASSES = ("negative", "positive", "surprise")


def write_book(path: Path, rows: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


@pytest.fixture(scope="module")
def composite(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    root = tmp_path_factory.mktemp("megc2019")
    words = {"casme2": ("repression", "happiness", "surprise"), "samm": ("Anger", "Happiness", "Surprise")}
    rows: list[list[object]] = [
        [
            "Subject",
            "Filename",
            None,
            "OnsetFrame",
            "ApexFrame",
            "OffsetFrame",
            None,
            "Action Units",
            "Estimated Emotion",
        ]
    ]
    clips = [
        (subject, f"EP{kind:02d}_{number:02d}f", words["casme2"][kind])
        for subject, counts in CASME2.items()
        for kind, count in enumerate(counts)
        for number in range(count)
    ]
    for place, (subject, clip, emotion) in enumerate([*clips, *CASME2_LEFT_OUT]):
        rows.append([f"{subject:02d}", clip, None, 10 + place, 30 + place, 60 + place, None, "4", emotion])
    write_book(root / "casme2" / "CASME2-coding-20140508.xlsx", rows)
    rows = [[None] for _ in range(13)]
    interval_columns = ("Onset Frame", "Apex Frame", "Offset Frame", "Duration")
    label_columns = ("Micro", "Action Units", "Estimated Emotion", "Objective Classes", "Notes")
    rows.append(["Subject", "Filename", "Inducement Code", *interval_columns, *label_columns])
    samm = [
        (subject, words["samm"][kind])
        for subject, counts in SAMM.items()
        for kind, count in enumerate(counts)
        for _ in range(count)
    ]
    for place, (subject, emotion) in enumerate([*samm, *((subject, "Other") for subject in SAMM_OTHERS)]):
        interval = [1000 + place, 1020 + place, 1050 + place, 51]
        rows.append([subject, f"{subject:03d}_1_{place}", 1, *interval, "Micro - 1/2", "4", emotion, 7, None])
    write_book(root / "samm" / "SAMM_Micro_FACS_Codes_v2.xlsx", rows)
    for subject, counts in SMIC.items():
        for name, tag, count in zip(CLASSES, ("ne", "po", "sur"), counts, strict=True):
            for number in range(1, count + 1):
                clip = f"SMIC_all_raw/HS/s{subject}/micro/{name}/s{subject}_{tag}_{number:02d}"
                (root / "smic_hs" / clip).mkdir(parents=True)
                (root / "smic_hs" / clip / "image090823.bmp").touch()
    kinds = ("casme2", "smic_hs", "samm")
    members = {}
    for kind in kinds:
        release = read_dataset(kind, ReleasedSpec(kind=kind, root=root / kind), root / kind, frames=False)
        members[kind] = tabulated(release.expressions)
    return composite_manifest(CompositeSpec(datasets=kinds, clips="megc2019"), members, {kind: kind for kind in kinds})


@pytest.mark.parametrize(
    ("kind", "published", "subject_id"),
    [("casme2", CASME2, "sub{:02d}"), ("smic_hs", SMIC, "s{}"), ("samm", SAMM, "{:03d}")],
)
def test_every_subject_has_the_published_clips_of_each_class(
    composite: pd.DataFrame, kind: str, published: dict[int, tuple[int, int, int]], subject_id: str
) -> None:
    found = composite[composite.dataset == kind].groupby(["subject", "three_class"]).size().unstack(fill_value=0)
    expected = {subject_id.format(subject): counts for subject, counts in published.items()}
    assert {row.Index: (row.negative, row.positive, row.surprise) for row in found.itertuples()} == expected


def test_the_composite_has_442_clips_of_68_subjects(composite: pd.DataFrame) -> None:
    assert len(composite) == 442
    assert composite.groupby("dataset").subject.nunique().to_dict() == {"casme2": 24, "samm": 28, "smic_hs": 16}
    assert composite["three_class"].value_counts().to_dict() == {"negative": 250, "positive": 109, "surprise": 83}
