"""The demo is known before it is rendered, and is what a person makes of it afterwards."""

import json
from pathlib import Path

import pandas as pd
import pytest

from mexflow.config.datasets import DemoSpec
from mexflow.datasets import demo
from mexflow.datasets.demo import subject_recipe
from mexflow.datasets.demo_plan import planned_clips, source_of
from mexflow.datasets.index import index_dataset
from mexflow.errors import UserError
from mexflow.synthesis.record import record_rendered

SPEC = DemoSpec(kind="demo", subjects=2, clips_per_emotion=1)
RAW = Path("results/demo/raw")


@pytest.fixture(autouse=True)
def working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(path: Path) -> tuple[int, int]:
    """What is another after every writing, and the same after every reading."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def render(spec: DemoSpec = SPEC) -> None:
    """A few bytes in the place of frames, recorded as the rule `synthesize` records them."""
    clips = planned_clips(spec.subjects, spec.clips_per_emotion, spec.seed)
    for clip in clips:
        path = RAW / source_of(clip)
        if not clip.is_video:
            path = path / f"img_{clip.first_frame}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(clip.clip)
    for subject in {clip.subject for clip in clips}:
        own = [clip for clip in clips if clip.subject == subject]
        record_rendered(own, RAW, RAW / f"{subject}.json")


def rows(spec: DemoSpec = SPEC) -> pd.DataFrame:
    return index_dataset("demo", spec).set_index("clip")


def test_the_rows_are_known_before_a_frame_is_there():
    manifest = rows()
    assert list(manifest.index) == [clip.clip for clip in planned_clips(2, 1, 0)]
    assert list(manifest.unit) == ["s1"] * 3 + ["s2"] * 3
    assert manifest.content.nunique() == 6
    assert not (RAW / "s2").exists()


def test_rendering_changes_no_row():
    before = rows()
    render()
    pd.testing.assert_frame_equal(rows(), before)


def test_a_half_rendered_demo_has_the_same_rows():
    before = rows()
    render()
    (RAW / "s2.json").unlink()
    (RAW / source_of(planned_clips(2, 1, 0)[4]) / "img_1.png").write_text("half")
    pd.testing.assert_frame_equal(rows(), before)


def first_frame(clip: str) -> Path:
    return next((RAW / "s2" / clip).glob("*.png"))


def test_an_edited_frame_changes_its_clip_alone():
    render()
    before = rows()
    first_frame("s2_positive_01").write_text("by hand")
    after = rows()
    assert list(before.index[before.content != after.content]) == ["s2_positive_01"]


def test_taking_the_edit_back_brings_the_row_back():
    render()
    before = rows()
    frame = first_frame("s2_positive_01")
    old = frame.read_text()
    frame.write_text("by hand")
    rows()
    frame.write_text(old)
    pd.testing.assert_frame_equal(rows(), before)


def test_an_added_frame_changes_its_clip():
    render()
    before = rows()
    (RAW / "s2" / "s2_surprise_01" / "img_999.png").write_text("more")
    after = rows()
    assert list(before.index[before.content != after.content]) == ["s2_surprise_01"]


def test_an_edited_label_is_kept():
    rows()
    render()
    labels = RAW / "labels.csv"
    labels.write_text(labels.read_text().replace("sadness", "fear"))
    assert list(rows().emotion) == ["fear", "happiness", "surprise"] * 2
    assert "fear" in labels.read_text()


def test_a_removed_label_is_kept():
    rows()
    labels = RAW / "labels.csv"
    labels.write_text("".join(labels.read_text().splitlines(keepends=True)[:-1]))
    assert len(rows()) == 5


def test_a_changed_plan_writes_the_labels_anew():
    rows()
    labels = RAW / "labels.csv"
    labels.write_text(labels.read_text().replace("sadness", "fear"))
    larger = rows(SPEC.model_copy(update={"subjects": 3}))
    assert len(larger) == 9
    assert "fear" not in set(larger.emotion)


def test_more_subjects_change_no_clip_of_the_others():
    small = rows()
    render()
    larger = rows(SPEC.model_copy(update={"subjects": 3}))
    assert list(larger.content[small.index]) == list(small.content)


def test_another_seed_is_another_content():
    assert not set(rows().content) & set(rows(SPEC.model_copy(update={"seed": 1})).content)


def test_another_renderer_is_another_content(monkeypatch):
    before = rows()
    monkeypatch.setattr(demo, "fingerprint", lambda stage: f"{stage} changed")
    assert not set(rows().content) & set(before.content)


def test_the_recipe_of_a_subject_does_not_depend_on_others():
    larger = SPEC.model_copy(update={"subjects": 5})
    assert subject_recipe(SPEC, "s2") == subject_recipe(larger, "s2") != subject_recipe(SPEC, "s1")
    more_clips = SPEC.model_copy(update={"clips_per_emotion": 2})
    assert subject_recipe(SPEC, "s2") != subject_recipe(more_clips, "s2")


def test_the_labels_are_not_written_again():
    rows()
    before = {path.name: written(path) for path in RAW.iterdir()}
    assert before.keys() == {"labels.csv", "plan.csv"}
    rows()
    assert {path.name: written(path) for path in RAW.iterdir()} == before


def test_a_deleted_label_table_is_written_again():
    before = rows()
    (RAW / "labels.csv").unlink()
    pd.testing.assert_frame_equal(rows(), before)


def test_a_damaged_record_is_told():
    rows()
    render()
    (RAW / "s1.json").write_text(json.dumps({"s1": "x"})[:-2])
    with pytest.raises(UserError, match=r"s1\.json is damaged"):
        rows()


def test_a_rendered_clip_that_is_deleted_is_told():
    render()
    first_frame("s2_positive_01").unlink()
    with pytest.raises(UserError, match=r"s2_positive_01: an empty clip"):
        rows()
