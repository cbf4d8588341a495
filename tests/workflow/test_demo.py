"""The default demo: scores, chance under permuted labels, flow against the truth, the same bits twice."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from mexflow.store.aligned import reading_aligned
from mexflow.store.flow import reading_flow
from mexflow.store.truth import read_truth
from workflow.project import REPOSITORY, Project

RUNS = "results/demo/runs/uvs28/three_class/ststnet"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What `make run` builds, and the same with labels permuted inside each subject."""
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    config["protocols"]["permuted"] = {"split": "loso", "permute_labels": True}
    config["experiments"][0]["protocols"].append("permuted")
    project = Project.new(tmp_path_factory.mktemp("demo") / "project", config)
    project.build()
    return project


def scores(project: Project, protocol: str) -> dict:
    return json.loads((project.folder / RUNS / protocol / "scores.json").read_text())


@pytest.mark.slow
def test_ststnet_solves_the_demo_and_falls_to_chance_with_permuted_labels(demo: Project) -> None:
    honest, permuted = scores(demo, "loso"), scores(demo, "permuted")
    assert honest["n_clips"] == permuted["n_clips"] == 72
    assert honest["n_subjects"] == honest["n_folds"] == 8
    assert len(honest["seeds"]) == 5
    assert honest["leak_audit"]["passed"]
    assert honest["metrics"]["uf1"]["mean"] >= 0.90
    assert 0.20 <= permuted["metrics"]["uf1"]["mean"] <= 0.46


def endpoint_errors(project: Project) -> tuple[np.ndarray, np.ndarray]:
    """Per clip, inside the moving region: mean error of the flow, and of predicting no motion, in px of the crop."""
    results = project.folder / "results/demo"
    flow_errors, still_errors = [], []
    for unit in sorted(path.stem for path in (results / "clip68/aligned").iterdir()):
        aligned, flow = results / f"clip68/aligned/{unit}.h5", results / f"clip68/tvl1/onset_apex/{unit}.h5"
        truths = read_truth(results / f"raw/truth/{unit}.h5")
        with reading_aligned(aligned) as videos, reading_flow(flow) as flows:
            for clip in flows.clips:
                transform = videos[clip].transforms[0]
                truth = in_crop(truths[clip].expression, truths[clip].stride, transform)
                estimate = flows[clip].flow(0, 1)[0] - flows[clip].nose_flow[0]
                length = np.linalg.norm(truth, axis=-1)
                moving = length > 0.2 * length.max()
                flow_errors.append(np.linalg.norm(estimate - truth, axis=-1)[moving].mean())
                still_errors.append(length[moving].mean())
    return np.array(flow_errors), np.array(still_errors)


def in_crop(field: np.ndarray, stride: int, transform: np.ndarray) -> np.ndarray:
    """A displacement field of the raw frame, sampled every `stride` px, as one of the 128 × 128 crop."""
    to_raw = np.linalg.inv(np.vstack([transform, [0, 0, 1]]))[:2]
    y, x = np.mgrid[:128, :128].astype(np.float64)
    raw_x, raw_y = (row[0] * x + row[1] * y + row[2] for row in to_raw)
    sampled = cv2.remap(
        field, (raw_x / stride).astype(np.float32), (raw_y / stride).astype(np.float32), cv2.INTER_LINEAR
    )
    return sampled @ transform[:, :2].T


@pytest.mark.slow
def test_the_flow_explains_the_true_motion(demo: Project) -> None:
    flow_errors, still_errors = endpoint_errors(demo)
    assert len(flow_errors) == 72
    assert flow_errors.mean() <= 0.55 * still_errors.mean()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_predictions_bit_for_bit(demo: Project) -> None:
    before = {seed: (demo.folder / RUNS / f"loso/seed{seed}/predictions.csv").read_bytes() for seed in (0, 3)}
    assert before[0] != before[3].replace(b",3,", b",0,")
    for seed in before:
        shutil.rmtree(demo.folder / RUNS / f"loso/seed{seed}")
    demo.build(*(f"{RUNS}/loso/seed{seed}/predictions.csv" for seed in before))
    for seed, content in before.items():
        assert (demo.folder / RUNS / f"loso/seed{seed}/predictions.csv").read_bytes() == content


@pytest.mark.slow
def test_the_report_is_one_file_with_every_figure(demo: Project, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    demo.build("--report", str(page))
    text = page.read_text()
    for figure in (
        "confusion.png",
        "learning_curves.png",
        "contact_sheet.png",
        "flow_sheet_three_class.png",
        "quality.html",
        "scores.html",
    ):
        assert figure in text, figure
    assert 'src="http' not in text
