"""Ready-made features: those of the published systems, by name."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ReadyFeature:
    """A feature's definition but for its alignment and flow, and where it comes from.

    Attributes
    ----------
    definition : dict
        Keys and values as in the configuration.
    source : str
    """

    definition: dict[str, Any]
    source: str


_ELRCN = {
    "kind": "flow",
    "pairs": {"tim": 10},
    "difference": "backward",
    "steps": ["encode_8bit"],
    "size": 224,
    "resize": "bilinear",
    "normalise": "none",
}
_STCNN = {"kind": "gray", "time": "slice", "size": 64, "resize": "area", "normalise": "training_set_max"}

READY = {
    "uvs28": ReadyFeature(
        {"channels": ["u", "v", "strain"], "steps": ["subtract_nose"], "size": 28},
        "STSTNet: Liong et al., FG 2019, section III-A",
    ),
    "offapex28": ReadyFeature(
        {"channels": ["u", "v"], "steps": ["subtract_nose"], "size": 28},
        "OFF-ApexNet: Gan et al., Signal Processing: Image Communication 2019, section 3.1",
    ),
    "softnet42": ReadyFeature(
        {
            "channels": ["u", "v", "strain"],
            "difference": "forward",
            "steps": ["subtract_nose", "subtract_nose_strain", "absolute", "mask_eyes"],
            "regions": ["brow_strip", "mouth_strip"],
            "size": 42,
            "resize": "bilinear",
            "normalise": "sample_min_max",
        },
        "SOFTNet: Liong et al., ICIP 2021, section 2.1; pairs: {interval: k} with the k of the dataset and type",
    ),
    "elrcn_flow224": ReadyFeature(
        {**_ELRCN, "channels": ["u", "v", "magnitude"]},
        "ELRCN: Khor et al., FG 2018, section III; 8-bit flow images of its published code",
    ),
    "elrcn_flow_strain224": ReadyFeature(
        {**_ELRCN, "channels": ["u", "v", "magnitude", "strain"]},
        "ELRCN: Khor et al., FG 2018, spatial enrichment with 4 channels",
    ),
    "elrcn_flow_strain_gray224": ReadyFeature(
        {**_ELRCN, "channels": ["u", "v", "magnitude", "strain", "gray"]},
        "ELRCN: Khor et al., FG 2018, spatial enrichment with 5 channels",
    ),
    "stcnn_gray64x18": ReadyFeature(
        {**_STCNN, "length": 18}, "MicroExpSTCNN: Reddy et al., IJCNN 2019, section IV (SMIC: the first 18 frames)"
    ),
    "stcnn_gray64x96": ReadyFeature(
        {**_STCNN, "length": 96, "start": 72},
        "MicroExpSTCNN: Reddy et al., IJCNN 2019, section IV (CAS(ME)²: frames 72 to 167)",
    ),
    "fusenet_eyes_mouth32": ReadyFeature(
        {**_STCNN, "length": 18, "size": 32, "regions": ["eyes", "nose_mouth"]},
        "MicroExpFuseNet: Reddy et al., IJCNN 2019, section III; length: 96 with start: 72 for CAS(ME)²",
    ),
    "joshi_gray128x9": ReadyFeature(
        {
            "kind": "gray",
            "time": "key_frames",
            "length": 9,
            "size": 128,
            "resize": "nearest",
            "normalise": "training_set",
        },
        "Joshi: spatio-temporal CNNs on SAMM, published code (onset, apex, offset and 3 frames between each)",
    ),
    "lbp_top": ReadyFeature(
        {"kind": "lbp_top", "length": 10},
        "Zhao and Pietikäinen, PAMI 2007; whole face, 3 × 59 bins as the baseline of ELRCN, 10 frames",
    ),
    "hoof": ReadyFeature({"kind": "hoof"}, "Chaudhry et al., CVPR 2009"),
}
"""Name → feature."""
