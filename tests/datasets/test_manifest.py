"""manifest.csv: what is refused, and what comes back."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from mexflow.datasets.labels import THREE_CLASS, classes_of, three_class
from mexflow.datasets.manifest import Expression, manifest_of, read_manifest, write_if_changed
from mexflow.errors import UserError

ONE = Expression(
    dataset="own",
    subject="006",
    clip="c1",
    video="c1",
    unit="006",
    source="006/c1",
    first_frame=1,
    onset=10,
    apex=15,
    offset=30,
    fps=200.0,
    emotion="happiness",
    three_class="positive",
    five_class="",
    objective="I",
    binary="",
    seven_class="",
    stimulus="",
    action_units="6+12",
    expression_type="micro",
    apex_source="label",
    content="abc",
)
TWO = replace(ONE, clip="c2", video="c2", source="006/c2", emotion="ärgerlich, sehr", three_class="", action_units="")


def written(path: Path) -> tuple[int, int]:
    """What is another after every writing, and the same after every reading."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def told(*rows: Expression) -> str:
    with pytest.raises(UserError) as caught:
        manifest_of(list(rows))
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith("Correct its row in the label table.")
    return message


REFUSED = {
    "onset after offset": ({"onset": 31}, "onset after offset"),
    "apex before onset": ({"apex": 9}, "apex outside onset..offset"),
    "apex after offset": ({"apex": 31}, "apex outside onset..offset"),
    "no frame rate": ({"fps": 0.0}, "fps 0.0"),
    "not a frame rate": ({"fps": float("nan")}, "fps nan"),
    "a type of its own": ({"expression_type": "mikro"}, "expression_type 'mikro'"),
    "no content": ({"content": ""}, "content ''"),
    "negative": ({"first_frame": -1}, "first_frame -1"),
    "the name of another clip": ({"clip": "c1"}, "a second row of that clip and onset"),
    "the video of another source": (
        {"video": "c1"},
        'an earlier row with the same "video" has another path or first_frame',
    ),
    "the unit of another subject": ({"subject": "007"}, "its unit is that of another subject, too"),
}


@pytest.mark.parametrize(("change", "what"), REFUSED.values(), ids=REFUSED.keys())
def test_a_row_that_cannot_be_is_refused_by_name(change, what):
    row = replace(TWO, **change)
    message = told(ONE, row)
    assert message.startswith(
        f"own: {row.subject}/{row.clip} (onset {row.onset}, apex {row.apex}, offset {row.offset}): "
    )
    assert what in message


@pytest.mark.parametrize("column", ["dataset", "subject", "clip", "video", "unit"])
@pytest.mark.parametrize("name", ["a/b", "a\\b", "a\nb", "a\n", "\t", "\x00", ""])
def test_a_name_that_cannot_be_a_file_name_is_refused(column, name):
    said = told(replace(ONE, **{column: name}))
    assert f"{column} {name!r} (names hold no slash, no backslash and no line break)" in said


@pytest.mark.parametrize("name", ["006", "sub 01", "é中", "a.b", "EP02_01f", "-"])
def test_any_other_name_is_kept(name):
    row = replace(ONE, subject=name, unit=name, clip=name, video=name)
    assert list(manifest_of([row]).loc[0, ["subject", "unit", "clip", "video"]]) == [name] * 4


def test_clips_that_share_a_video_share_its_source():
    shared = replace(TWO, video=ONE.video, source=ONE.source)
    assert len(manifest_of([ONE, shared])) == 2


def test_two_subjects_may_use_the_same_clip_name():
    assert len(manifest_of([ONE, replace(ONE, subject="007", unit="007", source="007/c1")])) == 2


def test_a_mistake_of_the_code_is_not_told_as_one_of_the_table():
    with pytest.raises(Exception, match="float64") as caught:
        manifest_of([replace(ONE, fps=200)])
    assert not isinstance(caught.value, UserError)


def test_a_manifest_comes_back(tmp_path):
    manifest = manifest_of([ONE, TWO])
    assert write_if_changed(manifest, tmp_path / "manifest.csv")
    read = read_manifest(tmp_path / "manifest.csv")
    pd.testing.assert_frame_equal(read, manifest)
    assert read.loc[0, "subject"] == "006"
    assert read.loc[1, "three_class"] == ""


def test_an_equal_manifest_is_not_written_again(tmp_path):
    path = tmp_path / "manifest.csv"
    write_if_changed(manifest_of([ONE, TWO]), path)
    before = written(path)
    assert not write_if_changed(manifest_of([ONE, TWO]), path)
    assert written(path) == before
    assert write_if_changed(manifest_of([ONE]), path)


def test_a_missing_manifest_is_told(tmp_path):
    with pytest.raises(UserError, match=r"manifest\.csv is missing\. Run snakemake in this folder"):
        read_manifest(tmp_path / "manifest.csv")


# MEGC 2019: "positive" is happiness, "surprise" is surprise, "negative" the rest but the unnamed.
@pytest.mark.parametrize(
    ("emotions", "expected"),
    [
        (("happiness", "Happiness", "positive"), "positive"),
        (("surprise", "Surprise"), "surprise"),
        (("disgust", "repression", "anger", "contempt", "fear", "sadness", "negative"), "negative"),
        (("others", "other", "tense", ""), ""),
    ],
)
def test_the_three_classes_are_those_of_megc_2019(emotions, expected):
    assert {three_class(emotion) for emotion in emotions} == {expected}


def test_the_classes_of_a_scheme_have_a_fixed_order():
    assert classes_of("three_class", ["surprise", "negative"]) == THREE_CLASS == ("negative", "positive", "surprise")
    assert classes_of("emotion", ["fear", "", "anger", "fear"]) == ("anger", "fear")
