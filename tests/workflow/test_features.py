"""Every ready-made feature through the real Snakemake, and features that were computed elsewhere to their scores."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import cv2
import h5py
import hdf5plugin  # noqa: F401
import numpy as np
import pytest

from workflow.project import TINY, Project

SHAPES = {
    "uvs28": (28, 28, 3),
    "offapex28": (28, 28, 2),
    "elrcn_flow224": (9, 224, 224, 3),
    "elrcn_flow_strain224": (9, 224, 224, 4),
    "elrcn_flow_strain_gray224": (9, 224, 224, 5),
    "stcnn_gray64x18": (18, 64, 64, 1),
    "stcnn_gray64x96": (96, 64, 64, 1),
    "fusenet_eyes_mouth32": (18, 32, 32, 2),
    "joshi_gray128x9": (9, 128, 128, 1),
    "lbp_top": (177,),
    "hoof": (8,),
}
OF_FACES = {"stcnn_gray64x18", "stcnn_gray64x96", "fusenet_eyes_mouth32", "joshi_gray128x9", "lbp_top"}
ALIGNMENTS = {
    "clip68": {"size": 64},
    "box": {"mode": "first_frame_box", "size": 64, "upsample": 1},
    "window": {"mode": "per_window", "size": 64, "window": 24, "overlap": 12},
    "frame": {"mode": "per_frame", "size": [56, 68]},
    "slow": {"size": 64, "fps": 25},
}


@pytest.fixture(scope="module")
def project(tiny_demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny demo with every ready-made feature, every alignment, and SOFTNet's pairs of whole videos."""
    project = tiny_demo.copy(tmp_path_factory.mktemp("features") / "project")
    features: dict[str, Any] = {}
    for name in SHAPES:
        flow = {} if name in OF_FACES else {"flow": "tvl1"}
        features[name] = {"ready": name, "alignment": "clip68", **flow}
    for name in ALIGNMENTS:
        features[f"uv_{name}"] = {"ready": "offapex28", "alignment": name, "flow": "tvl1"}
    features["each"] = {"alignment": "clip68", "flow": "tvl1", "pairs": "onset_each", "length": 5, "size": 8}
    features["softnet"] = {"ready": "softnet42", "alignment": "box", "flow": "tvl1", "pairs": {"interval": 6}}
    recognition = [name for name in features if name != "softnet"]
    config = {
        **TINY,
        "alignments": ALIGNMENTS,
        "features": features,
        "experiments": [{**TINY["experiments"][0], "features": recognition, "seeds": [0]}],
    }
    project.configure(config)
    project.build("features", "results/demo/features/softnet.h5")
    return project


def samples(project: Project, feature: str) -> h5py.Dataset:
    with h5py.File(project.folder / f"results/demo/features/{feature}.h5") as file:
        return file["samples"][()]


@pytest.mark.slow
def test_every_ready_made_feature_has_its_published_shape(project: Project) -> None:
    for name, shape in SHAPES.items():
        found = samples(project, name)
        assert found.shape == (9, *shape), name
        assert np.isfinite(found).all(), name
        assert found.std() > 0, name


@pytest.mark.slow
def test_a_feature_of_a_video_has_a_sample_per_pair_between_0_and_1(project: Project) -> None:
    found = samples(project, "softnet")
    assert found.shape[1:] == (42, 42, 3)
    frames = sum(len(list(clip.iterdir())) for clip in project.raw.glob("s[23]/*") if clip.is_dir())
    assert len(found) > frames - 6 * 6
    assert (found.min(), found.max()) == (0, 1)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["box", "window", "frame"])
def test_every_alignment_sees_the_same_expressions(project: Project, mode: str) -> None:
    """Motion of the clips under one alignment and another: alike, if not equal."""
    reference, found = (samples(project, f"uv_{name}").reshape(9, -1) for name in ("clip68", mode))
    agreement = [np.corrcoef(one, other)[0, 1] for one, other in zip(reference, found, strict=True)]
    assert np.median(agreement) > 0.5, agreement


@pytest.mark.slow
def test_a_lower_frame_rate_keeps_an_eighth_of_the_frames(project: Project) -> None:
    def frames(alignment: str) -> int:
        with h5py.File(project.folder / f"results/demo/{alignment}/aligned/s2.h5") as file:
            return sum(len(video["faces"]) for video in file["videos"].values())

    assert frames("slow") == pytest.approx(frames("clip68") / 8, abs=3)


@pytest.mark.slow
def test_a_finished_grid_of_features_has_nothing_to_do(project: Project) -> None:
    assert project.planned_jobs("features") == set()


@pytest.mark.slow
def test_whole_frames_become_features_without_any_face_being_looked_for(tiny_demo: Project, tmp_path: Path) -> None:
    """As MicroExpSTCNN and Joshi take them; pages and sheets are drawn without landmarks."""
    project = tiny_demo.copy(tmp_path / "project")
    features = {
        "stcnn": {"ready": "stcnn_gray64x18", "alignment": "whole64"},
        "joshi": {"ready": "joshi_gray128x9", "alignment": "whole128"},
        "uv": {"ready": "offapex28", "alignment": "whole64", "flow": "tvl1", "steps": []},
    }
    whole = {"mode": "whole_frame", "size": 64}
    config = {
        **TINY,
        "alignments": {"whole64": whole, "whole128": {**whole, "size": 128, "resize": "nearest"}},
        "features": features,
        "experiments": [{**TINY["experiments"][0], "features": list(features), "seeds": [0]}],
    }
    project.configure(config)
    flow = "results/demo/whole64/tvl1/onset_apex"
    pages = ["results/demo/whole64/contact_sheet.png", f"{flow}/quality.html", f"{flow}/flow_sheet_three_class.png"]
    project.build("features", *pages)
    assert [samples(project, name).shape for name in features] == [
        (9, 18, 64, 64, 1),
        (9, 9, 128, 128, 1),
        (9, 28, 28, 2),
    ]
    assert np.isfinite(samples(project, "uv")).all()
    assert "none can be judged" in (project.folder / pages[1]).read_text()
    with (project.folder / "results/demo/manifest.csv").open(newline="") as file:
        clips = list(csv.DictReader(file))
    stored = {"stcnn": samples(project, "stcnn"), "joshi": samples(project, "joshi")}
    of_images = [number for number, clip in enumerate(clips) if (project.raw / clip["source"]).is_dir()]
    assert len(of_images) == 6
    for number in of_images:
        clip = clips[number]
        frames = {frame_number(path): path for path in (project.raw / clip["source"]).iterdir()}
        raw = {at: cv2.imread(str(frames[int(clip[at])]), cv2.IMREAD_GRAYSCALE) for at in ("onset", "apex", "offset")}
        for place, one in ((0, raw["onset"]), (4, raw["apex"]), (8, raw["offset"])):
            expected = cv2.resize(one, (128, 128), interpolation=cv2.INTER_NEAREST)
            np.testing.assert_array_equal(stored["joshi"][number, place, ..., 0], expected)
        expected = cv2.resize(raw["onset"], (64, 64), interpolation=cv2.INTER_AREA)
        np.testing.assert_allclose(stored["stcnn"][number, 0, ..., 0], expected, atol=1e-3)


def frame_number(path: Path) -> int:
    """The digits at the end of a frame's name."""
    return int(re.search(r"\d+$", path.stem)[0])


@pytest.mark.slow
def test_images_from_elsewhere_are_trained_and_judged_like_any_other(tmp_path: Path) -> None:
    """As STSTNet's authors publish theirs: 8-bit images of u, v, strain, a class each, from two datasets."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "given"
    folder.mkdir()
    with (folder / "features.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "dataset", "subject", "clip", "label"])
        for number in range(24):
            image = rng.integers(100, 150, (28, 28, 3), np.uint8)
            image[..., number % 3] += 90  # each class moves another channel
            cv2.imwrite(str(folder / f"{number}.png"), image)
            dataset = ("casme2", "samm")[number % 2]
            writer.writerow([f"{number}.png", dataset, f"{number // 6:02d}", f"c{number}", number % 3])
    config = {
        **TINY,
        "datasets": {"published": {"kind": "images", "table": str(folder / "features.csv")}},
        "models": {"ststnet": {**TINY["models"]["ststnet"], "epochs": 30, "learning_rate": 0.01}},
        "experiments": [{**TINY["experiments"][0], "datasets": ["published"], "features": ["as_given"], "seeds": [0]}],
    }
    project = Project.new(tmp_path / "project", config)
    project.build()
    assert project.planned_jobs() == set()
    run = project.folder / "results/published/runs/as_given/three_class/ststnet/loso"
    found = json.loads((run / "scores.json").read_text())
    assert (found["n_clips"], found["n_subjects"]) == (24, 8)
    assert set(found["per_dataset"]) == {"casme2", "samm"}
    assert found["metrics"]["uf1"]["mean"] > 0.9
    (folder / "3.png").write_bytes((folder / "0.png").read_bytes())
    assert {job.split(":")[0] for job in project.planned_jobs()} >= {"import_feature", "train"}
