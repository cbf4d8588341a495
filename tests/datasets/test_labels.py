"""Which annotated emotion and which action units fall into which class: published tables, typed off."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis.strategies import permutations, sampled_from, tuples

from mexflow.datasets.labels import classes_of, objective_class, scheme_labels, three_class

CASME = {"tense": 68, "disgust": 45, "repression": 39, "surprise": 20, "happiness": 7, "sadness": 6, "contempt": 2}
CASME |= {"fear": 2}
CASME2_2014 = {"others": 99, "disgust": 63, "happiness": 32, "repression": 27, "surprise": 25, "sadness": 7, "fear": 2}
CASME2_2019 = CASME2_2014 | {"surprise": 28, "sadness": 4}
SAMM = {"Anger": 57, "Happiness": 26, "Other": 26, "Surprise": 15, "Contempt": 12, "Disgust": 9, "Fear": 8}
SAMM |= {"Sadness": 6}
CASME3 = {"disgust": 250, "surprise": 187, "others": 158, "Others": 3, "fear": 86, "anger": 64, "sad": 57, "happy": 55}
CASME_SQ = {"negative": 126, "positive": 124, "others": 82, "surprise": 25}
SMIC_HS = {"negative": 70, "positive": 51, "surprise": 43}

# Davison et al. 2018, table 2.
OBJECTIVE_OF = {
    "I": "6; 12; 6+12; 6+7+12; 7+12",
    "II": "1+2; 5; 25; 1+2+25; 25+26; 5+24",
    "III": "23; 4; 4+7; 4+5; 4+5+7; 17+24; 4+6+7; 4+38",
    "IV": "10; 9; 4+9; 4+40; 4+5+40; 4+7+9; 4+9+17; 4+7+10; 4+5+7+9; 7+10",
    "V": "1; 15; 1+4; 6+15; 15+17",
    "VI": "1+2+4; 20",
}
UNITS = [(units, name) for name, sets in OBJECTIVE_OF.items() for units in sets.split("; ")]


def counted(kind: str, emotions: dict[str, int], scheme: str) -> dict[str, int]:
    """How many expressions of a dataset each class of a scheme has."""
    counts: Counter[str] = Counter()
    for emotion, count in emotions.items():
        counts[scheme_labels(kind, emotion, "")[scheme]] += count
    counts.pop("", None)
    return dict(counts)


@pytest.mark.parametrize(
    ("kind", "emotions", "expected"),
    [
        # Of CASME II, MEGC 2019 lists 88 negative clips: not two of disgust, nor the sad and the fearful ones.
        ("casme2", CASME2_2014, {"negative": 63 + 27 + 7 + 2, "positive": 32, "surprise": 25}),
        ("smic_hs", SMIC_HS, {"negative": 70, "positive": 51, "surprise": 43}),
        ("samm", SAMM, {"negative": 92, "positive": 26, "surprise": 15}),
        ("casme", CASME, {"negative": 45 + 39 + 6 + 2 + 2, "positive": 7, "surprise": 20}),
        ("casme_sq", CASME_SQ, {"negative": 126, "positive": 124, "surprise": 25}),
        ("casme3", CASME3, {"negative": 250 + 86 + 64 + 57, "positive": 55, "surprise": 187}),
    ],
)
def test_three_classes_are_those_of_megc_2019(kind, emotions, expected):
    assert counted(kind, emotions, "three_class") == expected


@pytest.mark.parametrize(
    ("kind", "emotions", "expected"),
    [
        ("casme2", CASME2_2014, 246),
        ("casme2", CASME2_2014 | {"disgust": 64}, 247),
        ("casme2", CASME2_2019, 249),
        ("samm", SAMM, 136),
        ("casme", CASME, 0),
        ("custom", CASME2_2014, 0),
    ],
)
def test_five_classes_hold_as_many_clips_as_published(kind, emotions, expected):
    assert sum(counted(kind, emotions, "five_class").values()) == expected


def test_the_last_of_five_classes_may_be_spelt_either_way():
    assert scheme_labels("samm", "Others", "")["five_class"] == "other"
    assert scheme_labels("casme2", "other", "")["five_class"] == "others"
    assert scheme_labels("casme", "other", "")["five_class"] == ""


def test_joshis_schemes_of_samm():
    assert counted("samm", SAMM, "binary") == {"positive": 26, "negative": 92}
    assert counted("samm", SAMM, "seven_class") == {
        "happiness": 26, "surprise": 15, "anger": 57, "fear": 8, "disgust": 9, "contempt": 12, "sadness": 6,
    }  # fmt: skip
    assert counted("casme2", CASME2_2014, "binary") == counted("casme2", CASME2_2014, "seven_class") == {}


@pytest.mark.parametrize(
    ("scheme", "kind", "emotions", "order"),
    [
        # The class numbers of ELRCN and of Joshi.
        ("five_class", "casme2", CASME2_2014, ("happiness", "disgust", "repression", "surprise", "others")),
        ("five_class", "samm", SAMM, ("anger", "contempt", "happiness", "surprise", "other")),
        (
            "seven_class",
            "samm",
            SAMM,
            ("happiness", "surprise", "anger", "fear", "disgust", "contempt", "sadness"),
        ),
        ("binary", "samm", SAMM, ("positive", "negative")),
        ("three_class", "smic_hs", SMIC_HS, ("negative", "positive", "surprise")),
    ],
)
def test_classes_have_the_published_numbers(scheme, kind, emotions, order):
    labels = [scheme_labels(kind, emotion, "")[scheme] for emotion in emotions]
    assert classes_of(scheme, labels) == classes_of(scheme, labels[::-1]) == order


@pytest.mark.parametrize(
    ("film", "name"),
    [("anger2", "angry"), ("happy5", "happy"), ("Disgust1", "disgust"), ("eatingworms", ""), ("", "")],
)
def test_the_film_tells_the_class_of_micro_exp_stcnn(film: str, name: str) -> None:
    assert scheme_labels("casme_sq", "others", "4", stimulus=film)["stimulus"] == name
    assert scheme_labels("casme2", "others", "4", stimulus=film)["stimulus"] == ""
    assert classes_of("stimulus", ["disgust", "angry", "", "happy"]) == ("angry", "happy", "disgust")


def test_the_eight_emotions_of_samm_have_the_numbers_of_elrcn():
    order = ("Anger", "Contempt", "Disgust", "Fear", "Happiness", "Other", "Sadness", "Surprise")
    assert classes_of("emotion", list(SAMM)) == order


def test_a_class_without_a_clip_has_no_number_except_in_three_class():
    assert classes_of("five_class", ["others", "", "happiness"]) == ("happiness", "others")
    assert classes_of("objective", ["VII", "II", ""]) == ("II", "VII")
    assert classes_of("three_class", ["positive"]) == ("negative", "positive", "surprise")
    assert classes_of("five_class", [""]) == ()


def test_case_and_blanks_of_an_emotion_do_not_matter():
    for word in ("Happiness", " happiness ", "HAPPINESS"):
        assert three_class(word) == "positive"
        assert scheme_labels("samm", word, "") == scheme_labels("samm", "happiness", "")


@pytest.mark.parametrize(("units", "name"), UNITS)
def test_objective_classes_are_davisons(units, name):
    assert objective_class(units) == name


@pytest.mark.parametrize("units", ["2", "99", "1+2+4+5", "12+14", "4+5+9", "14"])
def test_other_units_are_class_seven(units):
    assert objective_class(units) == "VII"


@given(
    row=sampled_from(UNITS),
    marks=tuples(*[sampled_from(["", "L", "R", "B", "T", "AU", "au "])] * 4),
    strengths=tuples(*[sampled_from(["", "A", "B", "C", "D", "E", " "])] * 4),
    order=permutations(range(4)),
    glue=sampled_from(["+", " + ", ",", "，", "+ "]),
)
def test_sides_strengths_order_and_signs_do_not_matter(row, marks, strengths, order, glue):
    units, name = row
    numbers = units.split("+")
    shuffled = [numbers[place] for place in order if place < len(numbers)]
    written = [mark + number + strength for mark, number, strength in zip(marks, shuffled, strengths, strict=False)]
    assert objective_class(glue.join(written)) == name


def test_the_shipped_class_comes_first():
    assert objective_class("12", 3) == objective_class("12", "3") == objective_class("12", 3.0) == "III"
    assert [objective_class("12", number) for number in range(1, 8)] == ["I", "II", "III", "IV", "V", "VI", "VII"]
    assert objective_class("12", " vii ") == objective_class("", "VII") == "VII"


@pytest.mark.parametrize("cell", [None, "", "?", "/", 0, 8, "VIII", "none", float("nan")])
def test_a_cell_that_names_no_class_leaves_it_to_the_units(cell):
    assert objective_class("12", cell) == "I"
    assert objective_class("?", cell) == ""
