"""Spotting through the real Snakemake, on a small look-alike of long videos."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mexflow.synthesis.lookalikes import casme_sq_long
from workflow.project import Project

GRID = {"features": ["softnet42"], "seeds": [0]}
CONFIG: dict[str, Any] = {
    "datasets": {"sq": {"kind": "casme_sq", "root": "raw/sq", "unit": "video"}},
    "alignments": {"box": {"mode": "first_frame_box"}},
    "flows": {"dis": {"method": "dis", "preset": "ultrafast"}},
    "features": {"softnet42": {"ready": "softnet42", "alignment": "box", "flow": "dis", "pairs": {"interval": "k"}}},
    "models": {},
    "protocols": {},
    "spotters": {
        "softnet": {"method": "softnet", "epochs": 1, "batch_size": 64},
        "flow_strain": {"method": "flow_strain"},
        "mdmd": {"method": "mdmd", "k": {"macro": 12, "micro": 6}, "lengths": {"macro": [8, None], "micro": [3, 30]}},
    },
    "spotting_protocols": {
        "fixed": {"k": {"macro": 12, "micro": 6}, "p": 0.55},
        "honest": {},
    },
    "experiments": [
        {**GRID, "datasets": ["sq"], "spotters": ["softnet", "flow_strain", "mdmd"], "protocols": ["fixed"]},
        {**GRID, "datasets": ["sq"], "spotters": ["softnet"], "protocols": ["honest"], "types": ["micro"]},
    ],
}
RUNS = "results/{dataset}/spotting/softnet42/{spotter}/{protocol}"


@pytest.fixture(scope="module")
def spotted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Everything that the configuration asks for, built once. Nobody changes it: plans only."""
    project = Project.new(tmp_path_factory.mktemp("spotting") / "project", CONFIG)
    casme_sq_long.write_long(project.folder / "raw" / "sq", subjects=3, frames=420)
    project.build()
    return project


def scores(project: Project, spotter: str, protocol: str) -> dict[str, Any]:
    folder = project.folder / RUNS.format(dataset="sq", spotter=spotter, protocol=protocol)
    return json.loads((folder / "scores.json").read_text())


def reconfigured(project: Project, tmp_path: Path, change: Any) -> Project:
    """The same results under another configuration."""
    config = json.loads(json.dumps(CONFIG))
    change(config)
    copy = project.copy(tmp_path / "changed")
    copy.configure(config)
    return copy


@pytest.mark.slow
def test_every_run_is_scored_over_all_videos_macro_and_micro_together(spotted: Project) -> None:
    kinds = pd.read_csv(spotted.folder / "results/sq/manifest.csv", dtype=str).expression_type.value_counts()
    for spotter in ("softnet", "flow_strain", "mdmd"):
        found = scores(spotted, spotter, "fixed")
        for kind in ("macro", "micro"):
            assert found[kind]["tp"] + found[kind]["fn"] == kinds[kind]
        for name in ("tp", "fp", "fn"):
            assert found["overall"][name] == found["macro"][name] + found["micro"][name]
        assert found["seeds"]["0"]["n_videos"] == 4
        assert found["seeds"]["0"]["n_videos_without_truth"] == 1
        assert found["seeds"]["0"]["n_subjects"] == 3


def test_the_silent_video_is_aligned_scored_and_counted(spotted: Project) -> None:
    silent = pd.read_csv(spotted.folder / "results/sq/silent.csv", dtype=str)
    folder = spotted.folder / RUNS.format(dataset="sq", spotter="softnet", protocol="fixed") / "seed0" / "micro"
    thresholds = pd.read_csv(folder / "thresholds.csv", dtype=str)
    assert set(silent.video) <= set(thresholds.video)
    assert (spotted.folder / f"results/sq/box/aligned/{silent.unit[0]}.h5").exists()


def test_files_of_one_k_are_shared_by_protocols_and_types(spotted: Project) -> None:
    made = {
        path.relative_to(spotted.folder / "results/sq") for path in spotted.folder.glob("results/sq/*/*/interval_*")
    }
    flows = {path.name for path in made if path.parts[:2] == ("box", "dis")}
    splits = spotted.folder.glob("results/sq/spotting/softnet42/*/*/seed0/*/*/splits.csv")
    ks = {int(k) for path in splits for k in pd.read_csv(path).k}
    assert flows == {f"interval_{k}" for k in ks} | {"interval_24"}  # MDMD looks twice as far


def test_the_table_has_a_row_per_run_and_every_video_a_page_of_motion(spotted: Project) -> None:
    table = pd.read_csv(spotted.folder / "results/spotting.csv")
    assert sorted(zip(table.spotter, table.protocol, strict=True)) == [
        ("flow_strain", "fixed"),
        ("mdmd", "fixed"),
        ("softnet", "fixed"),
        ("softnet", "honest"),
    ]
    for row in table.itertuples():
        folder = spotted.folder / RUNS.format(dataset="sq", spotter=row.spotter, protocol=row.protocol) / "videos"
        assert len(list(folder.glob("*.png"))) == 4
        assert len(list(folder.glob("*.html"))) == 4 + 1


def test_spotted_intervals_can_be_judged_by_the_command(spotted: Project) -> None:
    folder = spotted.folder / RUNS.format(dataset="sq", spotter="flow_strain", protocol="fixed") / "seed0"
    command = [Path(sys.executable).with_name("mexflow"), "evaluate", "spotting", "--json", "--bootstrap", "0"]
    told = {}
    for kind in ("macro", "micro"):
        files = [folder / kind / "spotted.csv", spotted.folder / "results/sq/manifest.csv"]
        done = subprocess.run([*command, *files], capture_output=True, text=True, check=True)
        told[kind] = json.loads(done.stdout)[kind]
    found = scores(spotted, "flow_strain", "fixed")
    assert {kind: one["tp"] for kind, one in told.items()} == {kind: found[kind]["tp"] for kind in told}
    assert {kind: one["fp"] for kind, one in told.items()} == {kind: found[kind]["fp"] for kind in told}


def test_a_second_run_does_nothing(spotted: Project) -> None:
    assert spotted.planned_jobs() == set()


@pytest.mark.slow
def test_another_p_runs_nothing_but_the_post_processing_and_the_scores(spotted: Project, tmp_path: Path) -> None:
    changed = reconfigured(spotted, tmp_path, lambda config: config["spotting_protocols"]["fixed"].update(p=0.4))
    rules = {job.partition(":")[0] for job in changed.planned_jobs()}
    assert rules == {"spot", "evaluate_spotting", "spotting_scores", "spotting_pages"}
    folders = {job.split(": ")[1].split("/spotting/")[1] for job in changed.planned_jobs() if job.startswith("spot:")}
    assert {folder.split("/")[2] for folder in folders} == {"fixed"}
    assert {folder.split("/")[1] for folder in folders} == {"softnet", "flow_strain"}  # MDMD has a p of its own


@pytest.mark.slow
def test_another_k_makes_its_own_files_and_leaves_the_rest(spotted: Project, tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        config["spotting_protocols"]["fixed"]["k"] = {"macro": 12, "micro": 3}

    jobs = reconfigured(spotted, tmp_path, change).planned_jobs()
    for rule in ("flow", "pack_pairs", "measure_pairs"):
        assert {one.split("/")[-2] for one in jobs if one.startswith(f"{rule}:")} == {"interval_3"}
    scored = {one for one in jobs if one.startswith("score_pairs:")}
    assert scored
    assert all("/fixed/seed0/micro/" in one and "/mdmd/" not in one for one in scored)
    assert not any(one.startswith("align:") for one in jobs)


@pytest.mark.slow
def test_a_corrected_label_leaves_the_flow_of_its_video(spotted: Project, tmp_path: Path) -> None:
    # All videos teach all folds: their samples stay, and the trainings are done anew.
    project = spotted.copy(tmp_path / "corrected")
    before = pd.read_csv(project.folder / "results/sq/manifest.csv")
    _shift_first_offset(next((project.folder / "raw/sq").glob("*.xlsx")))
    rules = {job.partition(":")[0] for job in project.planned_jobs()}
    assert not before.equals(pd.read_csv(project.folder / "results/sq/manifest.csv"))
    assert "score_pairs" in rules
    assert not rules & {"align", "flow", "pack_pairs", "measure_pairs"}


def _shift_first_offset(book: Path) -> None:
    import openpyxl  # noqa: PLC0415

    sheets = openpyxl.load_workbook(book)
    sheets.worksheets[0].cell(row=1, column=5).value += 2
    sheets.save(book)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["datasets"]["sq"].update(unit="subject"), "add unit: video to the dataset"),
        (lambda c: c["experiments"][0].update(spotters=["softnett"]), 'no spotter is named "softnett"; did you mean'),
        (
            lambda c: c["spotters"]["mdmd"].update(k="published") or c["datasets"]["sq"].update(kind="custom"),
            "spotters.mdmd.k: nothing is published for sq, of kind custom",
        ),
    ],
)
def test_a_mistake_is_told_before_any_job(tmp_path: Path, change: Any, said: str) -> None:
    config = json.loads(json.dumps(CONFIG))
    change(config)
    project = Project.new(tmp_path / "project", config)
    done = project.snakemake("--dry-run")
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
