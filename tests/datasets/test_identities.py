"""People who are in two datasets under two names."""

import pandas as pd
import pytest

from mexflow.datasets.identities import shared_people


def tables(**subjects: list[str]) -> dict[str, pd.DataFrame]:
    return {name: pd.DataFrame({"subject": ids}) for name, ids in subjects.items()}


@pytest.mark.parametrize(
    ("first", "second", "ids", "other_ids", "people"),
    [
        ("samm", "samm_lv", ["006", "007"], ["007", "008"], ["7"]),
        ("smic_hs", "smic_vis", ["s1", "s11"], ["s11", "s12"], ["11"]),
        ("smic_hs", "smic_nir", ["s20"], ["s20"], ["20"]),
        ("smic_hs", "smic_e_hs", ["s4", "s11"], ["s04", "s11"], ["4", "11"]),
        ("casme2", "casme2", ["sub01"], ["sub01"], ["1"]),
    ],
)
def test_people_in_two_releases_are_named(
    first: str, second: str, ids: list[str], other_ids: list[str], people: list[str]
) -> None:
    (message,) = shared_people(tables(one=ids, two=other_ids), {"one": first, "two": second})
    assert "one and two" in message
    assert all(f"{person}" in message.partition("number")[2] for person in people)
    assert ("1 person" if len(people) == 1 else f"{len(people)} people") in message


@pytest.mark.parametrize(
    ("first", "second"), [("casme2", "samm"), ("smic_hs", "samm_lv"), ("casme2", "casme_sq"), ("demo", "demo")]
)
def test_the_same_number_in_unrelated_datasets_is_another_person(first: str, second: str) -> None:
    assert shared_people(tables(one=["6"], two=["006"]), {"one": first, "two": second}) == []


def test_releases_of_the_same_people_that_do_not_meet_are_fine() -> None:
    members = tables(one=["s1", "s2"], two=["s11", "s12"])
    assert shared_people(members, {"one": "smic_hs", "two": "smic_vis"}) == []
