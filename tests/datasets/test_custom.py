"""One's own label table: what it may look like, and what is said when a cell cannot be."""

from pathlib import Path

import pytest

from mexflow.config.datasets import CustomSpec
from mexflow.datasets import custom
from mexflow.datasets.custom import read_labels
from mexflow.datasets.index import read_dataset
from mexflow.errors import UserError

HEADER = "subject,clip,onset,apex,offset,fps,emotion"
ROW = "006,c1,10,15,30,200,happiness"


def read(root: Path, *lines: str, unit="subject", fps=None, ending="\n"):
    """The rows of a table; the clips 006/c1 and 006/c2 are there."""
    for name in ("c1", "c2"):
        (root / "006" / name).mkdir(parents=True, exist_ok=True)
    (root / "labels.csv").write_bytes(("".join(line + ending for line in lines)).encode())
    return read_labels("own", root / "labels.csv", root, unit, fps)


def told(root: Path, *lines: str, **how) -> str:
    with pytest.raises(UserError) as caught:
        read(root, *lines, **how)
    message = str(caught.value)
    assert "\n" not in message
    assert str(root / "labels.csv") in message
    return message.removeprefix(f"{root}/labels.csv").removeprefix(", ").removeprefix(": ")


def test_a_row_becomes_an_expression(tmp_path):
    (one,) = read(tmp_path, HEADER + ",action_units,expression_type,video", ROW + ",6+12,macro,long")
    assert vars(one) == {
        "dataset": "own",
        "subject": "006",
        "clip": "c1",
        "video": "long",
        "unit": "006",
        "source": "006/c1",
        "first_frame": 1,
        "onset": 10,
        "apex": 15,
        "offset": 30,
        "fps": 200.0,
        "emotion": "happiness",
        "three_class": "positive",
        "five_class": "",
        "objective": "I",
        "binary": "",
        "seven_class": "",
        "stimulus": "",
        "action_units": "6+12",
        "expression_type": "macro",
        "apex_source": "label",
        "content": "",
        "sample": "",
    }


def test_what_may_be_left_out_has_a_default(tmp_path):
    (one,) = read(tmp_path, "subject,clip,onset,offset,emotion", "006,c1,10,31,others", fps=100.0)
    assert (one.apex, one.apex_source) == (20, "middle")
    assert (one.fps, one.first_frame, one.action_units, one.expression_type) == (100.0, 1, "", "micro")
    assert (one.emotion, one.three_class, one.video) == ("others", "", "c1")


@pytest.mark.parametrize(("onset", "offset", "middle"), [(10, 30, 20), (10, 31, 20), (7, 7, 7), (261, 321, 291)])
def test_a_blank_apex_is_the_middle(tmp_path, onset, offset, middle):
    (one,) = read(tmp_path, HEADER, f"006,c1,{onset}, ,{offset},200,x")
    assert (one.apex, one.apex_source) == (middle, "middle")


@pytest.mark.parametrize(
    "lines",
    [
        ("\ufeff" + HEADER, ROW),
        (" subject , clip,onset , apex,offset,fps,emotion ", " 006 ,c1 , 10,15 ,30, 200 , happiness "),
        ('"subject","clip","onset","apex","offset","fps","emotion"', '"006","c1","10","15","30","200","happiness"'),
        ("emotion,offset,onset,clip,subject,fps,apex", "happiness,30,10,c1,006,200.0,15"),
        (HEADER, "", ROW, ""),
        (HEADER, ROW + ",,"),
    ],
    ids=["byte order mark", "blanks", "quotes", "another order", "empty lines", "empty cells at the end"],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_the_notation_of_a_table_does_not_count(tmp_path, lines, ending):
    assert read(tmp_path, *lines, ending=ending) == read(tmp_path, HEADER, ROW)


def test_a_quoted_cell_may_hold_commas_and_quotes(tmp_path):
    (one,) = read(tmp_path, HEADER, '006,c1,10,15,30,200,"happy, or ""so"""')
    assert one.emotion == 'happy, or "so"'


@pytest.mark.parametrize(("unit", "named"), [("subject", "006"), ("video", "006_long"), ("clip", "006_c1")])
def test_a_unit_is_a_subject_a_video_or_a_clip(tmp_path, unit, named):
    (one,) = read(tmp_path, HEADER + ",video", ROW + ",long", unit=unit)
    assert one.unit == named


def test_a_path_takes_the_place_of_subject_and_clip(tmp_path):
    (one,) = read(tmp_path, HEADER + ",path,first_frame", ROW + ",raw/long 1.mp4,0")
    assert (one.source, one.video, one.first_frame) == ("raw/long 1.mp4", "long 1", 0)


@pytest.mark.parametrize("ending", [".avi", ".mp4", ".mov", ".mkv"])
def test_a_video_file_is_found_by_the_clips_name(tmp_path, ending):
    (tmp_path / "006").mkdir()
    (tmp_path / "006" / f"c3{ending}").touch()
    (one,) = read(tmp_path, HEADER, ROW.replace("c1", "c3"))
    assert (one.source, one.video) == (f"006/c3{ending}", "c3")


MISTAKES = {
    "missing column": (
        ("subject,clip,offset,emotion", "006,c1,30,x"),
        'the column "onset" is missing; columns there: subject, clip, offset, emotion',
    ),
    "unknown column": (
        (HEADER + ",actionunits", ROW + ",1"),
        'unknown column "actionunits"; did you mean "action_units"?',
    ),
    "unknown column, nothing near": (
        (HEADER + ",zzz", ROW + ",1"),
        'unknown column "zzz"; known: action_units, apex, clip, emotion, expression_type, first_frame, fps, offset,'
        " onset, path, subject, video",
    ),
    "column twice": ((HEADER + ",onset", ROW + ",11"), 'the column "onset" is there twice; remove one of them.'),
    "no header": ((ROW,), 'unknown column "006"; known:'),
    "empty file": ((), 'the column "subject" is missing; columns there: none'),
    "no row": ((HEADER,), "no row below the header; add one row per labelled expression."),
    "empty cell": ((HEADER, ROW, "006,c2,10,15,30,200, "), 'row 3: the cell "emotion" is empty; fill it in.'),
    "short row": ((HEADER, "006,c1,10"), 'row 2: the cell "offset" is empty; fill it in.'),
    "long row": (
        (HEADER, ROW + ", and sad"),
        "row 2: more cells than columns; put a cell that holds a comma in quotes.",
    ),
    "no integer": ((HEADER, "006,c1,10.0,15,30,200,x"), 'row 2: onset "10.0" is no frame number; write an integer.'),
    "no integer apex": ((HEADER, "006,c1,10,/,30,200,x"), 'row 2: apex "/" is no frame number; write an integer.'),
    "negative": ((HEADER, "006,c1,-1,15,30,200,x"), "row 2: onset -1 is negative; write a frame number."),
    "onset after offset": (
        (HEADER, "006,c1,31,,30,200,x"),
        "row 2: onset 31 lies after offset 30; correct the row.",
    ),
    "apex before onset": (
        (HEADER, "006,c1,10,9,30,200,x"),
        "row 2: apex 9 lies outside onset 10 .. offset 30; correct the row.",
    ),
    "apex after offset": (
        (HEADER, "006,c1,10,31,30,200,x"),
        "row 2: apex 31 lies outside onset 10 .. offset 30; correct the row.",
    ),
    "no fps": (
        (HEADER, "006,c1,10,15,30,,x"),
        'row 2: no frame rate; add a column "fps", or the key "fps" to the dataset.',
    ),
    "missing clip": ((HEADER, ROW.replace("c1", "c9")), "row 2: no clip at "),
    **{
        f"fps {fps}": (
            (HEADER, f"006,c1,10,15,30,{fps},x"),
            f'row 2: fps "{fps}" is no frame rate; write frames per second.',
        )
        for fps in ("fast", "0", "-25", "nan", "inf")
    },
}


@pytest.mark.parametrize(("lines", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_what_is_wrong_in_a_table_is_told_in_one_line(tmp_path, lines, message):
    assert told(tmp_path, *lines).startswith(message)


def test_a_row_is_named_by_its_line_in_the_file(tmp_path):
    assert told(tmp_path, HEADER, "", ROW, "", "006,c2,a,15,30,200,x").startswith('row 5: onset "a"')


def test_a_missing_clip_is_named_with_its_place(tmp_path):
    message = told(tmp_path, HEADER, ROW.replace("c1", "c9"))
    assert message == f"row 2: no clip at {tmp_path}/006/c9 (a folder or a video). Restore it or remove the row."


def test_a_missing_table_is_told(tmp_path):
    with pytest.raises(
        UserError, match=r"labels\.csv: no such label table\. Write one with the columns subject, clip,"
    ):
        read_labels("own", tmp_path / "labels.csv", tmp_path, "subject", None)


def test_a_table_that_is_not_utf_8_is_told(tmp_path):
    (tmp_path / "labels.csv").write_bytes((HEADER + "\n" + ROW + "é\n").encode("cp1252"))
    with pytest.raises(UserError, match=r"labels\.csv: not UTF-8 text \(.+\)\. Save it as UTF-8\."):
        read_labels("own", tmp_path / "labels.csv", tmp_path, "subject", None)


def test_a_cell_that_swallows_the_table_is_told(tmp_path):
    lines = [HEADER, ROW + '"', '"006,c2,1,2,3,4,x', *["006,c1,1,2,3,4,x"] * 10_000]
    assert told(tmp_path, *lines).startswith("row")


def test_a_missing_root_is_told_with_its_dataset(tmp_path):
    spec = CustomSpec(kind="custom", root=tmp_path / "gone")
    with pytest.raises(UserError, match=r"^datasets\.own: no folder .+/gone\. Correct the root, or mount the disk\.$"):
        read_dataset("own", spec, spec.root, frames=True)


def test_a_label_table_alone_is_read_without_its_clips(tmp_path):
    (tmp_path / "labels.csv").write_text(f"{HEADER}\n{ROW}\n")
    spec = CustomSpec(kind="custom", root=tmp_path)
    for root in (tmp_path, tmp_path / "labels.csv"):
        (one,) = custom.read("own", spec, root, frames=False).expressions
        assert (one.clip, one.onset, one.source) == ("c1", 10, "")


def test_the_frame_rate_of_the_configuration_serves_rows_without_one(tmp_path):
    read(tmp_path, HEADER, ROW, "006,c2,1,2,3,,x", fps=1.0)
    spec = CustomSpec(kind="custom", root=tmp_path, fps=25)
    assert [row.fps for row in custom.read("own", spec, tmp_path, frames=True).expressions] == [200.0, 25.0]
