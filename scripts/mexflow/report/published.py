"""Published figures, as their papers and code pages give them, and which of our metrics each compares with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from mexflow.config.configuration import Configuration
from mexflow.config.paper_tables import TabledRun, TableName
from mexflow.config.systems import SYSTEMS

Leak = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Figure:
    """One published row.

    Attributes
    ----------
    method : str
        As its paper calls it.
    data : str
        As of `mexflow.config.paper_tables.TabledRun`; "megc2019/casme2" is that part of a composite's test.
    metrics : dict
        Metric of ours (`mexflow.evaluation.recognition.METRICS`, or `absolute_majority`) → published value, 0 to 1.
    source : str
    setting : str
        What else tells tests on the same data apart: "80/20".
    systems : tuple of str
        Systems of ours that it is the figure of.
    leak : str
        Whether test data reached the training or the choice of epochs, as far as it is known.
    note : str
    confusion : tuple of tuples of int
        The published confusion matrix, rows truth, if there is one.
    """

    method: str
    data: str
    metrics: Mapping[str, float]
    source: str
    setting: str = ""
    systems: tuple[str, ...] = ()
    leak: Leak = "unknown"
    note: str = ""
    confusion: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Column:
    """A metric of a table: its key in scores, how the table calls it, what a reader must know of it.

    Only systems whose names begin with `systems` have it.
    """

    metric: str
    label: str
    note: str
    systems: str = ""


@dataclass(frozen=True)
class PaperTable:
    """A table of published figures beside ours.

    Attributes
    ----------
    title : str
    systems : tuple of str
        Beginnings of the names of systems that belong to it.
    data : tuple of str
        What it is of; runs on other data do not belong to it. Their order is that of the table.
    columns : tuple of Column
    figures : tuple of Figure
    settings : dict
        Protocol, or label scheme → setting; where neither is named there is none.
    """

    title: str
    systems: tuple[str, ...]
    data: tuple[str, ...]
    columns: tuple[Column, ...]
    figures: tuple[Figure, ...]
    settings: Mapping[str, str] = field(default_factory=dict)

    def setting(self, protocol: str, labels: str) -> str:
        """The setting that a protocol stands for, or else a label scheme."""
        return self.settings.get(protocol, self.settings.get(labels, ""))


DATA: Final[Mapping[str, str]] = {
    "smic_hs": "SMIC-HS",
    "casme_sq": "CAS(ME)²",
    "casme2": "CASME II",
    "samm": "SAMM",
    "megc2018": "CASME II and SAMM (MEGC 2018)",
    "megc2019": "CASME II, SMIC-HS and SAMM (MEGC 2019)",
    "megc2019/smic_hs": "MEGC 2019, clips of SMIC-HS",
    "megc2019/casme2": "MEGC 2019, clips of CASME II",
    "megc2019/samm": "MEGC 2019, clips of SAMM",
}
"""What a table's data is called."""

_WAR = Column("war", "Accuracy", "The share of clips predicted rightly (WAR).")
_UF1 = Column("uf1", "UF1", "The mean of the classes' F1, from one confusion matrix of all folds together.")
_UAR = Column("uar", "UAR", "The mean of the classes' recall, from the same matrix.")
_HARMONIC = Column(
    "f1_harmonic",
    "F1 (harmonic)",
    "The harmonic mean of macro precision and macro recall: what ELRCN and STSTNet call F1. Never below UF1.",
)

_REDDY = "Reddy et al., IJCNN 2019"
_ALL_SCORED = "The figure is the accuracy on all clips, those trained on included: "


def _reddy() -> Iterator[Figure]:
    confusions = {
        "casme_sq": ((19, 1, 1), (0, 11, 1), (1, 1, 6)),  # happy, angry, disgust
        "smic_hs": ((14, 0, 5), (2, 2, 2), (1, 0, 6)),
    }
    rows = {
        ("micro_exp_stcnn", "MicroExpSTCNN"): ((0.8780, "82.20 ± 5.02", ""), (0.6875, "62.50 ± 2.55", "")),
        ("micro_exp_fusenet_intermediate", "Intermediate MicroExpFuseNet"): (
            (0.8325, "78.57 ± 5.78", f"{_ALL_SCORED}169 of 203. "),
            (0.5477, "51.20 ± 3.56", f"{_ALL_SCORED}109 of 199, clips of surprise twice. "),
        ),
        ("micro_exp_fusenet_late", "Late MicroExpFuseNet"): (
            (0.7931, "73.20 ± 3.87", f"{_ALL_SCORED}161 of 203. "),
            (0.6482, "59.95 ± 3.19", f"{_ALL_SCORED}129 of 199, clips of surprise twice. "),
        ),
    }
    for (system, method), values in rows.items():
        for (data, frames), (value, late, forensics) in zip((("casme_sq", 96), ("smic_hs", 18)), values, strict=True):
            yield Figure(
                method,
                data,
                {"war": value},
                _REDDY,
                systems=(f"{system}_{frames}",),
                leak="yes",
                note=f"{forensics}Best epoch; over epochs 91 to 100 the paper has {late} %.",
                confusion=confusions[data] if system == "micro_exp_stcnn" else (),
            )
    ablation = {
        "3×3": {3: 0.8293, 7: 0.8049, 19: 0.2927},
        "5×5": {3: 0.6330, 7: 0.5854, 15: 0.5122, 19: 0.2927},
        "7×7": {3: 0.7073, 7: 0.5122, 15: 0.2927, 19: 0.5122},
    }
    for size, depths in ablation.items():
        for depth, value in depths.items():
            yield Figure(f"MicroExpSTCNN, kernels of {size}×{depth}", "casme_sq", {"war": value}, _REDDY, leak="yes")
    for method, data, value in (
        ("CNN with augmentation", "casme_sq", 0.7802),
        ("LBP-TOP", "smic_hs", 0.4272),
        ("STCLQP", "smic_hs", 0.6402),
        ("3D-FCNN", "smic_hs", 0.5549),
    ):
        yield Figure(method, data, {"war": value}, f"other work, as listed in {_REDDY}")


_SETTINGS: Final = ("80/20", "70/30", "60/40", "50/50")


def _dubey() -> Iterator[Figure]:
    # Accuracy (%) in training and in validation, for each setting.
    rows = {
        "relu": ((67, 62.5), (69.9, 54.1), (64.8, 42.1), (67, 48.1)),
        "swish": ((68, 62), (63.6, 56.2), (61.7, 47.7), (64.5, 53.1)),
    }
    confusions = {
        "relu": ((14, 1, 6), (1, 2, 0), (4, 0, 4)),
        "swish": ((14, 4, 3), (1, 2, 0), (4, 0, 4)),
    }
    for activation, values in rows.items():
        for setting, (train, validated) in zip(_SETTINGS, values, strict=True):
            first = setting == "80/20"
            words = " Of its 32 test clips 21 are negative: always saying so gives .656." if first else ""
            yield Figure(
                f"3D-CNN, {'ReLU' if activation == 'relu' else 'Swish'}",
                "smic_hs",
                {"war": round(validated / 100, 3)},
                "Dubey et al., 2020",
                setting=setting,
                systems=(f"dubey_{activation}",),
                leak="yes",
                note=f"Validation, which is the test; in training {train:g} %.{words}",
                confusion=confusions[activation] if first else (),
            )


def _elrcn() -> Iterator[Figure]:
    code = "Khor et al., FG 2018, page of its code"
    challenge = "Yap et al., MEGC 2018 summary"
    yield Figure(
        "ELRCN, temporal enrichment",
        "casme2",
        {"f1_harmonic": 0.49997, "war": 0.52439, "uar": 0.43959},
        code,
        setting="LOSO",
        systems=("elrcn_st4te", "elrcn_st5te"),
        leak="yes",
        note="129 of 246 clips. Whether with two or three streams is not said.",
    )
    unstated = "Of which variant is not said."
    values = {"f1_harmonic": 0.4107, "war": 0.57, "uar": 0.39}
    yield Figure("ELRCN, CDE", "megc2018", values, code, "LOSO", leak="yes", note=unstated)
    yield Figure(
        "ELRCN, HDE",
        "megc2018",
        {"f1_harmonic": 0.3411, "war": 0.43454, "uar": 0.3522},
        code,
        setting="HDE",
        leak="yes",
        note=f"{unstated} Accuracy is the mean of 33 of 68 clips and 71 of 185.",
    )
    yield Figure("ELRCN, CDE", "megc2018", {"uf1": 0.39, "weighted_f1": 0.52}, "Khor et al., FG 2018", "LOSO")
    for method, uf1, weighted, systems in (
        ("LBP-TOP", 0.40, 0.52, ("lbp_top_svm",)),
        ("HOOF", 0.40, 0.53, ("hoof_svm",)),
        ("3D-HOG", 0.27, 0.44, ()),
    ):
        values = {"uf1": uf1, "weighted_f1": weighted}
        yield Figure(method, "megc2018", values, challenge, "LOSO", systems)
    peng = "Transfer of ResNet10 (winner)"
    yield Figure(peng, "megc2018", {"uf1": 0.64, "weighted_f1": 0.73}, "Peng et al., MEGC 2018", "LOSO")
    yield Figure(peng, "megc2018", {"war": 0.561, "uar": 0.389}, "Peng et al., MEGC 2018", "HDE")
    yield Figure("ELBPTOP", "megc2018", {"uf1": 0.64, "weighted_f1": 0.71}, "its paper", "LOSO")
    meb = "Varanka et al., meb"
    yield Figure("SSSNet", "megc2018", {"uf1": 0.693, "weighted_f1": 0.698}, meb, "LOSO", leak="no", note="Five seeds.")
    both = "Mean of .383 and .365, one for each direction."
    yield Figure("SSSNet", "megc2018", {"uar": 0.374}, meb, "HDE", leak="no", note=both)


_CHALLENGE_PARTS: Final = ("megc2019", "megc2019/smic_hs", "megc2019/casme2", "megc2019/samm")
_COMPARED: Final = "as listed by HTNet, table 2 (arXiv 2307.14637)"
_RERUN: Final = "Re-run by the paper of STSTNet, whose UAR is macro precision; whether this one is, too, is not known."

# UF1/UAR on all clips and on those of SMIC, CASME II and SAMM; leak, note.
_CHALLENGE: Final[Mapping[str, tuple[str, Leak, str]]] = {
    "LBP-TOP (baseline)": (".5882/.5785 .2000/.5280 .7026/.7429 .3954/.4102", "no", ""),
    "Bi-WOOF": (".6296/.6227 .5727/.5829 .7805/.8026 .5211/.5139", "unknown", _RERUN),
    "AlexNet": (".6933/.7154 .6201/.6373 .7994/.8312 .6104/.6642", "unknown", _RERUN),
    "SqueezeNet": (".5930/.6166 .5381/.5603 .6894/.7278 .5039/.5362", "unknown", _RERUN),
    "GoogLeNet": (".5573/.6049 .5123/.5511 .5989/.6414 .5124/.5992", "unknown", _RERUN),
    "VGG16": (".6425/.6516 .5800/.5964 .8166/.8202 .4870/.4793", "unknown", _RERUN),
    "CapsuleNet": (".6520/.6506 .5820/.5877 .7068/.7018 .6209/.5989", "yes", ""),
    "Dual-Inception": (".7322/.7278 .6645/.6726 .8621/.8560 .5868/.5663", "unknown", ""),
    "EMR (winner)": (".7885/.7824 .7461/.7530 .8293/.8209 .7754/.7152", "yes", "UF1 .59 without the leak."),
    "RCN": (".7432/.7190 .6326/.6441 .8512/.8123 .7601/.6715", "unknown", ""),
    "FeatRef": (".7838/.7832 .7011/.7083 .8915/.8873 .7372/.7155", "unknown", ""),
    "HTNet": (".8603/.8475 .8049/.7905 .9532/.9516 .8131/.8124", "yes", "Users of its code get UF1 .648 to .655."),
    "Ra-ICL": (".8805/.8911 .8179/– .9620/– .8668/.8885", "unknown", ""),
    "CausalNet": (".8976/.9020 .8390/.8452 .9811/.9858 .8780/.8582", "yes", ""),
    "SOFP": (".9284/.9293 –/– –/– –/–", "unknown", ""),
}


def _megc2019() -> Iterator[Figure]:
    liong = "Liong et al., FG 2019"
    note = "Its UAR is macro precision: it contradicts the paper's own confusion matrix."
    rows = {
        "megc2019": {"uf1": 0.7353, "macro_precision": 0.7605, "war": 0.7692, "f1_harmonic": 0.7389},
        "megc2019/smic_hs": {"uf1": 0.6801, "macro_precision": 0.7013},
        "megc2019/casme2": {"uf1": 0.8382, "macro_precision": 0.8686},
        "megc2019/samm": {"uf1": 0.6588, "macro_precision": 0.6810},
    }
    for data, values in rows.items():
        yield Figure("STSTNet", data, values, liong, systems=("ststnet",), leak="no", note=note)
    port = "STSTNet, the authors' port to PyTorch"
    values = {"uf1": 0.7209, "uar": 0.725}
    yield Figure(port, "megc2019", values, "its code page", leak="no", note="800 epochs; UAR is recall.")
    meb = "re-run by Varanka et al., meb"
    best = "The epoch that is best on the left-out subject."
    yield Figure("STSTNet", "megc2019", {"uf1": 0.7127}, meb, leak="no")
    yield Figure("STSTNet", "megc2019", {"uf1": 0.7740}, meb, leak="yes", note=best)
    apex = {
        "megc2019": {"uf1": 0.7196, "uar": 0.7096, "war": 0.7460},
        "megc2019/smic_hs": {"uf1": 0.6817, "uar": 0.6695},
        "megc2019/casme2": {"uf1": 0.8764, "uar": 0.8681},
        "megc2019/samm": {"uf1": 0.5409, "uar": 0.5392},
    }
    f_measure = " Its F-measure, .7104, is not set beside ours: which it is is not known."
    for data, values in apex.items():
        words = _RERUN + (f_measure if "war" in values else "")
        yield Figure(
            "OFF-ApexNet", data, values, f"Gan et al., 2019, and {liong}", systems=("off_apexnet",), note=words
        )
    yield Figure("OFF-ApexNet", "megc2019", {"uf1": 0.7032}, meb, leak="no")
    yield Figure("OFF-ApexNet", "megc2019", {"uf1": 0.8390}, meb, leak="yes", note=best)
    yield Figure("SSSNet", "megc2019", {"uf1": 0.739}, "Varanka et al., meb", leak="no", note="Five seeds.")
    for method, (written, leak, words) in _CHALLENGE.items():
        systems = ("lbp_top_svm",) if method.startswith("LBP-TOP") else ()
        for data, pair in zip(_CHALLENGE_PARTS, written.split(), strict=True):
            given = {key: float(one) for key, one in zip(("uf1", "uar"), pair.split("/"), strict=True) if one != "–"}
            if given:
                yield Figure(method, data, given, _COMPARED, systems=systems, leak=leak, note=words)


def _shares(form: str) -> dict[str, str]:
    return {form.format(share): setting for share, setting in zip((20, 30, 40, 50), _SETTINGS, strict=True)}


_ELRCN_SETTINGS: Final = {
    **dict.fromkeys(("loso", "loso_shared_optimizer"), "LOSO"),
    **dict.fromkeys(("hde", "hde_shared_optimizer"), "HDE"),
}

TABLES: Final[Mapping[TableName, PaperTable]] = {
    "stcnn": PaperTable(
        "MicroExpSTCNN and MicroExpFuseNet",
        ("micro_exp_",),
        ("casme_sq", "smic_hs"),
        (_WAR, _UF1, _UAR),
        tuple(_reddy()),
    ),
    "dubey": PaperTable(
        "3D-CNN with ReLU and Swish",
        ("dubey_",),
        ("smic_hs",),
        (_WAR, _UF1, _UAR),
        tuple(_dubey()),
        {
            **_shares("holdout{}_by_clip_best_on_test"),
            **_shares("holdout{}_by_clip"),
            **_shares("holdout{}_by_subject"),
            "loso": "leave one subject out",
        },
    ),
    "elrcn": PaperTable(
        "ELRCN",
        ("elrcn_", "lbp_top_svm", "hoof_svm"),
        ("casme2", "samm", "smic_hs", "megc2018"),
        (
            _HARMONIC,
            _WAR,
            _UAR,
            _UF1,
            Column(
                "weighted_f1", "Weighted F1", "The mean of the classes' F1 by their share of the clips (MEGC 2018)."
            ),
        ),
        tuple(_elrcn()),
        _ELRCN_SETTINGS,
    ),
    "joshi": PaperTable(
        "Joshi's networks",
        ("joshi_",),
        ("samm", "casme2"),
        (
            _WAR,
            Column(
                "absolute_majority",
                "Accuracy, absolute majority",
                "The share of clips of which more than half of the frames, 5 of 9, are predicted rightly: the rule of"
                " the published 2D network. The other networks see clips, not frames, and have none.",
                systems="joshi_2d_",
            ),
            _UF1,
            _UAR,
        ),
        (
            Figure(
                "Best, binary",
                "casme2",
                {"war": 0.66},
                "Joshi, page of the code, 2021",
                setting="positive or negative",
                leak="yes",
                note="No code for CASME II, and no figure for any single network. Of the 37 clips that its binary 2D"
                " network tests on SAMM 30 are negative: always saying so gives .811.",
            ),
        ),
        {"binary": "positive or negative", "seven_class": "seven classes"},
    ),
    "megc2019": PaperTable(
        "MEGC 2019: STSTNet, OFF-ApexNet and others",
        ("ststnet", "off_apexnet", "lbp_top_svm", "hoof_svm"),
        _CHALLENGE_PARTS,
        (
            _UF1,
            _UAR,
            Column(
                "macro_precision",
                "Macro precision",
                "The mean of the classes' precision: what the paper of STSTNet calls UAR.",
            ),
            _WAR,
            _HARMONIC,
        ),
        tuple(_megc2019()),
    ),
}
"""Name → table."""


def tabled_runs(config: Configuration, table: TableName) -> list[TabledRun]:
    """The runs of a configuration that belong to a table: those of its systems on its data."""
    wanted = TABLES[table]
    found = []
    for run, (system, variant) in config.systems().items():
        members = config.members(run.dataset)
        composite = config.composites.get(run.dataset)
        kinds: dict[str, str] = {name: config.datasets[name].kind for name in members}
        data = composite.clips if composite and composite.clips != "all" else "+".join(sorted(set(kinds.values())))
        if system.startswith(wanted.systems) and data in wanted.data:
            given = config.models[run.model].parameters.get("weights")
            found.append(
                TabledRun(
                    dataset=run.dataset,
                    feature=run.feature,
                    labels=run.labels,
                    model=run.model,
                    protocol=run.protocol,
                    system=system,
                    variant=variant,
                    data=data,
                    kinds=kinds,
                    random_start=SYSTEMS[system].pretrained and not given,
                )
            )
    return found
