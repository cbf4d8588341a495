"""Published scores of spotting, as their papers and code pages give them."""

from typing import Final, NamedTuple


class PublishedSpotting(NamedTuple):
    """One published row on one dataset.

    Attributes
    ----------
    method : str
    kind : str
        Of the dataset.
    macro, micro, overall : float or None
        F1, 0 to 1.
    source : str
    note : str
        What a reader must know to compare.
    """

    method: str
    kind: str
    macro: float | None
    micro: float | None
    overall: float | None
    source: str
    note: str


_SOFTNET = "Liong et al., ICIP 2021"
_TUNED = "k and p were chosen on all data; videos without truth of the type do not count"
_MEGC = "He et al., baseline of MEGC 2020"

PUBLISHED_SPOTTING: Final = (
    PublishedSpotting("SOFTNet", "casme_sq", 0.2410, 0.1173, 0.2022, _SOFTNET, _TUNED),
    PublishedSpotting("SOFTNet", "samm_lv", 0.2169, 0.1520, 0.1881, _SOFTNET, _TUNED),
    PublishedSpotting("SOFTNet, released weights", "casme_sq", 0.2463, 0.0896, None, "its code page", _TUNED),
    PublishedSpotting("SOFTNet, released weights", "samm_lv", 0.1923, 0.1568, None, "its code page", _TUNED),
    PublishedSpotting("without SOFTNet", "casme_sq", 0.1615, 0.1379, 0.1551, _SOFTNET, "flow only; no code"),
    PublishedSpotting("without SOFTNet", "samm_lv", 0.1463, 0.1063, 0.1293, _SOFTNET, "flow only; no code"),
    PublishedSpotting("MDMD", "casme_sq", 0.1196, 0.0082, 0.0376, _MEGC, "nothing is trained"),
    PublishedSpotting("MDMD", "samm_lv", 0.0629, 0.0364, 0.0445, _MEGC, "nothing is trained"),
    PublishedSpotting("OF-FD", "casme_sq", 0.3782, 0.1965, 0.3436, "He, MEGC 2021", "nothing is trained"),
    PublishedSpotting("OF-FD", "samm_lv", 0.4149, 0.2162, 0.3638, "He, MEGC 2021", "nothing is trained"),
)
"""Of what runs here, and the strongest one that trains nothing."""
