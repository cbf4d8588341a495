"""What pydantic finds wrong, in the words of somebody who writes YAML."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from mexflow.config.spec import nearest

_TAGGED = {"datasets", "features", "experiments", "spotters"}


def mistakes_in_words(error: ValidationError) -> list[str]:
    """One line per mistake: where, what is wrong, what was probably meant.

    Examples
    --------
    >>> from mexflow.config.alignment import AlignmentSpec
    >>> try:
    ...     AlignmentSpec(sise=128)
    ... except ValidationError as error:
    ...     mistakes_in_words(error)
    ['unknown key "sise"; did you mean "size"?']
    """
    return [
        line for one in _of_the_branch_meant(error.errors()) if not _follows_from_another(one) for line in _lines(one)
    ]


def _follows_from_another(error: Any) -> bool:
    # A list whose only entry is wrong is reported as too short as well.
    return error["type"] == "too_short" and len(error["input"]) > 0


def _of_the_branch_meant(errors: Sequence[Any]) -> Iterator[Any]:
    """Where a word or something else may stand, pydantic tells why it is neither: here only what fits what is given."""
    given = {}
    for one in errors:
        depth = next((at for at, part in enumerate(one["loc"]) if str(part).startswith("literal[")), None)
        if depth is not None:
            given[one["loc"][:depth]] = one["input"]
    for one in errors:
        place = one["loc"]
        depth = next((at for at in range(len(place)) if place[:at] in given), None)
        if depth is None:
            yield one
        elif isinstance(given[place[:depth]], str) == str(place[depth]).startswith("literal["):
            yield one | {"loc": (*place[:depth], *place[depth + 1 :])}


def _lines(error: Any) -> list[str]:
    where = _where(error)
    return [f"{where}: {message}" if where else message for message in _message(error).split("\n")]


def _message(error: Any) -> str:
    given = error["input"]
    match error["type"]:
        case "value_error":
            message = str(error["ctx"]["error"])
        case "missing":
            message = "this key is missing"
        case "too_short":
            message = "this list is empty; at least one entry is needed"
        case "literal_error" | "union_tag_invalid":
            words = error["ctx"].get("expected") or error["ctx"]["expected_tags"]
            known = [word.strip(" '") for word in words.replace(" or ", ",").split(",")]
            word = error["ctx"].get("tag") or given
            message = f'"{word}" is not known here{nearest(str(word), known)}'
        case "union_tag_not_found":
            message = f'the key "{_tag(error)}" is missing'
        case "string_pattern_mismatch":
            message = f'"{given}" is no name: letters, digits, "_" and "-" only'
        case "string_type" if isinstance(given, bool):
            word = "yes, on or true" if given else "no, off or false"
            message = f"YAML reads an unquoted {word} as {given}; put the name in quotes"
        case "string_type" if isinstance(given, int | float):
            message = f'{given} is a number here; put the name in quotes: "{given}"'
        case "string_type":
            message = f"one name is needed (given: {_shortened(given)})"
        case "tuple_type":
            example = f", such as [{given}]" if isinstance(given, str | int | float) else ""
            message = f"a list is needed{example} (given: {_shortened(given)})"
        case "model_type" | "model_attributes_type" | "dict_type":
            message = f"keys with values are needed, as in {{key: value}} (given: {_shortened(given)})"
        case _:
            what = error["msg"].removeprefix("Input ").removeprefix("Value ").partition(", unable")[0]
            message = f"{what[0].lower()}{what[1:].split(' for <')[0]} (given: {_shortened(given)})"
    return message


def _shortened(value: Any) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _where(error: Any) -> str:
    location = error["loc"]
    if location[-1:] == ("[key]",):
        location = location[:-2]  # the message holds the key
    path = ""
    for depth, part in enumerate(location):
        if isinstance(part, int):
            path += f"[{part}]"
        elif not (depth == 2 and location[0] in _TAGGED):  # pydantic puts the kind there
            path += f".{part}" if path else part
    return f"{path}.{_tag(error)}" if error["type"] == "union_tag_invalid" else path


def _tag(error: Any) -> str:
    """The key that says which kind of thing is meant."""
    name = str(error["ctx"]["discriminator"]).strip("'")
    return "kind" if name.endswith("()") else name  # a function tells features by their kind
