"""The published variants of every architecture: how each is set, what it takes, how large it is, where it is from.

Told without Keras, whose import takes seconds. The parameters are those that make the published layers; how the
published code read its input (ELRCN's `pixels` and `layout_bug`) is left at its default.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PublishedModel:
    """One variant of an architecture.

    Attributes
    ----------
    architecture : str
        Its module in `mexflow.models`.
    source : str
        Publication and section, or what else the layers are from.
    input_shape : tuple of int
        Of one sample, channels last.
    classes : int
    weights : int or None
        Numbers in the network for so many classes, running means and variances included; None where the classifier's
        size follows the training samples.
    feature : dict
        A feature of such samples as in the configuration, but for its alignment and flow. `joshi_2d` takes its frames
        one by one.
    parameters : dict
        What to set, as in the configuration.
    """

    architecture: str
    source: str
    input_shape: tuple[int, ...]
    classes: int
    weights: int | None
    feature: dict[str, Any]
    parameters: dict[str, Any] = field(default_factory=dict)


_REDDY = "Reddy et al., IJCNN 2019 (arXiv 1904.01390), section III"
_STCNN = f"MicroExpSTCNN: {_REDDY} and table I"
_FUSENET = f"MicroExpFuseNet: {_REDDY}, with the linear dense layers of its code"
_DUBEY = "Dubey, Takkar and Lamba, Fusion: Practice and Applications 2020, study of activations"
_ELRCN = "ELRCN: Khor et al., FG 2018 (arXiv 1805.08417), section III, and the flags of its code"
_ELRCN_2 = "ELRCN: Khor et al., FG 2018 (arXiv 1805.08417), search over the layers of the temporal module"
_JOSHI = "Joshi: code of 2021 for SAMM, final version"
_JOSHI_2D = f"{_JOSHI}; single frames, a clip is recognised by their vote"
_JOSHI_3 = f"{_JOSHI}, but kernels that span three frames, as in its first version, where the final one's span one"
_STSTNET = "STSTNet: Liong et al., FG 2019 (arXiv 1902.03634), table I"
_STSTNET_400 = "STSTNet, re-implementations that read the table's FC 400 as a dense layer"
_STSTNET_TORCH = "STSTNet, its authors' PyTorch code"
_OFF_APEXNET = "OFF-ApexNet: Gan et al., Signal Processing: Image Communication 2019 (arXiv 1805.08699)"
_SVM_ELRCN = "Baseline of ELRCN: Khor et al., FG 2018 (arXiv 1805.08417), and its code"
_SVM_RBF = "LIBSVM: Chang and Lin, ACM TIST 2011"

_GRAY_18, _GRAY_96 = {"ready": "stcnn_gray64x18"}, {"ready": "stcnn_gray64x96"}
_REGIONS_18 = {"ready": "fusenet_eyes_mouth32"}
_REGIONS_96 = {**_REGIONS_18, "length": 96, "start": 72}
_KEY_FRAMES = {"ready": "joshi_gray128x9"}
_FLOW = {"ready": "elrcn_flow224"}
_FLOW_STRAIN = {"ready": "elrcn_flow_strain224"}
_FLOW_STRAIN_GRAY = {"ready": "elrcn_flow_strain_gray224"}
_GRAY_STACK = {"kind": "gray", "time": "tim", "length": 9, "size": 224, "normalise": "none"}
_UVS = {"ready": "uvs28"}

_INTERMEDIATE = {"fusion": "intermediate", "dense_activation": "linear"}
_LATE = {"fusion": "late", "dense_activation": "linear"}
_BINARY, _SEVEN = {"variant": "binary"}, {"variant": "seven_class"}


def _elrcn(variant: str) -> dict[str, Any]:
    return {"variant": variant, "sigmoid": True}


CATALOGUE = (
    PublishedModel("micro_exp_stcnn", _STCNN, (96, 64, 64, 1), 3, 44_241_667, _GRAY_96),
    PublishedModel("micro_exp_stcnn", _STCNN, (18, 64, 64, 1), 3, 1_643_267, _GRAY_18),
    PublishedModel("micro_exp_fusenet", _FUSENET, (96, 32, 32, 2), 3, 177_088_515, _REGIONS_96, _INTERMEDIATE),
    PublishedModel("micro_exp_fusenet", _FUSENET, (18, 32, 32, 2), 3, 6_694_915, _REGIONS_18, _INTERMEDIATE),
    PublishedModel("micro_exp_fusenet", _FUSENET, (96, 32, 32, 2), 3, 177_221_123, _REGIONS_96, _LATE),
    PublishedModel("micro_exp_fusenet", _FUSENET, (18, 32, 32, 2), 3, 6_827_523, _REGIONS_18, _LATE),
    PublishedModel("dubey_3dcnn", _DUBEY, (18, 64, 64, 1), 3, 1_643_267, _GRAY_18, {"activation": "relu"}),
    PublishedModel("dubey_3dcnn", _DUBEY, (18, 64, 64, 1), 3, 1_643_267, _GRAY_18, {"activation": "swish"}),
    PublishedModel("elrcn", _ELRCN, (9, 224, 224, 3), 5, 219_809_317, _FLOW, _elrcn("st")),
    PublishedModel("elrcn", _ELRCN, (9, 224, 224, 3), 5, 134_281_029, _FLOW, {"variant": "s"}),
    PublishedModel("elrcn", _ELRCN, (9, 50, 50, 3), 5, 126_396_773, {**_FLOW, "size": 50}, _elrcn("t")),
    PublishedModel("elrcn", _ELRCN, (9, 224, 224, 3), 5, 134_281_029, _FLOW, {"variant": "nofine"}),
    PublishedModel("elrcn", _ELRCN, (9, 224, 224, 3), 5, 219_809_317, _FLOW, _elrcn("scratch")),
    PublishedModel("elrcn", _ELRCN, (9, 224, 224, 4), 5, 219_809_893, _FLOW_STRAIN, _elrcn("st4se")),
    PublishedModel("elrcn", _ELRCN, (9, 224, 224, 5), 5, 219_810_469, _FLOW_STRAIN_GRAY, _elrcn("st5se")),
    PublishedModel("elrcn", _ELRCN, (9, 224, 224, 4), 5, 403_221_861, _FLOW_STRAIN, _elrcn("st4te")),
    PublishedModel("elrcn", _ELRCN, (9, 224, 224, 5), 5, 586_634_405, _FLOW_STRAIN_GRAY, _elrcn("st5te")),
    PublishedModel("elrcn", _ELRCN, (9, 224, 224, 1), 5, 134_284_485, _GRAY_STACK, {"variant": "sf"}),
    PublishedModel("elrcn", _ELRCN_2, (9, 224, 224, 3), 5, 291_821_317, _FLOW, _elrcn("st") | {"lstm_layers": 2}),
    PublishedModel("joshi_2d", _JOSHI_2D, (128, 128, 1), 2, 3_706_050, _KEY_FRAMES, _BINARY),
    PublishedModel("joshi_2d", _JOSHI_2D, (128, 128, 1), 7, 19_678_983, _KEY_FRAMES, _SEVEN),
    PublishedModel("joshi_3d", _JOSHI, (9, 128, 128, 1), 2, 18_718_506, _KEY_FRAMES, _BINARY | {"kernel_depth": 1}),
    PublishedModel("joshi_3d", _JOSHI, (9, 128, 128, 1), 7, 16_608_391, _KEY_FRAMES, _SEVEN | {"kernel_depth": 1}),
    PublishedModel("joshi_3d", _JOSHI_3, (9, 128, 128, 1), 2, 10_535_850, _KEY_FRAMES, _BINARY | {"kernel_depth": 3}),
    PublishedModel("joshi_3d", _JOSHI_3, (9, 128, 128, 1), 7, 9_273_031, _KEY_FRAMES, _SEVEN | {"kernel_depth": 3}),
    PublishedModel("joshi_lstm", _JOSHI, (9, 128, 128, 1), 2, 7_396_682, _KEY_FRAMES, _BINARY),
    PublishedModel("joshi_lstm", _JOSHI, (9, 128, 128, 1), 7, 7_396_807, _KEY_FRAMES, _SEVEN),
    PublishedModel("joshi_convlstm", _JOSHI, (9, 128, 128, 1), 2, 54_905_746, _KEY_FRAMES, _BINARY),
    PublishedModel("joshi_convlstm", _JOSHI, (9, 128, 128, 1), 7, 73_195_271, _KEY_FRAMES, _SEVEN),
    PublishedModel("ststnet", _STSTNET, (28, 28, 3), 3, 1_651, _UVS),
    PublishedModel("ststnet", _STSTNET_400, (28, 28, 3), 3, 162_051, _UVS, {"dense_units": 400}),
    PublishedModel("ststnet", _STSTNET_TORCH, (28, 28, 3), 3, 1_715, _UVS, {"batch_norm": True, "dropout": 0.5}),
    PublishedModel("off_apexnet", _OFF_APEXNET, (28, 28, 2), 3, 2_664_475, {"ready": "offapex28"}),
    PublishedModel("svm", _SVM_ELRCN, (177,), 5, None, {"ready": "lbp_top"}, {"kernel": "linear", "c": 10_000}),
    PublishedModel("svm", _SVM_RBF, (177,), 5, None, {"ready": "lbp_top"}, {"kernel": "rbf"}),
)
"""Every variant, those of one architecture together, in the order of the table that describes them."""
