"""Label schemes: which annotated emotion falls into which class."""

from collections.abc import Sequence
from typing import Final

THREE_CLASS: Final = ("negative", "positive", "surprise")

_THREE_CLASS_OF: Final = {
    **dict.fromkeys(("disgust", "repression", "anger", "contempt", "fear", "sadness", "negative"), "negative"),
    **dict.fromkeys(("happiness", "positive"), "positive"),
    "surprise": "surprise",
}


def three_class(emotion: str) -> str:
    """Class of an annotated emotion in the MEGC 2019 composite; "" for an emotion that it leaves out.

    References
    ----------
    See et al., "MEGC 2019 – the second facial micro-expressions grand challenge", FG 2019.

    Examples
    --------
    >>> three_class("Happiness"), three_class("others")
    ('positive', '')
    """
    return _THREE_CLASS_OF.get(emotion.lower(), "")


def classes_of(scheme: str, labels: Sequence[str]) -> tuple[str, ...]:
    """The classes of a scheme in the order of their numbers.

    Parameters
    ----------
    scheme : str
        A column of the manifest.
    labels : sequence of str
        What stands in that column; "" means that the scheme leaves the clip out. The classes of `emotion` are
        those that the dataset uses, in alphabetical order.
    """
    return THREE_CLASS if scheme == "three_class" else tuple(sorted(set(labels) - {""}))
