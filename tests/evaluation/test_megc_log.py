"""The MEGC 2019 log: its exact text, its round trip, and what is refused."""

import gzip

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.errors import UserError
from mexflow.evaluation.megc_log import read_megc_log, write_megc_log
from mexflow.evaluation.recognition import score

LOG = """\
casme2 sub01
EP02_01f 0 0
EP 19 05f 2 0
samm 006
006_1_2 1 1
"""
CLIPS = [
    ("casme2", "sub01", "EP02_01f", 0, 0),
    ("casme2", "sub01", "EP 19 05f", 2, 0),
    ("samm", "006", "006_1_2", 1, 1),
]
COLUMNS = ["dataset", "subject", "clip", "y_true", "y_pred"]


def as_frame(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS).assign(seed=0)


def rows_of(frame: pd.DataFrame) -> list[tuple]:
    return list(frame[COLUMNS].itertuples(index=False, name=None))


def test_the_log_is_written_as_the_challenge_asks(tmp_path):
    write_megc_log(as_frame(CLIPS), tmp_path / "log.txt")
    assert (tmp_path / "log.txt").read_bytes() == LOG.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["log.txt"]


def test_clips_of_a_subject_are_gathered_under_one_header(tmp_path):
    write_megc_log(as_frame([CLIPS[0], CLIPS[2], CLIPS[1]]), tmp_path / "log.txt")
    assert (tmp_path / "log.txt").read_text() == LOG


@pytest.mark.parametrize(
    "text",
    [
        LOG,
        LOG.replace("\n", "\n\n"),
        LOG.replace("\n", " \t\n"),
        LOG.replace("\n", "\r\n"),
        LOG.replace("\n", "\r"),
        LOG.replace("f 0 0", "f\t0\t 0").replace("casme2 sub01", "casme2\tsub01"),
        "\ufeff" + LOG.rstrip(),
        LOG.replace("EP 19", "casme2 sub01\nEP 19"),
    ],
    ids=["plain", "blank lines", "trailing blanks", "CRLF", "CR", "tabs", "BOM, no last line break", "two headers"],
)
def test_reading_tolerates_loose_layout(tmp_path, text):
    (tmp_path / "log.txt").write_bytes(text.encode())
    assert rows_of(read_megc_log(tmp_path / "log.txt")) == CLIPS


def test_a_gzipped_log_reads_as_the_plain_one(tmp_path):
    (tmp_path / "log.txt.gz").write_bytes(gzip.compress(LOG.encode()))
    assert rows_of(read_megc_log(tmp_path / "log.txt.gz")) == CLIPS


word = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters="\x7f\x85\xa0"), min_size=1)
clip = st.lists(word, min_size=1, max_size=3).map(" ".join)
label = st.integers(0, 6)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(word, word, st.lists(st.tuples(clip, label, label), min_size=1, unique_by=lambda c: c[0])),
        min_size=1,
        max_size=6,
        unique_by=lambda group: group[:2],
    )
)
def test_round_trip(tmp_path_factory, groups):
    rows = [(dataset, subject, *clip) for dataset, subject, clips in groups for clip in clips]
    path = tmp_path_factory.mktemp("log") / "log.txt"
    write_megc_log(as_frame(rows), path)
    assert rows_of(read_megc_log(path)) == rows


def test_a_log_from_elsewhere_can_be_scored(tmp_path):
    (tmp_path / "log.txt").write_text(LOG)
    result = score(read_megc_log(tmp_path / "log.txt"), ["negative", "positive", "surprise"], draws=20)
    assert (result["n_clips"], result["n_subjects"], result["n_folds"]) == (3, 2, 2)
    assert result["confusion"] == [[1, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert result["metrics"]["war"]["mean"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("EP02_01f 0 0\n", "line 1: a clip before the first header"),
        ("casme2 sub01\n\nEP02_01f 0 x\n", 'line 3: "EP02_01f 0 x" is neither a header'),
        ("casme2 sub01\nEP02_01f 0 -1\n", "line 2: .* is neither a header"),
        ("casme2 sub01\nEP02_01f 0 1.0\n", "line 2: .* is neither a header"),
        ("casme2\nEP02_01f 0 1\n", 'line 1: "casme2" is neither a header'),
        ("casme2 sub01\nEP02_01f 0 0\nEP03_02 1\n", 'line 3: no clip follows "EP03_02 1"; .* lacks a label'),
        ("casme2 sub01\nsmic s03\na 0 0\n", 'line 1: no clip follows "casme2 sub01"'),
        (
            "casme2 sub01\na 0 0\nsmic s03\na 0 0\ncasme2 sub01\na 0 1\n",
            "line 6: clip casme2/sub01/a .* line 2",
        ),
        ("\n \n", "holds no clip"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, text, message):
    (tmp_path / "log.txt").write_text(text)
    with pytest.raises(UserError, match=r"log\.txt.*" + message):
        read_megc_log(tmp_path / "log.txt")


def test_files_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "log.txt").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "log.txt", tmp_path / "absent.txt", tmp_path):
        with pytest.raises(UserError, match="cannot be read as an MEGC log"):
            read_megc_log(path)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("subject", "sub 01"),
        ("subject", ""),
        ("dataset", "CASME II"),
        ("clip", "a\nb"),
        ("clip", " a"),
        ("clip", ""),
    ],
)
def test_names_that_a_log_cannot_hold_are_refused(tmp_path, column, value):
    with pytest.raises(UserError, match=rf"{column}.* an MEGC log cannot hold it"):
        write_megc_log(as_frame(CLIPS).assign(**{column: value}), tmp_path / "log.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_log_holds_one_seed(tmp_path):
    frame = as_frame(CLIPS)
    with pytest.raises(ValueError, match="one log per seed"):
        write_megc_log(pd.concat([frame, frame.assign(seed=1)]), tmp_path / "log.txt")
