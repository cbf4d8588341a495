"""Intervals to spot, and the rules of counting read literally: frame by frame, matching by matching."""

from itertools import combinations

import pandas as pd
from hypothesis import strategies as st

Interval = tuple[int, int]

COLUMNS = ["dataset", "subject", "video", "type", "onset", "offset"]
VIDEOS = [
    ("samm_lv", "006", "006_1"),
    ("samm_lv", "006", "006_2"),
    ("casme_sq", "15", "15_0102"),
    ("samm_lv", "7", "7_1"),
]


def literal_iou(one: Interval, other: Interval) -> float:
    first, second = (set(range(onset, offset + 1)) for onset, offset in (one, other))
    return len(first & second) / len(first | second)


def largest_matching(spotted: list[Interval], true: list[Interval], least: float) -> int:
    """The greatest number of pairs, no interval in two of them, among all sets of pairs."""
    pairs = [(p, t) for p, a in enumerate(spotted) for t, b in enumerate(true) if literal_iou(a, b) >= least]
    for size in range(min(len(spotted), len(true), len(pairs)), 0, -1):
        for chosen in combinations(pairs, size):
            if len({p for p, _ in chosen}) == len({t for _, t in chosen}) == size:
                return size
    return 0


def table(rows: list[tuple], **more: object) -> pd.DataFrame:
    """Rows of dataset, subject, video, type, onset, offset, and columns that follow."""
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame[COLUMNS[:4]] = frame[COLUMNS[:4]].astype(str)
    return frame.astype({"onset": int, "offset": int}).assign(**more)


def of_one_video(intervals: list[Interval], **more: object) -> pd.DataFrame:
    return table([(*VIDEOS[0], "micro", *interval) for interval in intervals], **more)


intervals = st.tuples(st.integers(0, 14), st.integers(0, 7)).map(lambda ends: (ends[0], ends[0] + ends[1]))
"""Short ones that overlap often, exact halves among them."""

rows = st.tuples(st.sampled_from(VIDEOS), st.sampled_from(["macro", "micro"]), intervals).map(
    lambda row: (*row[0], row[1], *row[2])
)
true_tables = st.lists(rows, min_size=1, max_size=12).map(table)
spotted_tables = st.lists(st.tuples(rows, st.integers(0, 20)), max_size=16).map(
    lambda scored: table([row for row, _ in scored], score=[float(score) for _, score in scored])
)
