"""Several datasets as one: which of their clips take part."""

from collections.abc import Mapping

import pandas as pd

from mexflow.config.datasets import CompositeSpec

_NOT_IN_MEGC2019 = {
    # Two disgust clips of CASME II: one has no apex, in the other it is the onset.
    ("sub04", "EP12_01f"),
    ("sub05", "EP09_05f"),
    # Sadness, which the challenge leaves out, in the sheet of 2014; surprise in that of 2019.
    ("sub24", "EP07_01"),
    ("sub24", "EP07_04f"),
    ("sub24", "EP10_03"),
}
_MEGC2019_CASME2 = ("disgust", "repression", "happiness", "surprise")
_MEGC2018_CLASSES = ("I", "II", "III", "IV", "V")


def composite_manifest(
    spec: CompositeSpec, members: Mapping[str, pd.DataFrame], kinds: Mapping[str, str]
) -> pd.DataFrame:
    """The rows of a composite: its members' one after the other, less the clips that it leaves out.

    Parameters
    ----------
    spec : CompositeSpec
    members : mapping
        Dataset name → manifest.
    kinds : mapping
        Dataset name → kind.

    References
    ----------
    See et al., "MEGC 2019 – the second facial micro-expressions grand challenge", FG 2019: 442 clips, 68 subjects.
    Yap et al., "Facial micro-expressions grand challenge 2018 summary", FG 2018: 253 clips, 47 subjects.
    """
    parts = [table[taking_part(spec, kinds[name], table)] for name, table in members.items()]
    return pd.concat(parts, ignore_index=True)


def taking_part(spec: CompositeSpec, kind: str, table: pd.DataFrame) -> pd.Series:
    """Which rows of a member take part, as a boolean column."""
    if spec.clips == "megc2019":
        named = pd.Series(list(zip(table["subject"], table["clip"], strict=True)), index=table.index)
        in_classes = table["three_class"] != ""
        if kind == "casme2":
            in_classes &= table["emotion"].str.lower().isin(_MEGC2019_CASME2)
        return in_classes & ~(named.isin(_NOT_IN_MEGC2019) & (kind == "casme2"))
    if spec.clips == "megc2018":
        return table["objective"].isin(_MEGC2018_CLASSES)
    return pd.Series(True, index=table.index)
