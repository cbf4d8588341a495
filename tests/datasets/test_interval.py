"""Intervals: what each rule does, in which order, and what no rule mends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexflow.datasets.interval import NO_APEX, Interval, repaired_interval

FRAMES = range(10, 41)
"""Frames 10 to 40 are on disk."""
GAPPED = [10, 11, 12, 16, 17, 25, 26, 40]

MENDED = {
    # cells → onset, apex, offset, apex_source, repairs
    "whole numbers": ((10, 15, 20), (10, 15, 20, "label", [])),
    "whole numbers as text, padded": (("0010", " 15 ", "20.0"), (10, 15, 20, "label", [])),
    "an apex on the onset": ((10, 10, 20), (10, 10, 20, "label", [])),
    "an apex on the offset": ((10, 20, 20), (10, 20, 20, "label", [])),
    "one frame": ((7, 7, 7), (7, 7, 7, "label", [])),
    "float below the half": ((566.4, 570, 580), (566, 570, 580, "label", [("float_frame", "566.4", "566")])),
    "float above the half": ((566.6, 570, 580), (567, 570, 580, "label", [("float_frame", "566.6", "567")])),
    # Python's round() takes the even neighbour, 566.
    "float at the half": ((566.5, 570, 580), (567, 570, 580, "label", [("float_frame", "566.5", "567")])),
    "three floats": (
        (1.2, 3.5, "9.9"),
        (1, 4, 10, "label", [("float_frame", "1.2", "1"), ("float_frame", "3.5", "4"), ("float_frame", "9.9", "10")]),
    ),
    "onset 0": ((0, 15, 20), (1, 15, 20, "label", [("onset_zero", "0", "1")])),
    "onset rounded to 0": (
        (0.3, 15, 20),
        (1, 15, 20, "label", [("float_frame", "0.3", "0"), ("onset_zero", "0.3", "1")]),
    ),
    "offset 0": ((10, 15, 0), (10, 15, 15, "label", [("offset_missing", "0", "15")])),
    "offset -1": ((10, 15, -1), (10, 15, 15, "label", [("offset_missing", "-1", "15")])),
    "no offset": ((10, 15, None), (10, 15, 15, "label", [("offset_missing", "", "15")])),
    "offset is a word": ((10, 15, "MISSING"), (10, 15, 15, "label", [("offset_missing", "MISSING", "15")])),
    "offset is not finite": ((10, 15, "inf"), (10, 15, 15, "label", [("offset_missing", "inf", "15")])),
    "apex /": ((261, "/", 321), (261, 291, 321, "middle", [("apex_missing", "/", "291")])),
    "apex -1": ((10, -1, 21), (10, 15, 21, "middle", [("apex_missing", "-1", "15")])),
    "apex 0": ((10, 0, 20), (10, 15, 20, "middle", [("apex_missing", "0", "15")])),
    "no apex": ((10, None, 20), (10, 15, 20, "middle", [("apex_missing", "", "15")])),
    "apex is no number": ((10, "nan", 20), (10, 15, 20, "middle", [("apex_missing", "nan", "15")])),
    "apex is part of a name": ((10, "1_5", 20), (10, 15, 20, "middle", [("apex_missing", "1_5", "15")])),
    "apex after offset": ((1030, 1143, 1134), (1030, 1082, 1134, "middle", [("apex_outside", "1143", "1082")])),
    "apex before onset": ((4896, 1930, 4963), (4896, 4929, 4963, "middle", [("apex_outside", "1930", "4929")])),
    "onset 0 and apex -1": (
        (0, -1, 21),
        (1, 11, 21, "middle", [("onset_zero", "0", "1"), ("apex_missing", "-1", "11")]),
    ),
    "a dataset without apex": ((10, NO_APEX, 20), (10, 15, 20, "middle", [])),
}


@pytest.mark.parametrize("case", MENDED)
def test_cells_become_an_interval(case):
    cells, (onset, apex, offset, source, repairs) = MENDED[case]
    assert repaired_interval(*cells) == Interval(onset, apex, offset, source, repairs)


ON_DISK = {
    "inside": ((12, 15, 20), FRAMES, (12, 15, 20, "label", [])),
    "all of them": ((10, 15, 40), FRAMES, (10, 15, 40, "label", [])),
    "onset before the first": ((5, 15, 20), FRAMES, (10, 15, 20, "label", [("onset_before_first_frame", "5", "10")])),
    "offset after the last": (
        (12, 15, 5739),
        FRAMES,
        (12, 15, 40, "label", [("offset_beyond_last_frame", "5739", "40")]),
    ),
    "onset 0 where frames count from 10": (
        (0, 15, 20),
        FRAMES,
        (10, 15, 20, "label", [("onset_zero", "0", "1"), ("onset_before_first_frame", "1", "10")]),
    ),
    "onset 0 where frames count from 0": ((0, 4, 9), range(10), (0, 4, 9, "label", [])),
    "apex cut off": (
        (30, 50, 60),
        FRAMES,
        (30, 35, 40, "middle", [("offset_beyond_last_frame", "60", "40"), ("apex_outside", "50", "35")]),
    ),
    "offset missing, and its apex beyond the last": (
        (30, 50, 0),
        FRAMES,
        (
            30,
            35,
            40,
            "middle",
            [("offset_missing", "0", "50"), ("offset_beyond_last_frame", "50", "40"), ("apex_outside", "50", "35")],
        ),
    ),
    "every rule in its order": (
        (0.2, -1, 99.5),
        FRAMES,
        (
            10,
            25,
            40,
            "middle",
            [
                ("float_frame", "0.2", "0"),
                ("float_frame", "99.5", "100"),
                ("onset_zero", "0.2", "1"),
                ("onset_before_first_frame", "1", "10"),
                ("offset_beyond_last_frame", "100", "40"),
                ("apex_missing", "-1", "25"),
            ],
        ),
    ),
    "a gap that no cell falls into": ((10, 17, 26), GAPPED, (10, 17, 26, "label", [])),
    "onset in a gap": ((13, 17, 26), GAPPED, (16, 17, 26, "label", [("frame_missing", "13", "16")])),
    "offset in a gap": ((10, 12, 24), GAPPED, (10, 12, 17, "label", [("frame_missing", "24", "17")])),
    "apex in a gap": ((10, 15, 26), GAPPED, (10, 16, 26, "label", [("frame_missing", "15", "16")])),
    "apex amid a gap": ((10, 14, 26), GAPPED, (10, 12, 26, "label", [("frame_missing", "14", "12")])),
    "middle in a gap": ((17, "/", 40), GAPPED, (17, 26, 40, "middle", [("apex_missing", "/", "26")])),
    "no apex, middle in a gap": ((12, NO_APEX, 17), GAPPED, (12, 12, 17, "middle", [])),
}


@pytest.mark.parametrize("case", ON_DISK)
def test_cells_are_fitted_to_the_frames_on_disk(case):
    cells, frames, (onset, apex, offset, source, repairs) = ON_DISK[case]
    assert repaired_interval(*cells, frames) == Interval(onset, apex, offset, source, repairs)


CUT = {
    "as labelled": ((12, 15, 40), (12, 15, 40, "label", [])),
    "offset beyond": ((12, 15, 44), (12, 15, 40, "label", [("offset_beyond_last_frame", "44", "40")])),
    "onset before": ((5, 15, 20), (10, 15, 40, "label", [("interval_from_frames", "5..20", "10..40")])),
    "elsewhere": (
        (105, 115, 120),
        (10, 25, 40, "middle", [("interval_from_frames", "105..120", "10..40"), ("apex_outside", "115", "25")]),
    ),
    "no offset": ((12, 15, 0), (10, 15, 40, "label", [("interval_from_frames", "12..0", "10..40")])),
    "onset after offset": ((20, 15, 12), (10, 15, 40, "label", [("interval_from_frames", "20..12", "10..40")])),
    "onset 0": (
        (0, 15, 20),
        (10, 15, 40, "label", [("onset_zero", "0", "1"), ("interval_from_frames", "0..20", "10..40")]),
    ),
    "no onset": ((None, 15, 12), (10, 15, 40, "label", [("interval_from_frames", "..12", "10..40")])),
}


@pytest.mark.parametrize("case", CUT)
def test_the_frames_of_a_clip_cut_to_its_expression_tell_the_truth(case):
    cells, (onset, apex, offset, source, repairs) = CUT[case]
    assert repaired_interval(*cells, FRAMES, cut=True) == Interval(onset, apex, offset, source, repairs)


BEYOND_REPAIR = {
    "no onset": ((None, 15, 20), None, 'onset "" is no frame number'),
    "onset is a word": (("x", 15, 20), None, 'onset "x" is no frame number'),
    "onset is negative": ((-1, 15, 20), None, 'onset "-1" is no frame number'),
    "onset is not finite": (("inf", 15, 20), None, 'onset "inf" is no frame number'),
    "onset after offset": ((21, 15, 20), None, "onset 21 lies after offset 20"),
    "neither offset nor apex": ((10, "/", 0), None, 'offset "0" is no frame number, and there is no apex to take'),
    "no offset, apex before onset": ((10, 9, 0), None, 'offset "0" is no frame number, and there is no apex to take'),
    "after the last frame": ((50, 55, 60), FRAMES, "50..60 and the frames on disk, 10..40, have nothing in common"),
    "before the first frame": ((1, 3, 9), FRAMES, "1..9 and the frames on disk, 10..40, have nothing in common"),
    "in a gap": ((18, 20, 24), GAPPED, "18..24 and the frames on disk, 10..40, have nothing in common"),
    "no frame": ((18, 20, 24), [], "18..24 and the frames on disk, none, have nothing in common"),
}


@pytest.mark.parametrize("case", BEYOND_REPAIR)
def test_what_no_rule_mends_is_said(case):
    cells, frames, message = BEYOND_REPAIR[case]
    with pytest.raises(ValueError) as caught:
        repaired_interval(*cells, frames)
    assert str(caught.value) == message


numbers = st.integers(-5, 80)
cells = st.one_of(
    numbers,
    numbers.map(str),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-5, 80),
    st.none(),
    st.text(max_size=4),
    st.sampled_from(["/", "nan", "1e400", "1_0", NO_APEX]),
)
frame_sets = st.one_of(st.none(), st.sets(st.integers(0, 80), min_size=2, max_size=30).map(sorted))


@given(onset=cells, apex=cells, offset=cells, frames=frame_sets, cut=st.booleans())
def test_a_mended_interval_is_in_order_and_on_disk(onset, apex, offset, frames, cut):
    try:
        one = repaired_interval(onset, apex, offset, frames, cut)
    except ValueError:
        return
    assert 0 <= one.onset <= one.apex <= one.offset
    if frames is not None:
        assert {one.onset, one.apex, one.offset} <= set(frames)
    # No rule does nothing; but a missing apex (0) may well be frame 0, where there is one.
    assert all(before != after or after == "0" for _, before, after in one.repairs)


@given(bounds=st.lists(st.integers(1, 10**6), min_size=3, max_size=3).map(sorted), extra=st.sets(st.integers(0, 10**6)))
def test_a_clean_row_needs_no_repair(bounds, extra):
    assert repaired_interval(*bounds) == Interval(*bounds, "label", [])
    assert repaired_interval(*bounds, sorted(extra | set(bounds))) == Interval(*bounds, "label", [])


@given(
    bounds=st.lists(st.integers(1, 10**6), min_size=3, max_size=3).map(sorted),
    padding=st.integers(0, 8),
    blanks=st.sampled_from(["", " ", "\t", "\u00a0"]),
)
def test_how_a_number_is_written_does_not_matter(bounds, padding, blanks):
    written = [f"{blanks}{number:0{padding}d}{blanks}" for number in bounds]
    assert repaired_interval(*written) == repaired_interval(*map(float, bounds)) == repaired_interval(*bounds)


@given(onset=cells, apex=cells, offset=cells, frames=frame_sets)
def test_a_mended_interval_needs_no_second_repair(onset, apex, offset, frames):
    try:
        one = repaired_interval(onset, apex, offset, frames)
    except ValueError:
        return
    if one.apex > 0:  # as an apex or offset, 0 means that there is none
        assert repaired_interval(one.onset, one.apex, one.offset, frames).repairs == []
