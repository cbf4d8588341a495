"""Bad input: one clear message that names the file or key and the remedy, no traceback, nothing lost."""

import copy
import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from workflow.project import TINY, Project

OWN = {**TINY, "datasets": {"own": {"kind": "custom", "root": "clips", "labels": "labels.csv"}}}
OWN["experiments"] = [{**TINY["experiments"][0], "datasets": ["own"]}]


@pytest.fixture(scope="module")
def own_clips(tiny_demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The clips of the tiny demo as somebody's own dataset, features built."""
    project = Project.new(tmp_path_factory.mktemp("own") / "project", OWN)
    shutil.copytree(tiny_demo.raw, project.folder / "clips", ignore=shutil.ignore_patterns("truth", "*.json"))
    project.build("features")
    return project


@pytest.fixture
def project(own_clips: Project, tmp_path: Path) -> Project:
    """A copy of it, to damage."""
    return own_clips.copy(tmp_path / "project")


def complaint(project: Project, *arguments: str) -> str:
    """What Snakemake says when it fails; never a traceback."""
    done = project.snakemake(*(arguments or ["features"]))
    printed = done.stdout + done.stderr
    assert done.returncode != 0, printed
    assert "Traceback" not in printed
    return printed


def configured(project: Project, change: Callable[[dict[str, Any]], None]) -> Project:
    config = copy.deepcopy(OWN)
    change(config)
    project.configure(config)
    return project


def edit_labels(project: Project, clip: str, **cells: str) -> None:
    path = project.folder / "clips" / "labels.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    next(row for row in rows if row["clip"] == clip).update(cells)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def frames(project: Project, clip: str) -> list[Path]:
    return sorted((project.folder / "clips" / clip.split("_", maxsplit=1)[0] / clip).iterdir())


def built_files(project: Project) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (project.folder / "results").rglob("*.h5")}


def test_an_unknown_key_names_the_nearest_known_one(project: Project) -> None:
    said = complaint(configured(project, lambda config: config["models"]["ststnet"].update(learningrate=1)))
    assert 'config.yaml: models.ststnet: unknown key "learningrate"; did you mean "learning_rate"?' in said


@pytest.mark.parametrize(
    ("section", "kind", "name", "meant"),
    [("models", "model", "ststnett", "ststnet"), ("datasets", "dataset", "onw", "own")],
)
def test_an_unknown_name_in_an_experiment_is_told_with_what_was_meant(
    project: Project, section: str, kind: str, name: str, meant: str
) -> None:
    said = complaint(configured(project, lambda config: config["experiments"][0].update({section: [name]})))
    assert f'config.yaml: experiments[0].{section}: no {kind} is named "{name}"; did you mean "{meant}"?' in said


def test_an_unknown_architecture_is_told_before_any_job(project: Project) -> None:
    said = complaint(configured(project, lambda config: config["models"]["ststnet"].update(architecture="stsnet")))
    assert 'models.ststnet.architecture: no architecture "stsnet"; did you mean "ststnet"?' in said


def test_a_missing_root_is_told_before_any_job(project: Project) -> None:
    said = complaint(configured(project, lambda config: config["datasets"]["own"].update(root="nowhere")))
    assert "datasets.own: no folder nowhere. Correct the root" in said


def test_an_empty_clip_is_told_before_any_job(project: Project) -> None:
    for frame in frames(project, "s2_positive_01"):
        frame.unlink()
    assert "clips/s2/s2_positive_01: an empty clip" in complaint(project)


def test_a_missing_clip_is_told_before_any_job(project: Project) -> None:
    shutil.rmtree(project.folder / "clips" / "s2" / "s2_positive_01")
    assert "clips/s2/s2_positive_01: no such clip" in complaint(project)


def test_an_onset_after_the_offset_names_the_row(project: Project) -> None:
    edit_labels(project, "s2_positive_01", onset="999")
    said = complaint(project)
    assert "clips/labels.csv, row 6: onset 999 lies after offset" in said


def damage_an_image(project: Project) -> str:
    frame = frames(project, "s2_positive_01")[7]
    frame.write_bytes(frame.read_bytes()[:2000])
    return f"clips/s2/s2_positive_01/{frame.name}: not a readable image."


def cut_a_video(project: Project) -> str:
    video = project.folder / "clips" / "s1" / "s1_positive_01.avi"
    data = video.read_bytes()
    video.write_bytes(data[: len(data) // 2])
    return "clips/s1/s1_positive_01.avi: "


def shrink_a_frame(project: Project) -> str:
    frame = frames(project, "s2_positive_01")[7]
    cv2.imwrite(str(frame), np.zeros((240, 320, 3), np.uint8))
    return "is 320×240 px, the frames before it 640×480."


def remove_the_face(project: Project) -> str:
    for frame in frames(project, "s2_positive_01"):
        cv2.imwrite(str(frame), np.full((480, 640, 3), 90, np.uint8))
    return "clips/s2/s2_positive_01: no face in any of its"


def forget_the_landmark_model(project: Project) -> str:
    configured(project, lambda config: config["alignments"]["clip68"].update(landmark_model="none.dat"))
    return "landmark_model: no file none.dat."


def damage_the_landmark_model(project: Project) -> str:
    (project.folder / "model.dat").write_bytes(b"not a model")
    configured(project, lambda config: config["alignments"]["clip68"].update(landmark_model="model.dat"))
    return "model.dat: no dlib landmark model, or a damaged one"


def cut_an_aligned_file(project: Project) -> str:
    file = project.folder / "results/own/clip68/aligned/s2.h5"
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    (project.folder / "results/own/clip68/tvl1/onset_apex/s2.h5").unlink()
    return "results/own/clip68/aligned/s2.h5 is damaged (truncated at"


def label_a_frame_that_is_not_there(project: Project) -> str:
    edit_labels(project, "s2_positive_01", onset="1", apex="2")
    return "s2_positive_01: frame 1 is not among its aligned frames"


@pytest.mark.parametrize(
    "damage",
    [
        damage_an_image,
        cut_a_video,
        shrink_a_frame,
        remove_the_face,
        forget_the_landmark_model,
        damage_the_landmark_model,
        cut_an_aligned_file,
        label_a_frame_that_is_not_there,
    ],
)
def test_what_a_job_meets_is_told_and_nothing_else_is_lost(project: Project, damage: Callable[[Project], str]) -> None:
    before = built_files(project)
    expected = damage(project)
    said = complaint(project)
    assert expected in said
    assert not list((project.folder / "results").rglob("*.part"))
    kept = built_files(project)
    others = {path for path in before if "/s3." in str(path) and "features" not in str(path)}
    if "landmark" not in damage.__name__:
        assert {path: kept[path] for path in others} == {path: before[path] for path in others}


def test_raw_data_is_never_written(own_clips: Project, project: Project) -> None:
    def state(of: Project) -> dict[str, tuple[int, bytes]]:
        files = [path for path in (of.folder / "clips").rglob("*") if path.is_file()]
        return {str(path.relative_to(of.folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    before = state(project)
    shutil.rmtree(project.folder / "results")
    project.build()
    assert state(project) == before
