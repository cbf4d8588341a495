"""How many copies each class gets, and what is said of numbers that cannot be."""

import pytest
from pydantic import ValidationError

from mexflow.config import augmentation
from mexflow.config.augmentation import AugmentationSpec
from mexflow.config.mistakes import mistakes_in_words
from mexflow.datasets.labels import BINARY, SEVEN_CLASS, THREE_CLASS
from mexflow.errors import UserError


@pytest.mark.parametrize(
    ("family", "classes", "copies"),
    [
        ("joshi_volumes", SEVEN_CLASS["samm"], (1, 3, 0, 5, 5, 4, 7)),
        ("joshi_volumes", ("positive", "negative"), (2, 0)),
        ("joshi_frames", SEVEN_CLASS["samm"], (1, 2, 0, 3, 3, 3, 4)),
        ("joshi_frames", ("happiness", "sadness"), (1, 4)),
        ("softnet", THREE_CLASS, (3, 3, 3)),
        ("elrcn", ("I", "II"), (12, 12)),
    ],
)
def test_without_numbers_a_family_makes_the_published_ones(family, classes, copies):
    assert AugmentationSpec(family=family).copies_per_class(classes) == copies


@pytest.mark.parametrize("name", ["JOSHI_VOLUMES_SEVEN_CLASS", "JOSHI_FRAMES_SEVEN_CLASS", "JOSHI_VOLUMES_BINARY"])
def test_the_published_lists_name_the_classes_of_the_label_schemes(name):
    scheme = SEVEN_CLASS["samm"] if "SEVEN" in name else BINARY["samm"].values()
    assert set(getattr(augmentation, name)) == set(scheme)


def test_given_numbers_replace_the_published_ones_and_other_classes_get_none():
    spec = AugmentationSpec(family="joshi_volumes", copies={"surprise": 4, "fear": 9})
    assert spec.copies_per_class(THREE_CLASS) == (0, 0, 4)
    assert AugmentationSpec.model_validate_json(spec.canonical()) == spec


def test_classes_without_published_numbers_need_numbers():
    for family, classes in (("joshi_volumes", THREE_CLASS), ("joshi_frames", ("positive", "negative"))):
        with pytest.raises(UserError, match=rf"{family} was published for other classes than .*negative.*; say how"):
            AugmentationSpec(family=family).copies_per_class(classes)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"family": "softnet", "copies": {"positive": 4}},
            "copies: family softnet has 3 kinds of copies; positive asks for 4",
        ),
        ({"family": "elrcn", "copies": {"I": 13}}, "copies: family elrcn has 12 kinds of copies; I asks for 13"),
        ({"family": "softnet", "copies": {"positive": -1}}, "copies.positive: "),
        ({"family": "softnet", "copy": {}}, 'unknown key "copy"; did you mean "copies"?'),
    ],
)
def test_what_cannot_be_is_said_in_words(given, message):
    with pytest.raises(ValidationError) as caught:
        AugmentationSpec.model_validate(given)
    (line,) = mistakes_in_words(caught.value)
    assert line.startswith(message)
