"""Composites: the exact lists of the challenges, from labels with the published counts."""

import pandas as pd
import pytest

from mexflow.config.datasets import CompositeSpec
from mexflow.datasets.composites import composite_manifest
from mexflow.datasets.labels import scheme_labels

# Emotion → clips, as published (CASME II: the sheet of 2014).
CASME2 = {"others": 99, "disgust": 63, "happiness": 32, "repression": 27, "surprise": 25, "sadness": 7, "fear": 2}
SAMM = {
    "Anger": 57,
    "Happiness": 26,
    "Other": 26,
    "Surprise": 15,
    "Contempt": 12,
    "Disgust": 9,
    "Fear": 8,
    "Sadness": 6,
}
SMIC = {"negative": 70, "positive": 51, "surprise": 43}
LEFT_OUT = [("sub04", "EP12_01f"), ("sub05", "EP09_05f")]
OBJECTIVE = {
    "casme2": {"I": 25, "II": 15, "III": 99, "IV": 26, "V": 20, "VI": 1, "VII": 69},
    "samm": {"I": 24, "II": 13, "III": 20, "IV": 8, "V": 3, "VI": 7, "VII": 84},
}


def table(kind: str, emotions: dict[str, int]) -> pd.DataFrame:
    words = [word for word, count in emotions.items() for _ in range(count)]
    rows = [
        {"dataset": kind, "subject": f"{kind}{number % 9}", "clip": f"c{number}", "emotion": word}
        | scheme_labels(kind, word, "")
        for number, word in enumerate(words)
    ]
    return pd.DataFrame(rows)


def with_the_two_named_clips(casme2: pd.DataFrame) -> pd.DataFrame:
    disgust = casme2.index[casme2.emotion == "disgust"][:2]
    casme2.loc[disgust, ["subject", "clip"]] = LEFT_OUT
    return casme2


def composed(clips: str, members: dict[str, pd.DataFrame]) -> pd.DataFrame:
    spec = CompositeSpec(datasets=tuple(members), clips=clips)
    return composite_manifest(spec, members, {name: name for name in members})


@pytest.fixture
def members() -> dict[str, pd.DataFrame]:
    return {
        "casme2": with_the_two_named_clips(table("casme2", CASME2)),
        "smic_hs": table("smic_hs", SMIC),
        "samm": table("samm", SAMM),
    }


def test_megc2019_has_442_clips_in_the_published_classes(members: dict[str, pd.DataFrame]) -> None:
    chosen = composed("megc2019", members)
    assert len(chosen) == 442
    counts = chosen.groupby(["dataset", "three_class"]).size().unstack()
    assert counts.loc["casme2"].to_dict() == {"negative": 88, "positive": 32, "surprise": 25}
    assert counts.loc["smic_hs"].to_dict() == {"negative": 70, "positive": 51, "surprise": 43}
    assert counts.loc["samm"].to_dict() == {"negative": 92, "positive": 26, "surprise": 15}
    assert not set(zip(chosen["subject"], chosen["clip"], strict=True)) & set(LEFT_OUT)


def test_megc2019_is_the_same_with_the_sheet_of_2019(members: dict[str, pd.DataFrame]) -> None:
    casme2 = members["casme2"]
    sadness = casme2.index[casme2.emotion == "sadness"][:3]
    casme2.loc[sadness, "emotion"] = "surprise"
    casme2.loc[sadness, "three_class"] = "surprise"
    casme2.loc[sadness, ["subject", "clip"]] = [("sub24", "EP07_01"), ("sub24", "EP07_04f"), ("sub24", "EP10_03")]
    assert len(composed("megc2019", members)) == 442


def test_megc2018_has_253_clips() -> None:
    members = {}
    for kind, classes in OBJECTIVE.items():
        cells = [(name, number) for name, count in classes.items() for number in range(count)]
        members[kind] = pd.DataFrame(
            {"dataset": kind, "subject": "s", "clip": f"{name}{number}", "objective": name} for name, number in cells
        )
    chosen = composed("megc2018", members)
    assert chosen.groupby("dataset").size().to_dict() == {"casme2": 185, "samm": 68}
    assert len(chosen) == 253


def test_all_takes_every_clip_in_the_members_order(members: dict[str, pd.DataFrame]) -> None:
    chosen = composed("all", members)
    assert len(chosen) == 255 + 164 + 159
    assert chosen.dataset.drop_duplicates().tolist() == ["casme2", "smic_hs", "samm"]
