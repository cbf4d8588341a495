"""Who is who across datasets: releases that show the same people under their own subject ids."""

import re
from collections import defaultdict
from collections.abc import Mapping

import pandas as pd

_SAME_PEOPLE = {
    "samm": "SAMM",
    "samm_lv": "SAMM",
    **dict.fromkeys(("smic_hs", "smic_vis", "smic_nir", "smic_e_hs", "smic_e_vis", "smic_e_nir"), "SMIC"),
}
"""Kind → recordings that it was taken from. Two datasets of one kind show the same people, too."""


def shared_people(members: Mapping[str, pd.DataFrame], kinds: Mapping[str, str]) -> list[str]:
    """Tell which members of a composite show the same people.

    A composite's subjects are unique per dataset, so that every split by subject puts such a person on both sides.
    The cameras of SMIC and its extended videos number the same people alike (`s4`, `s04`); SAMM Long Videos has the
    subjects of SAMM. Whether CASME II and CAS(ME)² share people is not known.

    Parameters
    ----------
    members : mapping
        Dataset name → manifest.
    kinds : mapping
        Dataset name → kind.

    Returns
    -------
    list of str
        One message per group of members, naming the people; empty if there is none.
    """
    people: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, table in members.items():
        recordings = _SAME_PEOPLE.get(kinds[name], kinds[name])
        for person in sorted({_person(subject) for subject in table["subject"]}):
            people[recordings][person].append(name)
    return [
        _message(recordings, shared)
        for recordings, datasets in people.items()
        if recordings != "demo" and (shared := {who: names for who, names in datasets.items() if len(names) > 1})
    ]


def _person(subject: str) -> str:
    number = re.search(r"\d+", subject)
    return str(int(number[0])) if number else subject


def _message(recordings: str, shared: Mapping[str, list[str]]) -> str:
    names = sorted({name for where in shared.values() for name in where})
    shown = ", ".join(list(shared)[:5]) + (", …" if len(shared) > 5 else "")
    count = "1 person" if len(shared) == 1 else f"{len(shared)} people"
    return (
        f"{' and '.join(names)} show the same people of {recordings} ({count}: number {shown}). A split by subject"
        " trains on one recording of them and tests on another. Leave one of these datasets out."
    )
