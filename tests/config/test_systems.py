"""Published systems by name: what each stands for, and experiments that name them."""

from pathlib import Path

import pytest
import yaml

from mexflow.config.configuration import Configuration, Run, load_configuration
from mexflow.config.features import FeatureStageSpec
from mexflow.config.systems import (
    ALIGNMENTS,
    FEATURES,
    FLOWS,
    PROTOCOLS,
    SYSTEMS,
    VARIANTS,
    definitions,
    model_name,
)
from mexflow.config.training import ModelSpec
from mexflow.datasets.labels import BINARY, FIVE_CLASS, SEVEN_CLASS, STIMULUS
from mexflow.errors import UserError
from mexflow.features.shapes import sample_shape
from mexflow.models.registry import check_models

DATASETS = {kind: {"kind": kind, "root": f"/data/{kind}"} for kind in ("casme2", "samm", "smic_hs", "casme_sq")}
COMPOSITES = {
    "megc2018": {"datasets": ["casme2", "samm"], "clips": "megc2018"},
    "megc2019": {"datasets": ["casme2", "samm", "smic_hs"], "clips": "megc2019"},
}
NETWORKS = [name for name in SYSTEMS if "svm" not in name]

BY_CLIP = "clips of one subject are in training and in the test"
ALL_STATISTICS = "input statistics are those of all clips"
BEST_EPOCH = "the epoch is the one that is best on the test clips"
TRAINING_SCORED = "training clips are scored together with test clips"
COPIES = "altered copies of one clip are in training and in the test"
MODEL_KEPT = "each fold goes on from the weights of the fold before, which has seen its test clips"
OPTIMIZER_KEPT = "each fold goes on with the optimizer's state of the fold before"


def experiment(datasets, systems, **keys):
    return {"datasets": datasets, "systems": systems} | keys


def loaded(*experiments, **sections) -> Configuration:
    data = {"datasets": DATASETS, "composites": COMPOSITES, "experiments": list(experiments)}
    return load_configuration(data | sections)


def told(*experiments, **sections) -> list[str]:
    with pytest.raises(UserError) as caught:
        loaded(*experiments, **sections)
    return str(caught.value).splitlines()


def model(system: str, variant: str = "as_published") -> ModelSpec:
    return ModelSpec.model_validate(SYSTEMS[system].setup(variant).model)


def usable_on(system: str) -> list[str]:
    members = {name: [name] for name in DATASETS} | {name: one["datasets"] for name, one in COMPOSITES.items()}
    return [name for name, kinds in members.items() if SYSTEMS[system].labels_on(kinds)]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_is_valid_wherever_it_can_be_used(system: str, variant: str) -> None:
    config = loaded(experiment(usable_on(system), [system], variants=[variant]))
    check_models(config.models)
    runs = config.systems()
    assert set(runs) == set(config.runs())
    assert set(runs.values()) == {(system, variant)}
    assert {run.dataset for run in runs} == set(usable_on(system))
    assert {run.model for run in runs} == {f"{system}_{variant}"}
    assert {run.feature for run in runs} == set(config.features)
    assert {run.protocol for run in runs} == set(config.protocols)


def test_every_definition_belongs_to_a_system() -> None:
    used = [definitions(system, variant) for system in SYSTEMS for variant in VARIANTS]
    for section, known in {
        "alignments": ALIGNMENTS,
        "flows": FLOWS,
        "features": FEATURES,
        "protocols": PROTOCOLS,
    }.items():
        assert {name for one in used for name in one[section]} == set(known)


@pytest.mark.parametrize(
    ("system", "schedule"),
    [
        ("micro_exp_stcnn_18", (100, 16, 0.01, "sgd")),
        ("micro_exp_stcnn_96", (100, 16, 0.01, "sgd")),
        ("micro_exp_fusenet_intermediate_96", (100, 16, 0.01, "sgd")),
        ("micro_exp_fusenet_late_96", (100, 16, 0.01, "sgd")),
        ("micro_exp_fusenet_intermediate_18", (250, 4, 0.01, "sgd")),
        ("micro_exp_fusenet_late_18", (250, 16, 0.01, "sgd")),
        ("elrcn_st", (100, 1, 1e-5, "adam")),
        ("elrcn_t", (100, 1, 1e-5, "adam")),
        ("joshi_2d_binary", (25, 128, 0.0035, "adam")),
        ("joshi_2d_seven_class", (25, 128, 0.0035, "adam")),
        ("joshi_3d_binary", (25, 16, 0.003, "adam")),
        ("joshi_lstm_seven_class", (25, 16, 0.003, "adam")),
        ("joshi_convlstm_binary", (25, 16, 0.003, "adam")),
        ("ststnet", (500, 256, 5e-5, "adam")),
    ],
)
def test_schedules_are_the_published_ones(system: str, schedule: tuple) -> None:
    spec = model(system)
    assert (spec.epochs, spec.batch_size, spec.learning_rate, spec.optimizer) == schedule
    assert spec.momentum == 0


def test_elrcn_as_published_has_the_errors_of_its_code_and_leak_free_none_of_them() -> None:
    published, honest = model("elrcn_st"), model("elrcn_st", "leak_free")
    assert published.decay == honest.decay == 1e-6
    assert published.parameters == {"variant": "st", "pixels": "raw", "layout_bug": True, "sigmoid": True}
    assert honest.parameters == {"variant": "st"}
    stop = published.spatial.early_stopping
    assert (stop.monitor, stop.patience, stop.restore_best) == ("training_loss", 0, False)
    assert published.validation is None
    assert honest.spatial.early_stopping.monitor == "validation_loss"
    assert honest.validation.by == "subject"


def test_joshi_s_learning_rate_follows_the_validation_loss() -> None:
    for kind, share in {"2d": 0.25, "3d": 0.27, "lstm": 0.27, "convlstm": 0.27}.items():
        spec = model(f"joshi_{kind}_seven_class")
        plateau = (spec.plateau.monitor, spec.plateau.factor, spec.plateau.patience, spec.plateau.least)
        assert plateau == ("validation_loss", 0.5, 3, 1e-4)
        assert (spec.validation.share, spec.validation.by) == (share, "clip")


@pytest.mark.parametrize("task", [("binary", 170), ("seven_class", 379)])
def test_joshi_s_copies_bring_samm_to_the_published_number_of_clips(task: tuple[str, int]) -> None:
    counts = {
        "binary": {"positive": 26, "negative": 92},
        "seven_class": {
            "happiness": 26,
            "surprise": 15,
            "anger": 57,
            "fear": 8,
            "disgust": 9,
            "contempt": 12,
            "sadness": 6,
        },
    }[task[0]]
    copies = model(f"joshi_3d_{task[0]}").augmentation.copies_per_class(list(counts))
    assert sum(number * (1 + extra) for number, extra in zip(counts.values(), copies, strict=True)) == task[1]


def test_joshi_s_2d_network_trains_on_the_published_numbers_of_clips() -> None:
    assert sum(PROTOCOLS["counted_by_clip_binary"]["train_counts"].values()) == 26 + 92 - 37
    assert sum(PROTOCOLS["counted_by_clip_seven_class"]["train_counts"].values()) == 133 - 43


def test_fusenets_have_no_activation_as_published_only() -> None:
    parameters = [model("micro_exp_fusenet_late_18", variant).parameters for variant in VARIANTS]
    assert [one["dense_activation"] for one in parameters] == ["linear", "relu"]


def test_joshi_s_kernels_have_no_depth_as_published_only() -> None:
    assert model("joshi_3d_binary").parameters["kernel_depth"] == 1
    assert "kernel_depth" not in model("joshi_3d_binary", "leak_free").parameters  # 3 by default


@pytest.mark.parametrize(
    ("system", "leaks"),
    [
        ("micro_exp_stcnn_18", {BY_CLIP, ALL_STATISTICS, BEST_EPOCH}),
        ("micro_exp_stcnn_96", {BY_CLIP, ALL_STATISTICS, BEST_EPOCH}),
        ("micro_exp_fusenet_intermediate_18", {BY_CLIP, ALL_STATISTICS, BEST_EPOCH, TRAINING_SCORED}),
        ("micro_exp_fusenet_late_96", {BY_CLIP, ALL_STATISTICS, BEST_EPOCH, TRAINING_SCORED}),
        ("dubey_relu", {BY_CLIP, BEST_EPOCH}),
        ("dubey_swish", {BY_CLIP, BEST_EPOCH}),
        ("elrcn_st", {OPTIMIZER_KEPT}),
        ("elrcn_st5te", {OPTIMIZER_KEPT}),
        ("elrcn_nofine", set()),
        ("joshi_2d_binary", {BY_CLIP}),
        ("joshi_3d_seven_class", {BY_CLIP, COPIES, MODEL_KEPT}),
        ("joshi_lstm_binary", {BY_CLIP, COPIES, MODEL_KEPT}),
        ("joshi_convlstm_binary", {BY_CLIP, COPIES, MODEL_KEPT}),
        ("ststnet", set()),
        ("off_apexnet", set()),
    ],
)
def test_as_published_has_the_leaks_of_its_paper_and_no_other(system: str, leaks: set[str]) -> None:
    assert set(SYSTEMS[system].leaks("as_published")) == leaks


@pytest.mark.parametrize("system", SYSTEMS)
def test_leak_free_has_no_leak_and_keeps_no_clip_of_a_subject_back_alone(system: str) -> None:
    assert SYSTEMS[system].leaks("leak_free") == ()
    validation = model(system, "leak_free").validation
    assert validation is None or validation.by == "subject"


@pytest.mark.parametrize(
    ("feature", "shape"),
    [
        ("stcnn_gray64x18_whole_frame", (18, 64, 64, 1)),
        ("stcnn_gray64x96_per_clip", (96, 64, 64, 1)),
        ("fusenet_eyes_mouth32x18_per_frame", (18, 32, 32, 2)),
        ("fusenet_eyes_mouth32x96_per_clip", (96, 32, 32, 2)),
        ("elrcn_flow224", (9, 224, 224, 3)),
        ("elrcn_flow_strain224", (9, 224, 224, 4)),
        ("elrcn_flow_strain_gray224", (9, 224, 224, 5)),
        ("elrcn_flow50", (9, 50, 50, 3)),
        ("joshi_gray128x9_whole_frame", (9, 128, 128, 1)),
        ("ststnet_uvs28_8bit", (28, 28, 3)),
        ("off_apexnet_uv28", (28, 28, 2)),
        ("lbp_top_177", (177,)),
        ("hoof_8", (8,)),
    ],
)
def test_networks_see_samples_of_the_published_shape(feature: str, shape: tuple[int, ...]) -> None:
    assert sample_shape(FeatureStageSpec.model_validate({"feature": FEATURES[feature]}).feature) == shape


def test_a_machine_stands_beside_every_network_on_what_it_sees() -> None:
    seen = {SYSTEMS[name].leak_free.feature for name in SYSTEMS if name.endswith("_svm_rbf")}
    # The machine of ELRCN sees the small flow only.
    assert {SYSTEMS[name].leak_free.feature for name in NETWORKS if not name.startswith("elrcn")} < seen
    assert "elrcn_flow50" in seen


@pytest.mark.parametrize("system", SYSTEMS)
def test_label_schemes_are_those_that_the_datasets_have(system: str) -> None:
    having = {"five_class": FIVE_CLASS, "binary": BINARY, "seven_class": SEVEN_CLASS, "stimulus": STIMULUS}
    for kind, scheme in SYSTEMS[system].labels.items():
        assert kind in having.get(scheme, {kind: ()})


def test_an_experiment_is_the_product_of_its_systems_and_variants() -> None:
    config = loaded(experiment(["smic_hs"], ["micro_exp_stcnn_18", "ststnet"], seeds=[3, 1]))
    stcnn, ststnet = ("smic_hs", "stcnn_gray64x18"), ("smic_hs", "ststnet_uvs28")
    clip_wise = "holdout20_by_clip_best_on_test_all_statistics"
    published, honest = "micro_exp_stcnn_18_as_published", "micro_exp_stcnn_18_leak_free"
    assert config.systems() == {
        Run(stcnn[0], f"{stcnn[1]}_per_clip", "three_class", honest, "loso"): ("micro_exp_stcnn_18", "leak_free"),
        Run(stcnn[0], f"{stcnn[1]}_whole_frame", "three_class", published, clip_wise): (
            "micro_exp_stcnn_18",
            "as_published",
        ),
        Run(*ststnet, "three_class", "ststnet_leak_free", "loso"): ("ststnet", "leak_free"),
        Run(ststnet[0], f"{ststnet[1]}_8bit", "three_class", "ststnet_as_published", "loso"): (
            "ststnet",
            "as_published",
        ),
    }
    assert config.runs() == {run: [1, 3] for run in config.systems()}
    assert list(config.systems()) == sorted(config.systems())


def test_dubey_is_tested_at_all_four_shares_in_both_variants() -> None:
    protocols = {run.protocol for run in loaded(experiment(["smic_hs"], ["dubey_swish"])).runs()}
    shares = (20, 30, 40, 50)
    assert protocols == {
        "loso",
        *(f"holdout{share}_by_clip_best_on_test" for share in shares),
        *(f"holdout{share}_by_subject" for share in shares),
    }


def test_both_directions_are_tested_between_two_datasets_only() -> None:
    config = loaded(experiment(["casme2", "megc2018", "megc2019"], ["lbp_top_svm"], variants=["leak_free"]))
    assert {(run.dataset, run.labels, run.protocol) for run in config.runs()} == {
        ("casme2", "five_class", "loso"),
        ("megc2018", "objective", "loso"),
        ("megc2018", "objective", "hde"),
        ("megc2019", "three_class", "loso"),
    }


def test_the_stimulus_is_the_class_on_its_dataset_only() -> None:
    config = loaded(experiment(["casme_sq", "smic_hs"], ["micro_exp_stcnn_96"], variants=["leak_free"]))
    assert {run.dataset: run.labels for run in config.runs()} == {"casme_sq": "stimulus", "smic_hs": "three_class"}


def test_other_experiments_stand_beside_those_of_systems() -> None:
    default = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text())
    data = default | {"datasets": default["datasets"] | DATASETS}
    data["experiments"] = [*default["experiments"], experiment(["smic_hs"], ["ststnet"])]
    config = load_configuration(data)
    ours = Run("demo", "uvs28", "three_class", "ststnet", "loso")
    assert set(config.runs()) == {ours, *config.systems()}
    assert ours not in config.systems()
    assert {"clip68", "per_clip_140x170"} == set(config.alignments)


def test_the_configuration_that_was_given_is_left_as_it_is() -> None:
    models: dict = {}
    loaded(experiment(["smic_hs"], ["ststnet"]), models=models)
    assert models == {}
    assert loaded(experiment(["smic_hs"], ["ststnet"]), models=None).models  # `models:` with nothing behind it


def test_weights_go_to_the_systems_that_start_from_them() -> None:
    file = "/data/vgg_face.h5"
    config = loaded(experiment(["casme2"], ["elrcn_st", "elrcn_st4se", "ststnet"], weights=file))
    with_weights = {name for name, spec in config.models.items() if spec.parameters.get("weights") == file}
    assert with_weights == {"elrcn_st_as_published", "elrcn_st_leak_free"}


def test_a_definition_of_one_s_own_that_says_the_same_is_no_mistake() -> None:
    config = loaded(experiment(["smic_hs"], ["ststnet"]), protocols={"loso": {"split": "loso", "scored": "test"}})
    assert list(config.protocols) == ["loso"]


@pytest.mark.parametrize(
    ("section", "name", "definition"),
    [
        ("protocols", "loso", {"split": "loso", "permute_labels": True}),
        ("alignments", "per_clip_140x170", {"mode": "per_clip", "size": 128}),
        ("flows", "tvl1_ipol", {"method": "tvl1"}),
        (
            "models",
            "ststnet_leak_free",
            {"architecture": "ststnet", "epochs": 5, "batch_size": 8, "learning_rate": 0.1},
        ),
    ],
)
def test_a_definition_of_one_s_own_under_the_name_of_a_system_s_is_named(section, name, definition) -> None:
    lines = told(experiment(["smic_hs"], ["ststnet"]), **{section: {name: definition}})
    assert lines == [
        f'config.yaml: {section}.{name}: experiments[0] names a system that has "{name}" of its own, and this says'
        " something else; choose another name for yours"
    ]


def test_two_files_of_weights_for_one_system_are_a_mistake() -> None:
    one, other = (experiment(["casme2"], ["elrcn_st"], weights=file, variants=["leak_free"]) for file in ("a", "b"))
    (line,) = told(one, other)
    assert line.startswith("config.yaml: models.elrcn_st_leak_free: experiments[1]")
    assert line.endswith("the same weights and seeds_per_job")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            experiment(["smic_hs"], ["ststnett"]),
            'experiments[0].systems: no system is named "ststnett"; did you mean "ststnet"?',
        ),
        (
            experiment(["smic"], ["ststnet"]),
            'experiments[0].datasets: no dataset is named "smic"; did you mean "smic_hs"?',
        ),
        (
            experiment(["smic_hs"], ["ststnet"], variants=["leakfree"]),
            'experiments[0].variants[0]: "leakfree" is not known here; did you mean "leak_free"?',
        ),
        (
            {"datasets": ["smic_hs"], "system": ["ststnet"]},
            'experiments[0]: unknown key "system"; did you mean "systems"?',
        ),
        (experiment(["smic_hs"], "ststnet"), "experiments[0].systems: a list is needed, such as [ststnet]"),
        (
            experiment(["casme2"], ["joshi_3d_binary"]),
            "experiments[0].datasets: joshi_3d_binary has no label scheme for casme2, which is of kind casme2; it has"
            " binary on samm",
        ),
        (
            experiment(["megc2019"], ["elrcn_st"]),
            "experiments[0].datasets: elrcn_st has no label scheme for megc2019, which is a composite of casme2, samm,"
            " smic_hs; it has",
        ),
    ],
)
def test_a_slip_in_an_experiment_is_told(given: dict, line: str) -> None:
    found = told(given)
    assert any(one.startswith(f"config.yaml: {line}") for one in found), found


def test_systems_are_not_for_features_that_are_given() -> None:
    given = {"own": {"kind": "packed", "file": "/data/own.npz"}}
    (line,) = told(experiment(["own"], ["ststnet"]), datasets=DATASETS | given)
    assert line == ("config.yaml: experiments[0].datasets: own consists of features, and systems start from raw clips")


@pytest.mark.parametrize("name", ["stcnn", "dubey", "elrcn", "joshi", "megc2019"])
def test_every_shipped_table_is_a_valid_configuration(name: str) -> None:
    folder = Path(__file__).parents[2]
    files = [folder / "config.yaml", folder / "config" / f"table_{name}.yaml"]
    merged = {key: value for file in files for key, value in yaml.safe_load(file.read_text()).items()}
    config = load_configuration(merged)
    assert set(config.systems()) == set(config.runs())
    assert {variant for _, variant in config.systems().values()} == set(VARIANTS)
    check_models(config.models)


def test_a_model_s_name_tells_its_variant() -> None:
    assert model_name("ststnet", "as_published") == "ststnet_as_published"
