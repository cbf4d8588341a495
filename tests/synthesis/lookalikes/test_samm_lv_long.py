"""The long look-alike of SAMM Long Videos: on disk and in the workbooks is what was planned; nothing needs a repair."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import openpyxl
import pytest

from mexflow.cli.main import main
from mexflow.datasets.release import Release
from mexflow.synthesis.lookalikes import samm_lv_long
from mexflow.synthesis.lookalikes.samm_lv_long import planned_videos
from synthesis.lookalikes.read_back import face_widths, files, read_back, repairs, sizes

SIZE = {"subjects": 1, "frames": 720}
FRAMES = "SAMM_longvideos"
EMOTIONS = {"negative": "Anger", "positive": "Happiness", "surprise": "Surprise"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Written by the command, in another size."""
    folder = tmp_path_factory.mktemp("samm_lv_long")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samm_lv_long, "write_long", partial(samm_lv_long.write_long, **SIZE))
        patch.setattr("sys.argv", ["mexflow", "lookalike", "samm_lv_long", str(folder)])
        with pytest.raises(SystemExit, match="0"):
            main()
    yield folder


@pytest.fixture(scope="module")
def release(root: Path) -> Release:
    return read_back("samm_lv", root)


def test_the_labels_read_back_are_the_plan(release: Release) -> None:
    read = [
        (one.clip, one.source, one.onset, one.apex, one.offset, one.expression_type, one.emotion, one.action_units)
        for one in release.expressions
    ]
    assert read == [
        (
            f"{video.name}_{count}",
            f"{FRAMES}/{video.name}",
            *(one.onset, one.apex, one.offset, one.type),
            EMOTIONS[one.emotion] if one.type == "micro" else "",
            one.action_units,
        )
        for video in planned_videos(**SIZE)
        for count, one in enumerate(video.expressions, 1)
    ]
    assert {one.apex_source for one in release.expressions} == {"label"}


def test_only_the_silent_video_has_no_row(root: Path, release: Release) -> None:
    assert repairs(release) == [("006", "006_2", "", "clip_without_label", f"{FRAMES}/006_2", "left out")]
    assert files(root / FRAMES / "006_2") == ("006_2_0001.jpg", "006_2_0360.jpg", 360)


def test_frames_are_gray_and_named_as_in_the_release(root: Path, release: Release) -> None:
    assert files(root / FRAMES / "006_1") == ("006_1_0001.jpg", "006_1_0720.jpg", 720)
    assert set(sizes(release, root).values()) == {(600, 600)}


def test_the_workbook_has_its_header_on_the_tenth_row(root: Path) -> None:
    (page,) = openpyxl.load_workbook(root / "SAMM_LongVideos_V3_Release.xlsx").worksheets
    rows = [*page.iter_rows(values_only=True)]
    assert page.title == "FACS_Movement_Only"
    assert rows[9][:3] == ("Subject", "Filename", "Inducement Code")
    assert sorted(row[7] for row in rows[10:]) == ["Macro", "Micro - 1/2"]
    assert rows[10][:3] == ("006", "006_1_1", 1)
    assert rows[10][6] == "=SUM(F11-D11)+1"


def test_every_video_begins_with_a_face(root: Path, release: Release) -> None:
    widths = face_widths(release, root)
    assert len(widths) == 1
    assert min(widths.values()) >= 100


def test_at_full_size_four_subjects_have_thousands_of_frames_and_one_a_silent_video() -> None:
    *labelled, silent = planned_videos()
    assert [video.name for video in labelled] == ["006_1", "007_1", "009_1", "010_1"]
    assert {video.n_frames for video in labelled} == {4000}
    for video in labelled:
        assert Counter(one.type for one in video.expressions) == {"micro": 6, "macro": 5}
    assert (silent.name, silent.n_frames, silent.expressions) == ("006_2", 2000, ())
    assert silent.speech and silent.blinks


def test_no_more_subjects_than_there_are() -> None:
    with pytest.raises(ValueError, match="9 subjects; there are 8"):
        planned_videos(subjects=9)
