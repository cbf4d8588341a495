"""What rebuilds and what does not: every row of the table in docs/rebuilding.md, by the real Snakemake."""

import copy
import csv
import os
import shutil
import time
from pathlib import Path

import cv2
import h5py
import pytest
import yaml

from workflow.project import TINY, Project

SEEDS = (0, 1)
RUN = "results/demo/runs/uvs28/three_class/ststnet/loso"


def align(unit: str) -> set[str]:
    return {f"align: results/demo/clip68/aligned/{unit}.h5"}


def flow(unit: str, name: str = "tvl1") -> set[str]:
    return {f"flow: results/demo/clip68/{name}/onset_apex/{unit}.h5"}


def pack(name: str = "uvs28") -> set[str]:
    return {f"pack: results/demo/features/{name}.h5"}


def train(run: str = RUN, seeds: tuple[int, ...] = SEEDS) -> set[str]:
    return {f"train: {run}/seed{seed}/splits.csv" for seed in seeds}


def judge(run: str = RUN) -> set[str]:
    return {f"evaluate: {run}/scores.json", f"figures: {run}/confusion.png", "scores: results/scores.csv"}


CONTACT_SHEET = {"contact_sheet: results/demo/clip68/contact_sheet.png"}
FLOW_SHEET = {"flow_sheet: results/demo/clip68/tvl1/onset_apex/flow_sheet_three_class.png"}
MOTION_PICTURES = FLOW_SHEET | {"quality: results/demo/clip68/tvl1/onset_apex/quality.csv"}
ALL_UNITS = ("s1", "s2", "s3")


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) >= 1, f"{old!r} is not in {file}"
    file.write_text(text.replace(old, new, 1))


def repaint(frame: Path) -> None:
    image = cv2.imread(str(frame))
    image[:20, :20] = 255 - image[:20, :20]
    cv2.imwrite(str(frame), image, [cv2.IMWRITE_JPEG_QUALITY, 95])


def touch_all(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            os.utime(file)


def label_rows(project: Project) -> list[dict[str, str]]:
    with (project.raw / "labels.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def write_label_rows(project: Project, rows: list[dict[str, str]]) -> None:
    with (project.raw / "labels.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_a_finished_demo_has_nothing_to_do(finished_demo: Project) -> None:
    assert finished_demo.planned_jobs() == set()


def test_touching_every_raw_file_label_table_and_script_runs_nothing(finished_demo: Project) -> None:
    touch_all(finished_demo.raw)
    for name in ("scripts", "rules", "Snakefile", "config.yaml", "envs", "profiles"):
        path = finished_demo.folder / name
        touch_all(path) if path.is_dir() else os.utime(path)
    assert finished_demo.planned_jobs() == set()


def test_a_fresh_clone_over_the_same_results_runs_nothing(finished_demo: Project, tmp_path: Path) -> None:
    clone = Project.new(tmp_path / "clone", TINY, source=finished_demo.folder)
    for name in ("results", ".snakemake"):
        shutil.copytree(finished_demo.folder / name, clone.folder / name)
    shutil.rmtree(finished_demo.folder)
    assert clone.planned_jobs() == set()


def test_a_comment_or_docstring_in_any_module_runs_nothing(finished_demo: Project) -> None:
    for file in (finished_demo.folder / "scripts").rglob("*.py"):
        text = file.read_text().replace('"""', '"""Read this first. ', 1)
        file.write_text(f"# A comment at the top.\n{text}\n\n# And one at the end.\n")
    assert finished_demo.planned_jobs() == set()


def test_one_changed_frame_runs_its_unit_and_what_holds_it(finished_demo: Project) -> None:
    frame = sorted((finished_demo.raw / "s2" / "s2_positive_01").iterdir())[3]
    repaint(frame)
    planned = align("s2") | flow("s2") | pack() | train() | judge() | CONTACT_SHEET | MOTION_PICTURES
    assert finished_demo.planned_jobs() == planned
    untouched = finished_demo.folder / "results/demo/clip68/aligned/s3.h5"
    before = untouched.stat().st_mtime_ns
    finished_demo.build()
    assert untouched.stat().st_mtime_ns == before
    assert finished_demo.planned_jobs() == set()


def test_an_added_clip_runs_its_unit_and_what_holds_it(finished_demo: Project) -> None:
    rows = label_rows(finished_demo)
    source = next(row for row in rows if row["clip"] == "s3_positive_01")
    shutil.copytree(finished_demo.raw / source["path"], finished_demo.raw / "s3" / "s3_positive_99")
    repaint(sorted((finished_demo.raw / "s3" / "s3_positive_99").iterdir())[0])
    write_label_rows(finished_demo, [*rows, {**source, "clip": "s3_positive_99", "path": "s3/s3_positive_99"}])
    planned = align("s3") | flow("s3") | pack() | train() | judge() | CONTACT_SHEET | MOTION_PICTURES
    assert finished_demo.planned_jobs() == planned


def test_a_removed_clip_runs_its_unit_and_what_held_it(finished_demo: Project) -> None:
    rows = [row for row in label_rows(finished_demo) if row["clip"] != "s2_surprise_01"]
    write_label_rows(finished_demo, rows)
    shutil.rmtree(finished_demo.raw / "s2" / "s2_surprise_01")
    planned = align("s2") | flow("s2") | pack() | train() | judge() | CONTACT_SHEET | MOTION_PICTURES
    assert finished_demo.planned_jobs() == planned


def test_a_corrected_emotion_runs_pack_and_on(finished_demo: Project) -> None:
    rows = label_rows(finished_demo)
    rows[4]["emotion"] = "surprise"
    write_label_rows(finished_demo, rows)
    assert finished_demo.planned_jobs() == pack() | train() | judge() | FLOW_SHEET


def test_a_corrected_onset_runs_the_flow_of_its_unit_and_on(finished_demo: Project) -> None:
    rows = label_rows(finished_demo)
    row = next(row for row in rows if row["subject"] == "s2")
    row["onset"] = str(int(row["onset"]) - 1)
    write_label_rows(finished_demo, rows)
    assert finished_demo.planned_jobs() == flow("s2") | pack() | train() | judge() | MOTION_PICTURES


def test_a_function_in_motion_runs_flow_and_on_but_never_align(finished_demo: Project) -> None:
    edit(
        finished_demo.folder / "scripts/mexflow/motion/strain.py",
        "0.5 * (u_y + v_x)",
        "0.50001 * (u_y + v_x)",
    )
    flows = set().union(*(flow(unit) for unit in ALL_UNITS))
    assert finished_demo.planned_jobs() == flows | pack() | train() | judge() | MOTION_PICTURES


def test_a_flow_parameter_runs_that_flow_and_leaves_others(finished_demo: Project) -> None:
    config = copy.deepcopy(TINY)
    config["flows"]["other"] = {"preset": "fast", "warps": 2}
    config["features"]["other28"] = {"alignment": "clip68", "flow": "other"}
    config["experiments"][0]["features"].append("other28")
    finished_demo.configure(config)
    finished_demo.build()
    assert finished_demo.planned_jobs() == set()
    config["flows"]["other"]["warps"] = 3
    finished_demo.configure(config)
    run = RUN.replace("uvs28", "other28")
    flows = set().union(*(flow(unit, "other") for unit in ALL_UNITS))
    sheet = {job.replace("/tvl1/", "/other/") for job in MOTION_PICTURES}
    assert finished_demo.planned_jobs() == flows | pack("other28") | train(run) | judge(run) | sheet


def test_a_learning_rate_runs_that_models_training_and_on(finished_demo: Project) -> None:
    config = copy.deepcopy(TINY)
    config["models"]["ststnet"]["learning_rate"] = 0.002
    finished_demo.configure(config)
    assert finished_demo.planned_jobs() == train() | judge()


def test_a_metrics_code_runs_evaluate_and_report_only(finished_demo: Project) -> None:
    edit(finished_demo.folder / "scripts/mexflow/evaluation/recognition.py", "2 * hits", "2.0 * hits")
    assert finished_demo.planned_jobs() == judge()


def test_an_architectures_code_runs_the_training_of_its_models_only(finished_demo: Project) -> None:
    folder = finished_demo.folder / "scripts/mexflow/models"
    shutil.copy(folder / "ststnet.py", folder / "another.py")
    assert finished_demo.planned_jobs() == set()
    edit(folder / "ststnet.py", "layers.Flatten()", "layers.Reshape((-1,))")
    assert finished_demo.planned_jobs() == train() | judge()


@pytest.mark.parametrize("added", ["model", "seed", "dataset", "subject"])
def test_something_added_to_an_experiment_runs_the_new_combinations_only(finished_demo: Project, added: str) -> None:
    config = copy.deepcopy(TINY)
    experiment = config["experiments"][0]
    if added == "model":
        config["models"]["deep"] = {**TINY["models"]["ststnet"], "parameters": {"dense_units": 400}}
        experiment["models"].append("deep")
        run = RUN.replace("ststnet", "deep")
        expected = train(run) | judge(run)
    elif added == "seed":
        experiment["seeds"].append(2)
        expected = train(seeds=(2,)) | judge()
    elif added == "subject":
        config["datasets"]["demo"]["subjects"] = 4
        expected = {"synthesize: results/demo/raw/s4.json"} | align("s4") | flow("s4")
        expected |= pack() | train() | judge() | CONTACT_SHEET | MOTION_PICTURES
    else:
        config["datasets"]["again"] = {"kind": "demo", "subjects": 2, "clips_per_emotion": 1, "seed": 7}
        experiment["datasets"].append("again")
        units = ("s1", "s2")
        per_unit = [align(unit) | flow(unit) | {f"synthesize: results/demo/raw/{unit}.json"} for unit in units]
        everything = set().union(*per_unit) | pack() | train() | judge() | CONTACT_SHEET | MOTION_PICTURES
        expected = {job.replace("results/demo/", "results/again/") for job in everything}
    finished_demo.configure(config)
    assert finished_demo.planned_jobs() == expected


def test_seeds_in_one_job_give_what_each_gives_alone_and_those_added_behind_run_alone(finished_demo: Project) -> None:
    config = copy.deepcopy(TINY)
    config["models"]["packed"] = {**TINY["models"]["ststnet"], "seeds_per_job": 2, "keep_weights": True}
    config["models"]["shared"] = {**TINY["models"]["ststnet"], "seeds_per_job": 2, "folds_per_job": 2}
    config["experiments"].append({**TINY["experiments"][0], "models": ["packed", "shared"]})
    finished_demo.configure(config)
    finished_demo.build()
    assert finished_demo.planned_jobs() == set()
    packed, shared = (RUN.replace("ststnet", model) for model in ("packed", "shared"))
    trained = {str(path.parent) for path in finished_demo.folder.glob("results/demo/runs/*/*/*/*/*/splits.csv")}
    parts = [f"{RUN}/seed0", f"{RUN}/seed1", f"{packed}/seeds0-1", f"{shared}/seeds0-1_job1of2"]
    parts.append(f"{shared}/seeds0-1_job2of2")
    assert trained == {str(finished_demo.folder / part) for part in parts}
    assert (finished_demo.folder / packed / "attention.png").exists()
    alone = (finished_demo.folder / RUN / "predictions.csv").read_bytes()
    for run in (packed, shared):
        assert (finished_demo.folder / run / "predictions.csv").read_bytes() == alone
    config["experiments"].append({**TINY["experiments"][0], "models": ["packed"], "seeds": [5, 7, 8]})
    finished_demo.configure(config)
    added = {f"train: {packed}/{part}/splits.csv" for part in ("seeds5+7", "seed8")}
    assert finished_demo.planned_jobs() == added | judge(packed)


def test_a_second_config_file_adds_names_and_replaces_the_experiments(finished_demo: Project) -> None:
    more = {
        "models": {"deep": {**TINY["models"]["ststnet"], "parameters": {"dense_units": 400}}},
        "experiments": [{**TINY["experiments"][0], "models": ["deep"]}],
    }
    (finished_demo.folder / "more.yaml").write_text(yaml.safe_dump(more))
    run = RUN.replace("ststnet", "deep")
    assert finished_demo.planned_jobs("--configfile", "more.yaml") == train(run) | judge(run)


def test_a_parameter_that_is_spelt_out_at_its_default_runs_nothing(finished_demo: Project) -> None:
    config = copy.deepcopy(TINY)
    config["alignments"]["clip68"] |= {"mode": "per_clip", "landmark_frames": 5}
    config["features"]["uvs28"]["steps"] = ["subtract_nose"]
    finished_demo.configure(config)
    assert finished_demo.planned_jobs() == set()


def test_a_unit_that_vanishes_leaves_the_pack(finished_demo: Project) -> None:
    rows = [row for row in label_rows(finished_demo) if row["subject"] != "s2"]
    write_label_rows(finished_demo, rows)
    planned = pack() | train() | judge() | CONTACT_SHEET | MOTION_PICTURES
    assert finished_demo.planned_jobs() == planned
    finished_demo.build()
    with h5py.File(finished_demo.folder / "results/demo/features/uvs28.h5") as file:
        assert set(file["clips/subject"].asstr()) == {"s1", "s3"}


def test_each_rule_that_runs_a_script_tracks_its_code() -> None:
    """A rule without its fingerprint would go stale in silence."""
    for file in (Path(__file__).parents[2] / "rules").glob("*.smk"):
        for rule in file.read_text().split("\nrule ")[1:]:
            if "shell:" in rule:
                name = rule.split(":")[0]
                assert f'code=fingerprint("{name}")' in rule or "code=training_code" in rule, name
                assert f'stage=script("{name}")' in rule, name


def test_finding_out_that_nothing_is_to_do_takes_seconds(finished_demo: Project) -> None:
    started = time.monotonic()
    assert "Nothing to be done" in finished_demo.build()
    assert time.monotonic() - started < 15
