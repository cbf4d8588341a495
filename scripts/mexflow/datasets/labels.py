"""Label schemes (columns of the manifest): which annotated emotion or action units fall into which class."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

THREE_CLASS: Final = ("negative", "positive", "surprise")
OBJECTIVE: Final = ("I", "II", "III", "IV", "V", "VI", "VII")

_NEGATIVE = ("disgust", "repression", "anger", "contempt", "fear", "sadness", "sad", "negative")
_POSITIVE = ("happiness", "happy", "positive")
_THREE_CLASS_OF: Final = {
    **dict.fromkeys(_NEGATIVE, "negative"),
    **dict.fromkeys(_POSITIVE, "positive"),
    "surprise": "surprise",
}

FIVE_CLASS: Final[Mapping[str, tuple[str, ...]]] = {
    "casme2": ("happiness", "disgust", "repression", "surprise", "others"),
    "samm": ("anger", "contempt", "happiness", "surprise", "other"),
}
"""Per kind of dataset, in the order of the class numbers; other emotions take no part."""

SEVEN_CLASS: Final[Mapping[str, tuple[str, ...]]] = {
    "samm": ("happiness", "surprise", "anger", "fear", "disgust", "contempt", "sadness"),
}
BINARY: Final[Mapping[str, Mapping[str, str]]] = {
    "samm": {
        "happiness": "positive",
        **dict.fromkeys(("anger", "fear", "disgust", "contempt", "sadness"), "negative"),
    },
}

STIMULUS: Final[Mapping[str, Mapping[str, str]]] = {
    "casme_sq": {"anger": "angry", "happy": "happy", "disgust": "disgust"},
}
"""What the film was to arouse, as the names of clips tell: the classes of MicroExpSTCNN (Reddy et al., IJCNN 2019). Its
206 clips (angry 76, happy 94, disgust 36) were cut and selected by the authors, who do not say how."""

EMOTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "casme": ("tense", "disgust", "repression", "surprise", "happiness", "sadness", "contempt", "fear"),
    "casme2": ("others", "disgust", "happiness", "repression", "surprise", "sadness", "fear"),
    "smic_hs": ("negative", "positive", "surprise"),
    "samm": ("anger", "happiness", "other", "surprise", "contempt", "disgust", "fear", "sadness"),
    "casme_sq": ("negative", "positive", "others", "surprise"),
    "casme3": ("disgust", "surprise", "others", "fear", "anger", "sad", "happy"),
    "mmew": ("surprise", "disgust", "others", "happiness", "fear", "sadness", "anger"),
}
"""What the owners annotate, the commonest first."""

# Davison et al., "Objective classes for micro-facial expression recognition", J. Imaging 2018, table 2.
_OBJECTIVE_OF: Final = {
    "I": ("6", "12", "6+12", "6+7+12", "7+12"),
    "II": ("1+2", "5", "25", "1+2+25", "25+26", "5+24"),
    "III": ("23", "4", "4+7", "4+5", "4+5+7", "17+24", "4+6+7", "4+38"),
    "IV": ("10", "9", "4+9", "4+40", "4+5+40", "4+7+9", "4+9+17", "4+7+10", "4+5+7+9", "7+10"),
    "V": ("1", "15", "1+4", "6+15", "15+17"),
    "VI": ("1+2+4", "20"),
}
_OBJECTIVE_BY_UNITS: Final = {
    frozenset(int(unit) for unit in units.split("+")): name for name, sets in _OBJECTIVE_OF.items() for units in sets
}
_OBJECTIVE_NAMED: Final = {key: name for number, name in enumerate(OBJECTIVE, start=1) for key in (name, str(number))}


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
    return _THREE_CLASS_OF.get(emotion.strip().lower(), "")


def objective_class(action_units: str, shipped: str | int | float | None = None) -> str:
    """Objective class I–VII: the dataset's own where it ships one, else by the set of action units.

    Parameters
    ----------
    action_units : str
        As annotated; sides (L, R, B, T), intensities (A–E) and blanks do not matter.
    shipped : str or number, optional
        The cell of the dataset's own column, Roman or Arabic; one that names no class ("?") counts as none.

    Returns
    -------
    str
        "" if there is neither a class nor an action unit.

    References
    ----------
    Davison, Merghani and Yap, "Objective classes for micro-facial expression recognition", J. Imaging 2018.

    Examples
    --------
    >>> objective_class("R4 + 7B"), objective_class("12", shipped=3), objective_class("99")
    ('III', 'III', 'VII')
    """
    named = _OBJECTIVE_NAMED.get(str(shipped).strip().removesuffix(".0").upper())
    if named:
        return named
    units = frozenset(int(number) for number in re.findall(r"\d+", action_units))
    if not units:
        return ""
    return _OBJECTIVE_BY_UNITS.get(units, "VII")


def scheme_labels(
    kind: str, emotion: str, action_units: str, objective: str | int | float | None = None, stimulus: str = ""
) -> dict[str, str]:
    """The class of an expression in every scheme but `emotion`; "" where a scheme leaves it out.

    Parameters
    ----------
    kind : str
        Of the dataset: five_class, binary and seven_class are defined for some only.
    emotion, action_units : str
        As annotated.
    objective : str or number, optional
        The cell of the dataset's own column of objective classes.
    stimulus : str
        The film that was shown, as the clip's name has it: "happy3".
    """
    word = emotion.strip().lower()
    five = FIVE_CLASS.get(kind, ())
    # Copies of SAMM have "Others", copies of CASME II "other".
    spelling = next((one for one in five if {one, word} == {"other", "others"}), word)
    return {
        "three_class": three_class(word),
        "five_class": spelling if spelling in five else "",
        "objective": objective_class(action_units, objective),
        "binary": BINARY.get(kind, {}).get(word, ""),
        "seven_class": word if word in SEVEN_CLASS.get(kind, ()) else "",
        "stimulus": STIMULUS.get(kind, {}).get(stimulus.rstrip("0123456789").lower(), ""),
    }


def classes_of(scheme: str, labels: Sequence[str]) -> tuple[str, ...]:
    """The classes of a scheme in the order of their numbers.

    Parameters
    ----------
    scheme : str
        A column of the manifest.
    labels : sequence of str
        What stands in that column; "" means that the scheme leaves the clip out. A scheme whose classes differ
        between datasets has those that occur, in the order of its definition, or the alphabet's for `emotion`.
    """
    if scheme == "three_class":
        return THREE_CLASS
    used = set(labels) - {""}
    orders = {
        "objective": OBJECTIVE,
        "binary": ("positive", "negative"),
        "stimulus": ("angry", "happy", "disgust"),
        "five_class": next((order for order in FIVE_CLASS.values() if used <= set(order)), ()),
        "seven_class": next((order for order in SEVEN_CLASS.values() if used <= set(order)), ()),
    }
    order = orders.get(scheme, ())
    return tuple(one for one in order if one in used) if used <= set(order) else tuple(sorted(used))


def scheme_table() -> str:
    """Which emotion goes where, per dataset, as the Markdown table of docs/datasets.md."""
    schemes = ("three_class", "five_class", "seven_class", "binary")
    lines = [f"| dataset | emotion | {' | '.join(f'`{one}`' for one in schemes)} |", "|---" * (2 + len(schemes)) + "|"]
    for kind, emotions in EMOTIONS.items():
        for emotion in emotions:
            labels = scheme_labels(kind, emotion, "")
            lines.append(f"| `{kind}` | {emotion} | {' | '.join(labels[one] or '–' for one in schemes)} |")
    return "\n".join(lines) + "\n"
