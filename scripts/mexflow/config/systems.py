"""Published systems by name: everything that one line of an experiment stands for, as published and without a leak.

`as_published` repeats a system's own split, epoch choice, input and schedule, leaks included, to compare with its
paper; `leak_free` is the same network under an honest protocol, with the errors of its code put right. Definitions are
written as in the configuration and take part in it under their names, which become folders.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

from mexflow.config.spec import nearest
from mexflow.config.training import ProtocolSpec

Variant = Literal["as_published", "leak_free"]
VARIANTS: Final[tuple[Variant, ...]] = get_args(Variant)

Definition = dict[str, Any]
Sections = dict[str, dict[str, Definition]]


@dataclass(frozen=True)
class Setup:
    """One variant of a system.

    Attributes
    ----------
    feature : str
        A name of `FEATURES`.
    model : dict
        Keys and values as in the configuration.
    protocols : tuple of str
        Names of `PROTOCOLS`. One whose split is `hde` is for composites of two datasets only.
    """

    feature: str
    model: Definition
    protocols: tuple[str, ...]


@dataclass(frozen=True)
class PublishedSystem:
    """A system in its two variants.

    Attributes
    ----------
    source : str
    task : str
        What it was published for, in words.
    labels : dict
        Kind of dataset → label scheme; a composite is written "casme2+samm", kinds in alphabetical order. "*" is any
        other kind. What it does not name, the system cannot be used on.
    as_published, leak_free : Setup
    pretrained : bool
        Whether its models start from VGG-Face, given as the experiment's `weights`.
    """

    source: str
    task: str
    labels: Mapping[str, str]
    as_published: Setup
    leak_free: Setup
    pretrained: bool = False

    def setup(self, variant: Variant) -> Setup:
        """The setup of a variant."""
        return self.as_published if variant == "as_published" else self.leak_free

    def labels_on(self, kinds: Collection[str]) -> str | None:
        """The label scheme on a dataset of this kind or a composite of several; None if it cannot be used there.

        Examples
        --------
        >>> SYSTEMS["elrcn_st"].labels_on({"samm", "casme2"}), SYSTEMS["joshi_3d_binary"].labels_on({"casme2"})
        ('objective', None)
        """
        together = self.labels.get("+".join(sorted(set(kinds))))
        each = {self.labels.get(kind, self.labels.get("*")) for kind in kinds}
        return together or (each.pop() if len(each) == 1 else None)

    def leaks(self, variant: Variant) -> tuple[str, ...]:
        """Why scores of a variant flatter, over all its protocols; empty for an honest one."""
        specs = [ProtocolSpec.model_validate(PROTOCOLS[name]) for name in self.setup(variant).protocols]
        return tuple(dict.fromkeys(reason for spec in specs for reason in spec.leaks()))


ALIGNMENTS: Final[Mapping[str, Definition]] = {
    "whole_frame_64": {"mode": "whole_frame", "size": 64, "resize": "area"},
    # The videos of CAS(ME)² were decoded as RGB and converted as if they were BGR.
    "whole_frame_64_swapped": {"mode": "whole_frame", "size": 64, "resize": "area", "gray": "bt601_swapped"},
    "whole_frame_128_nearest": {"mode": "whole_frame", "size": 128, "resize": "nearest"},
    # Each frame for itself: a filter this short follows every motion.
    "per_frame_128": {"mode": "per_frame", "size": 128, "smoothing": 0.001, "on_missing_face": "carry_last"},
    "per_clip_128": {"mode": "per_clip", "size": 128},
    # Faces of the size of CASME II's cropped release; SAMM was brought to it.
    "per_clip_280x340": {"mode": "per_clip", "size": [280, 340]},
    "per_clip_140x170": {"mode": "per_clip", "size": [140, 170]},
}
FLOWS: Final[Mapping[str, Definition]] = {"tvl1_ipol": {"method": "tvl1", "preset": "ipol"}}

_ELRCN = {"alignment": "per_clip_280x340", "flow": "tvl1_ipol"}
_APEX = {"alignment": "per_clip_140x170", "flow": "tvl1_ipol"}
_WHOLE_TIME = {"alignment": "per_clip_128", "time": "tim", "start": 0}

FEATURES: Final[Mapping[str, Definition]] = {
    "stcnn_gray64x18_whole_frame": {"ready": "stcnn_gray64x18", "alignment": "whole_frame_64"},
    "stcnn_gray64x96_whole_frame": {"ready": "stcnn_gray64x96", "alignment": "whole_frame_64_swapped"},
    "stcnn_gray64x18_per_clip": {"ready": "stcnn_gray64x18", **_WHOLE_TIME},
    "stcnn_gray64x96_per_clip": {"ready": "stcnn_gray64x96", **_WHOLE_TIME},
    "fusenet_eyes_mouth32x18_per_frame": {"ready": "fusenet_eyes_mouth32", "alignment": "per_frame_128"},
    "fusenet_eyes_mouth32x96_per_frame": {
        "ready": "fusenet_eyes_mouth32",
        "alignment": "per_frame_128",
        "length": 96,
        "start": 72,
    },
    "fusenet_eyes_mouth32x18_per_clip": {"ready": "fusenet_eyes_mouth32", **_WHOLE_TIME},
    "fusenet_eyes_mouth32x96_per_clip": {"ready": "fusenet_eyes_mouth32", **_WHOLE_TIME, "length": 96},
    # Published strain is that of magnified and denoised frames; here it is of the frames that flow is computed on.
    "elrcn_flow224": {"ready": "elrcn_flow224", **_ELRCN},
    "elrcn_flow_strain224": {"ready": "elrcn_flow_strain224", **_ELRCN},
    "elrcn_flow_strain_gray224": {"ready": "elrcn_flow_strain_gray224", **_ELRCN},
    "elrcn_flow50": {"ready": "elrcn_flow224", **_ELRCN, "size": 50},
    "joshi_gray128x9_whole_frame": {
        "ready": "joshi_gray128x9",
        "alignment": "whole_frame_128_nearest",
        "normalise": "none",
    },
    "joshi_gray128x9_per_clip": {"ready": "joshi_gray128x9", "alignment": "per_clip_128"},
    # How the 8-bit images of STSTNet were scaled is not in the sources; ELRCN's encoding stands in. OpenCV reads an
    # image's channels in reverse.
    "ststnet_uvs28_8bit": {
        "ready": "uvs28",
        **_APEX,
        "channels": ["strain", "v", "u"],
        "steps": ["encode_8bit"],
        "normalise": "none",
    },
    "ststnet_uvs28": {"ready": "uvs28", **_APEX},
    "off_apexnet_uv28": {"ready": "offapex28", **_APEX},
    "lbp_top_177": {"ready": "lbp_top", "alignment": "per_clip_280x340"},
    "hoof_8": {"ready": "hoof", **_ELRCN},
}

_SHARES: Final = (20, 30, 40, 50)  # % of the clips, of Dubey's study
# The random state is that of MicroExpSTCNN's code; it alone gives the test counts of both papers (inferred for Dubey).
_BY_CLIP = {"split": "holdout", "by": "clip", "stratify": False, "random_state": 4}
_CLASS_SORTED = {"split": "holdout", "by": "clip", "test_share": 0.2, "shuffle": False, "stratify": False}
_CLASS_SORTED_LEAKS = {"scored": "all", "statistics": "all"}
_FIVE_FOLDS = {"split": "k_fold", "by": "clip", "folds": 5, "stratify": True}
_JOSHI_2D_COUNTS: Final[Mapping[str, Mapping[str, int]]] = {
    "binary": {"positive": 19, "negative": 62},
    "seven_class": {
        "happiness": 19,
        "surprise": 10,
        "anger": 41,
        "fear": 5,
        "disgust": 5,
        "contempt": 7,
        "sadness": 3,
    },
}

PROTOCOLS: Final[Mapping[str, Definition]] = {
    "loso": {"split": "loso"},
    "hde": {"split": "hde"},
    "loso_shared_optimizer": {"split": "loso", "carry_over": "optimizer"},
    "hde_shared_optimizer": {"split": "hde", "carry_over": "optimizer"},
    "holdout20_by_clip_best_on_test_all_statistics": {
        **_BY_CLIP,
        "test_share": 0.2,
        "epoch": "best_on_test",
        "statistics": "all",
    },
    "holdout20_by_clip_all_statistics": {**_BY_CLIP, "test_share": 0.2, "statistics": "all"},
    # The end of a list sorted by class: training sees no clip of CAS(ME)²'s last class. Training clips are scored, too.
    "last20_by_clip_best_on_test_all_scored": {**_CLASS_SORTED, **_CLASS_SORTED_LEAKS, "epoch": "best_on_test"},
    "last20_by_clip_all_scored": {**_CLASS_SORTED, **_CLASS_SORTED_LEAKS},
    **{
        f"holdout{share}_by_clip_best_on_test": {**_BY_CLIP, "test_share": share / 100, "epoch": "best_on_test"}
        for share in _SHARES
    },
    **{f"holdout{share}_by_clip": {**_BY_CLIP, "test_share": share / 100} for share in _SHARES},
    **{
        f"holdout{share}_by_subject": {"split": "holdout", "by": "subject", "test_share": share / 100}
        for share in _SHARES
    },
    # Published three times over, with one model object all the while: here each seed starts from a new one.
    "5fold_by_clip_augmented_first_model_kept": {**_FIVE_FOLDS, "augmentation": "before_split", "carry_over": "model"},
    "5fold_by_clip": _FIVE_FOLDS,
    **{
        f"counted_by_clip_{task}": {"split": "holdout", "by": "clip", "train_counts": dict(counts)}
        for task, counts in _JOSHI_2D_COUNTS.items()
    },
}

_REDDY = "Reddy, Karri, Dubey and Mukherjee, IJCNN 2019 (arXiv 1904.01390), and its code"
_DUBEY = "Dubey, Takkar and Lamba, Fusion: Practice and Applications 2020 (no code)"
_KHOR = "Khor, See, Phan and Lin, FG 2018 (arXiv 1805.08417), and its code"
_JOSHI = "Joshi, code published in 2021"
_LIONG = "Liong, Gan, See, Khor and Huang, FG 2019 (arXiv 1902.03634), and its code"
_GAN = "Gan, Liong, Yau, Huang and Tan, Signal Processing: Image Communication 2019 (arXiv 1805.08699)"

_BY_FILM = {"casme_sq": "stimulus"}
_THREE = {"*": "three_class"}
_ELRCN_LABELS = {
    "casme2": "five_class",
    "samm": "emotion",
    **dict.fromkeys(("smic_hs", "smic_vis", "smic_nir"), "three_class"),
    "casme2+samm": "objective",
}
_ELRCN_PUBLISHED = ("loso_shared_optimizer", "hde_shared_optimizer")
_ELRCN_HONEST = ("loso", "hde")


def _micro_exp_stcnn(frames: int) -> PublishedSystem:
    # The string "sgd" of Keras 2.0 stands for rate 0.01 without momentum. The paper says batches of 8.
    model: Definition = {"architecture": "micro_exp_stcnn", "epochs": 100, "batch_size": 16, "learning_rate": 0.01}
    model["optimizer"] = "sgd"
    return PublishedSystem(
        _REDDY,
        *_task_of(frames),
        Setup(f"stcnn_gray64x{frames}_whole_frame", model, ("holdout20_by_clip_best_on_test_all_statistics",)),
        Setup(f"stcnn_gray64x{frames}_per_clip", model, ("loso",)),
    )


def _micro_exp_fusenet(fusion: str, frames: int) -> PublishedSystem:
    # Two errors of the code are left out: on SMIC every clip of surprise is there twice, once as negative, and
    # intermediate fusion trains both streams on the mouth.
    model: Definition = {
        "architecture": "micro_exp_fusenet",
        "epochs": 100 if frames == 96 else 250,
        "batch_size": 4 if (fusion, frames) == ("intermediate", 18) else 16,
        "learning_rate": 0.01,
        "optimizer": "sgd",
    }
    activations = {"as_published": "linear", "leak_free": "relu"}
    published, honest = (
        {**model, "parameters": {"fusion": fusion, "dense_activation": activations[variant]}} for variant in VARIANTS
    )
    feature = f"fusenet_eyes_mouth32x{frames}"
    return PublishedSystem(
        _REDDY,
        *_task_of(frames),
        Setup(f"{feature}_per_frame", published, ("last20_by_clip_best_on_test_all_scored",)),
        Setup(f"{feature}_per_clip", honest, ("loso",)),
    )


def _task_of(frames: int) -> tuple[str, dict[str, str]]:
    """Of the networks of Reddy et al., which are one for each of two datasets."""
    if frames == 96:
        return "the film's 3 classes, CAS(ME)²", {**_BY_FILM, **_THREE}
    return "3 classes, SMIC-HS", _THREE


def _dubey(activation: str) -> PublishedSystem:
    # Rate, epochs and batch size are not in the paper: those of MicroExpSTCNN, whose layers it has (inferred). It
    # reports the clips that it validates on.
    model: Definition = {"architecture": "dubey_3dcnn", "parameters": {"activation": activation}, "optimizer": "sgd"}
    model |= {"epochs": 100, "batch_size": 16, "learning_rate": 0.01}
    return PublishedSystem(
        _DUBEY,
        "3 classes, SMIC-HS cropped",
        _THREE,
        Setup("stcnn_gray64x18_whole_frame", model, tuple(f"holdout{n}_by_clip_best_on_test" for n in _SHARES)),
        Setup("stcnn_gray64x18_per_clip", model, ("loso", *(f"holdout{n}_by_subject" for n in _SHARES))),
    )


def _elrcn(variant: str, feature: str) -> PublishedSystem:
    model: Definition = {"architecture": "elrcn", "epochs": 100, "batch_size": 1, "learning_rate": 1e-5, "decay": 1e-6}
    # As published each stage ends with the first epoch whose training loss is not lower; here with the inner subjects'
    # loss, at a patience of ours.
    stop = {"monitor": "training_loss", "patience": 0, "restore_best": False}
    inner_stop = {"monitor": "validation_loss", "patience": 3}
    published = {**model, "parameters": {"variant": variant, "pixels": "raw", "layout_bug": True, "sigmoid": True}}
    honest = {**model, "parameters": {"variant": variant}}
    spatial = {"epochs": 100, "batch_size": 1}
    protocols = _ELRCN_PUBLISHED
    if variant == "nofine":
        # Nothing is trained but a support vector machine on VGG-Face's vectors: no optimizer to share.
        published["spatial"] = honest["spatial"] = spatial
        protocols = _ELRCN_HONEST
    elif variant != "t":
        published["spatial"] = {**spatial, "early_stopping": stop}
        honest |= {"spatial": {**spatial, "early_stopping": inner_stop}, "validation": {"share": 0.2, "by": "subject"}}
    return PublishedSystem(
        _KHOR,
        "5 classes, CASME II; CDE and HDE, CASME II and SAMM",
        _ELRCN_LABELS,
        Setup(feature, published, protocols),
        Setup(feature, honest, _ELRCN_HONEST),
        pretrained=variant not in {"t", "st4se", "st5se"},
    )


def _joshi(kind: str, task: str) -> PublishedSystem:
    parameters: dict[str, Any] = {"variant": task}
    model: Definition = {"architecture": f"joshi_{kind}", "epochs": 25, "batch_size": 16, "learning_rate": 0.003}
    model |= {"plateau": {"monitor": "validation_loss", "factor": 0.5, "patience": 3, "least": 1e-4}}
    share, protocol = 0.27, "5fold_by_clip_augmented_first_model_kept"
    votes: dict[str, Definition] = {variant: {} for variant in VARIANTS}
    if kind == "2d":
        # As published 25 % of the single frames validate, so that frames of one clip train and validate, and a clip is
        # right if 5 of its 9 frames are: of two classes that is plurality, of seven it is less.
        model |= {"batch_size": 128, "learning_rate": 0.0035}
        share, protocol = 0.25, f"counted_by_clip_{task}"
        votes = {"as_published": {"vote": "plurality"}, "leak_free": {"vote": "mean_probability"}}
    if kind != "2d" or task == "seven_class":
        model["augmentation"] = {"family": "joshi_frames" if kind == "2d" else "joshi_volumes"}
    depth = {"kernel_depth": 1} if kind == "3d" else {}
    published = {**model, **votes["as_published"], "parameters": parameters | depth}
    honest = {**model, **votes["leak_free"], "parameters": parameters}
    published["validation"] = {"share": share, "by": "clip"}
    honest["validation"] = {"share": share, "by": "subject"}
    return PublishedSystem(
        _JOSHI,
        f"{'positive or negative' if task == 'binary' else '7 classes'}, SAMM",
        {"samm": task},
        Setup("joshi_gray128x9_whole_frame", published, (protocol,)),
        Setup("joshi_gray128x9_per_clip", honest, ("loso",)),
    )


def _apex_network(source: str, model: Definition, published: str, honest: str) -> PublishedSystem:
    """A network on the flow between onset and apex. Its paper's protocol has no leak: both variants have the same."""
    task = "3 classes, CASME II, SMIC-HS and SAMM"
    return PublishedSystem(source, task, _THREE, Setup(published, model, ("loso",)), Setup(honest, model, ("loso",)))


def _descriptor_svm(feature: str, source: str) -> PublishedSystem:
    # ELRCN's script for LBP-TOP counts the first clip of each subject among those of the subject before; the folds
    # here are right in both variants.
    setup = Setup(feature, {"architecture": "svm", "parameters": {"kernel": "linear", "c": 10000.0}}, _ELRCN_HONEST)
    labels = {**_THREE, **_ELRCN_LABELS, "casme2+samm+smic_hs": "three_class"}
    return PublishedSystem(source, "baseline of CDE, HDE and MEGC 2019", labels, setup, setup)


def _svm_beside(system: PublishedSystem, kernel: str, protocols: tuple[str, ...]) -> PublishedSystem:
    """A support vector machine on what a network sees, on the same clips; protocols say how it does as published."""
    model = {"architecture": "svm", "parameters": {"kernel": kernel}}
    published = replace(system.as_published, model=model, protocols=protocols)
    return replace(
        system,
        source="ours, beside the networks",
        as_published=published,
        leak_free=replace(system.leak_free, model=model),
        pretrained=False,
    )


_NETWORKS: Final[dict[str, PublishedSystem]] = {
    **{f"micro_exp_stcnn_{frames}": _micro_exp_stcnn(frames) for frames in (18, 96)},
    **{
        f"micro_exp_fusenet_{fusion}_{frames}": _micro_exp_fusenet(fusion, frames)
        for fusion in ("intermediate", "late")
        for frames in (18, 96)
    },
    **{f"dubey_{activation}": _dubey(activation) for activation in ("relu", "swish")},
    **{
        f"elrcn_{variant}": _elrcn(variant, feature)
        for variant, feature in {
            **dict.fromkeys(("st", "s", "nofine", "scratch"), "elrcn_flow224"),
            "t": "elrcn_flow50",
            **dict.fromkeys(("st4se", "st4te"), "elrcn_flow_strain224"),
            **dict.fromkeys(("st5se", "st5te"), "elrcn_flow_strain_gray224"),
        }.items()
    },
    **{
        f"joshi_{kind}_{task}": _joshi(kind, task)
        for kind in ("2d", "3d", "lstm", "convlstm")
        for task in ("binary", "seven_class")
    },
    "ststnet": _apex_network(
        _LIONG,
        {"architecture": "ststnet", "epochs": 500, "batch_size": 256, "learning_rate": 5e-5},
        "ststnet_uvs28_8bit",
        "ststnet_uvs28",
    ),
    # Rate and "thousands" of epochs are from memory, their number and the size of batches ours.
    "off_apexnet": _apex_network(
        _GAN,
        {"architecture": "off_apexnet", "epochs": 3000, "batch_size": 256, "learning_rate": 1e-4},
        "off_apexnet_uv28",
        "off_apexnet_uv28",
    ),
}

# Family → the network whose input it is, and its protocols as published less what only a training in epochs has.
_MACHINES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "micro_exp_stcnn_18": ("micro_exp_stcnn_18", ("holdout20_by_clip_all_statistics",)),
    "micro_exp_stcnn_96": ("micro_exp_stcnn_96", ("holdout20_by_clip_all_statistics",)),
    "micro_exp_fusenet_18": ("micro_exp_fusenet_late_18", ("last20_by_clip_all_scored",)),
    "micro_exp_fusenet_96": ("micro_exp_fusenet_late_96", ("last20_by_clip_all_scored",)),
    "dubey": ("dubey_relu", tuple(f"holdout{share}_by_clip" for share in _SHARES)),
    # That of 224 px has 1.4 million numbers per clip, which no memory holds as a machine needs them.
    "elrcn": ("elrcn_t", _ELRCN_HONEST),
    "joshi_binary": ("joshi_3d_binary", ("5fold_by_clip",)),
    "joshi_seven_class": ("joshi_3d_seven_class", ("5fold_by_clip",)),
    "ststnet": ("ststnet", ("loso",)),
    "off_apexnet": ("off_apexnet", ("loso",)),
}

SYSTEMS: Final[Mapping[str, PublishedSystem]] = {
    **_NETWORKS,
    "lbp_top_svm": _descriptor_svm("lbp_top_177", "Zhao and Pietikäinen, PAMI 2007; settings of ELRCN's code"),
    "hoof_svm": _descriptor_svm("hoof_8", "Chaudhry et al., CVPR 2009"),
    **{
        f"{family}_svm_{kernel}": _svm_beside(_NETWORKS[network], kernel, protocols)
        for family, (network, protocols) in _MACHINES.items()
        for kernel in ("linear", "rbf")
    },
}
"""Name → system."""


def checked_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of systems as they are.

    Raises
    ------
    ValueError
        If one is unknown, naming the nearest.
    """
    unknown = [name for name in names if name not in SYSTEMS]
    if unknown:
        raise ValueError("\n".join(f'no system is named "{name}"{nearest(name, SYSTEMS)}' for name in unknown))
    return names


def model_name(system: str, variant: Variant) -> str:
    """The name under which a system's model takes part in the configuration."""
    return f"{system}_{variant}"


def definitions(name: str, variant: Variant, weights: Path | None = None) -> Sections:
    """Section → name → definition: what one variant of a system needs in the configuration.

    Parameters
    ----------
    name : str
        A name of `SYSTEMS`.
    variant : str
    weights : Path, optional
        A VGG-Face file, for systems that start from one; the others leave it alone.
    """
    system = SYSTEMS[name]
    setup = system.setup(variant)
    feature = FEATURES[setup.feature]
    model = setup.model
    if weights is not None and system.pretrained:
        model = {**model, "parameters": {**model.get("parameters", {}), "weights": str(weights)}}
    flow = feature.get("flow")
    return {
        "alignments": {feature["alignment"]: ALIGNMENTS[feature["alignment"]]},
        "flows": {flow: FLOWS[flow]} if flow else {},
        "features": {setup.feature: feature},
        "models": {model_name(name, variant): model},
        "protocols": {protocol: PROTOCOLS[protocol] for protocol in setup.protocols},
    }
