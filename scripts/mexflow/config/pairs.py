"""Between which frames motion is estimated."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

OPEN_INTERVAL = "interval_k"
"""Pairs of a spotting experiment, whose k follows from its protocol, the dataset and the expression type."""

_PATTERN = re.compile(r"onset_apex|onset_each|consecutive|interval_[1-9]\d*|tim_[1-9]\d*")

PAIRS_PATTERN = _PATTERN.pattern
"""What the name of a pairing looks like: it becomes part of a path."""


def pairs_name(given: Any) -> str:
    """The one name of a pairing: `{interval: 6}` is "interval_6", `{tim: 10}` is "tim_10".

    Raises
    ------
    ValueError
        If it is no pairing.
    """
    if isinstance(given, dict) and len(given) == 1:
        ((key, number),) = given.items()
        if isinstance(number, int) and not isinstance(number, bool):
            given = f"{key}_{number}"
        elif (key, number) == ("interval", "k"):
            given = OPEN_INTERVAL
    known = isinstance(given, str) and (_PATTERN.fullmatch(given) or given == OPEN_INTERVAL) and given != "tim_1"
    if not known:
        raise ValueError(
            "onset_apex, onset_each, consecutive, {interval: FRAMES}, {interval: k} or {tim: FRAMES} expected, such as"
            " {interval: 6}"
        )
    return given


Pairs = Annotated[str, BeforeValidator(pairs_name)]
"""Which frames form pairs.

`onset_apex`: one pair per expression. `onset_each`: the onset with every later frame of the expression.
`consecutive`: each frame of the expression with the next. `{interval: 6}`: each frame i of a whole video with i + 6;
`{interval: k}` leaves that number to the spotting experiment. `{tim: n}`: the expression interpolated to n frames
(`mexflow.video.temporal_interpolation`), each with the next.
"""


def per_expression(pairs: str) -> bool:
    """Whether pairs belong to labelled expressions; those of an interval belong to whole videos."""
    return not pairs.startswith("interval_")


def parameter(pairs: str) -> int:
    """The number in a pairing's name: the interval, or the length of the interpolated clip.

    Examples
    --------
    >>> parameter("interval_6"), parameter("tim_10")
    (6, 10)
    """
    return int(pairs.rpartition("_")[2])
