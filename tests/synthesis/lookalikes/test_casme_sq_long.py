"""The long look-alike of CAS(ME)²: on disk and in the workbook is what was planned; nothing needs a repair."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import openpyxl
import pytest

from mexflow.cli.main import main
from mexflow.datasets.release import Release
from mexflow.synthesis.lookalikes import casme_sq_long
from mexflow.synthesis.lookalikes.casme_sq_long import planned_videos
from synthesis.lookalikes.read_back import face_widths, files, read_back, repairs, sizes

SIZE = {"subjects": 2, "frames": 270}
RAW = "rawpic/rawpic"
SILENT = "s15/15_0508funnydunkey"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Written by the command, in another size."""
    folder = tmp_path_factory.mktemp("casme_sq_long")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(casme_sq_long, "write_long", partial(casme_sq_long.write_long, **SIZE))
        patch.setattr("sys.argv", ["mexflow", "lookalike", "casme_sq_long", str(folder)])
        with pytest.raises(SystemExit, match="0"):
            main()
    yield folder


@pytest.fixture(scope="module")
def release(root: Path) -> Release:
    return read_back("casme_sq", root)


def test_the_labels_read_back_are_the_plan(release: Release) -> None:
    read = [
        (one.source, one.onset, one.apex, one.offset, one.expression_type, one.emotion, one.action_units)
        for one in release.expressions
    ]
    assert read == [
        (f"{RAW}/{video.name}", one.onset, one.apex, one.offset, one.type, one.emotion, one.action_units)
        for video in planned_videos(**SIZE)
        for one in video.expressions
    ]
    assert {one.apex_source for one in release.expressions} == {"label"}
    assert {(one.subject, one.video) for one in release.expressions} == {("s15", "15_0101"), ("s16", "16_0502")}


def test_only_the_silent_video_has_no_row(root: Path, release: Release) -> None:
    assert repairs(release) == [("s15", "15_0508funnydunkey", "", "clip_without_label", f"{RAW}/{SILENT}", "left out")]
    assert files(root / RAW / SILENT) == ("img001.jpg", "img135.jpg", 135)


def test_frames_are_named_and_sized_as_in_the_release(root: Path, release: Release) -> None:
    assert files(root / RAW / "s15/15_0101disgustingteeth") == ("img001.jpg", "img270.jpg", 270)
    assert set(sizes(release, root).values()) == {(480, 640, 3)}


def test_the_workbook_has_three_sheets_without_a_header_and_whole_codes(root: Path) -> None:
    book = openpyxl.load_workbook(root / "CAS(ME)^2code_final.xlsx")
    code, naming, stimuli = ([*page.iter_rows(values_only=True)] for page in book.worksheets)
    assert book.sheetnames == ["CASFEcode_final", "naming rule1", "naming rule2"]
    assert code[0][:2] == (1, "disgust1_1")
    assert {row[7] for row in code} == {"micro-expression", "macro-expression"}
    assert (naming[0], naming[-1]) == ((15, "s15", 1), (16, "s16", 2))
    assert len(naming) == len(code)
    assert [row[0] for row in stimuli] == ["0101", "0102", "0401", "0402", "0502", "0503", "0505", "0507", "0508"]


def test_every_video_begins_with_a_face(root: Path, release: Release) -> None:
    widths = face_widths(release, root)
    assert len(widths) == 2
    assert min(widths.values()) >= 80


def test_at_full_size_four_subjects_have_thousands_of_frames_and_one_a_silent_video() -> None:
    *labelled, silent = planned_videos()
    assert [video.name.partition("/")[0] for video in labelled] == ["s15", "s16", "s19", "s20"]
    assert {video.n_frames for video in labelled} == {2600}
    for video in labelled:
        assert Counter(one.type for one in video.expressions) == {"micro": 7, "macro": 7}
    assert (silent.name, silent.n_frames, silent.expressions) == (SILENT, 1300, ())
    assert silent.speech and silent.blinks


def test_no_more_subjects_than_there_are() -> None:
    with pytest.raises(ValueError, match="9 subjects; there are 8"):
        planned_videos(subjects=9)
