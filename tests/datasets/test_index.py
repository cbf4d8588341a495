"""The index reads a frame once, and again only when the frame may have changed."""

import os
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from mexflow.config.datasets import CustomSpec, DemoSpec, ReleasedSpec
from mexflow.datasets import index
from mexflow.datasets.index import (
    READ_BY,
    index_dataset,
    index_silent_videos,
    indexed_dataset,
    indexed_silent_videos,
    rows_hash,
    unit_hashes,
)
from mexflow.datasets.manifest import COLUMNS
from mexflow.errors import UserError

LABELS = "subject,clip,onset,offset,fps,emotion\n"


@pytest.fixture
def own(tmp_path, monkeypatch) -> CustomSpec:
    """Two subjects with two clips of two frames each, and a working folder."""
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "raw"
    table = LABELS
    for subject in ("006", "007"):
        for clip in ("a", "b"):
            folder = root / subject / clip
            folder.mkdir(parents=True)
            for frame in (9, 10):
                (folder / f"{frame}.jpg").write_text(f"{subject} {clip} {frame}")
            table += f"{subject},{clip},9,10,200,happiness\n"
    (root / "labels.csv").write_text(table)
    return CustomSpec(kind="custom", root=root)


@pytest.fixture
def long(tmp_path, monkeypatch) -> ReleasedSpec:
    """CAS(ME)² with one labelled video, two silent ones and one whose only row names frames that it lacks."""
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "raw"
    for name in ("s15/15_0101disgustingteeth", "s15/15_0401girlcrashing", "s15/15_0508funnydunkey", "s16/16_0503"):
        folder = root / "rawpic" / "rawpic" / name
        folder.mkdir(parents=True)
        for number in range(1, 4):
            (folder / f"img{number:03d}.jpg").write_text(f"{name} {number}")
    book = openpyxl.Workbook()
    book.active.append([1, "disgust1_1", 1, 2, 3, "4", "negative", "micro-expression", "disgust"])
    book.active.append([1, "anger1_1", 50, 55, 60, "4", "negative", "macro-expression", "anger"])
    book.save(root / "CAS(ME)^2code_final.xlsx")
    return ReleasedSpec(kind="casme_sq", root=root, unit="video")


SILENT = ["15_0401", "15_0508", "16_0503"]
SILENT_FOLDERS = ["s15/15_0401girlcrashing", "s15/15_0508funnydunkey", "s16/16_0503"]


@pytest.fixture
def read_clips(monkeypatch) -> list[str]:
    """The clips whose frames have been read so far."""
    names: list[str] = []
    real = index.content_hash

    def counted(path: Path) -> str:
        names.append(f"{path.parent.name}/{path.name}")
        return real(path)

    monkeypatch.setattr(index, "content_hash", counted)
    return names


def frame(own: CustomSpec) -> Path:
    return own.root / "007" / "a" / "9.jpg"


def written(path: Path) -> tuple[int, int]:
    """What is another after every writing, and the same after every reading."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def touch(path: Path) -> None:
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))


def test_the_manifest_has_a_row_per_label(own):
    manifest = index_dataset("own", own)
    assert list(manifest.subject + "/" + manifest["clip"]) == ["006/a", "006/b", "007/a", "007/b"]
    assert manifest.content.nunique() == 4
    pd.testing.assert_frame_equal(indexed_dataset("own"), manifest)


def test_the_second_index_reads_no_frame(own, read_clips):
    first = index_dataset("own", own)
    assert read_clips == ["006/a", "006/b", "007/a", "007/b"]
    pd.testing.assert_frame_equal(index_dataset("own", own), first)
    assert len(read_clips) == 4


def test_a_clip_that_is_labelled_twice_is_read_once(own, read_clips):
    labels = own.root / "labels.csv"
    labels.write_text(LABELS.replace("\n", ",path\n") + "006,a1,9,9,200,x,006/a\n006,a2,10,10,200,x,006/a\n")
    assert index_dataset("own", own).content.nunique() == 1
    assert read_clips == ["006/a"]


def test_the_second_index_writes_nothing(own):
    index_dataset("own", own)
    before = {path: written(path) for path in Path("results/own").iterdir()}
    assert {path.name for path in before} == {"manifest.csv", "contents.json", "repairs.csv"}
    index_dataset("own", own)
    assert {path: written(path) for path in Path("results/own").iterdir()} == before


def test_a_touched_clip_is_read_again_and_the_manifest_stays_untouched(own, read_clips):
    index_dataset("own", own)
    before = written(Path("results/own/manifest.csv"))
    read_clips.clear()
    touch(frame(own))
    index_dataset("own", own)
    assert read_clips == ["007/a"]
    assert written(Path("results/own/manifest.csv")) == before
    index_dataset("own", own)
    assert read_clips == ["007/a"]


def test_a_touched_label_table_changes_nothing(own, read_clips):
    index_dataset("own", own)
    before = written(Path("results/own/manifest.csv"))
    touch(own.root / "labels.csv")
    index_dataset("own", own)
    assert len(read_clips) == 4
    assert written(Path("results/own/manifest.csv")) == before


def test_a_changed_frame_changes_only_its_row(own):
    before = index_dataset("own", own)
    frame(own).write_text("another")
    after = index_dataset("own", own)
    different = (before != after).any(axis=1)
    assert list(different) == [False, False, True, False]
    assert list((before != after).any()[lambda changed: changed].index) == ["content"]


def test_results_of_another_machine_know_the_content_without_its_times(own, read_clips):
    first = index_dataset("own", own)
    for path in own.root.rglob("*"):
        touch(path)
    pd.testing.assert_frame_equal(index_dataset("own", own), first)
    assert len(read_clips) == 8


@pytest.mark.parametrize("damage", [b"", b'{"006/a": ["1', b"\xff\xfe\x00"])
def test_a_damaged_memory_is_made_again(own, read_clips, damage):
    first = index_dataset("own", own)
    Path("results/own/contents.json").write_bytes(damage)
    pd.testing.assert_frame_equal(index_dataset("own", own), first)
    assert len(read_clips) == 8


def test_a_clip_that_is_gone_is_told(own):
    index_dataset("own", own)
    frame(own).unlink()
    (own.root / "007" / "a" / "10.jpg").unlink()
    with pytest.raises(UserError, match=r"raw/007/a: an empty clip"):
        index_dataset("own", own)


def test_raw_data_is_only_read(own):
    def state():
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in own.root.rglob("*")}

    before = state()
    index_dataset("own", own)
    assert state() == before


@pytest.mark.parametrize("path", ["../elsewhere/c", "006/../../elsewhere/c", "linked"])
def test_files_outside_of_the_root_are_refused(own, path):
    outside = own.root.parent / "elsewhere" / "c"
    outside.mkdir(parents=True)
    (outside / "9.jpg").write_text("secret")
    (own.root / "linked").symlink_to(outside)
    (own.root / "labels.csv").write_text(LABELS.replace("\n", ",path\n") + f"006,a,9,9,200,x,{path}\n")
    with pytest.raises(UserError, match=r"leads out of .+/raw\. Only files below a dataset's root are read\."):
        index_dataset("own", own)


def test_an_absolute_path_out_of_the_root_is_refused(own):
    (own.root / "labels.csv").write_text(LABELS.replace("\n", ",path\n") + "006,a,9,9,200,x,/etc/hostname\n")
    with pytest.raises(UserError, match=r"/etc/hostname leads out of"):
        index_dataset("own", own)


def test_a_root_that_is_itself_a_link_is_read(own):
    (own.root.parent / "link").symlink_to(own.root)
    linked = index_dataset("own", own.model_copy(update={"root": own.root.parent / "link"}))
    pd.testing.assert_frame_equal(linked, index_dataset("own", own))


@pytest.mark.parametrize("name", ["a/b", "a\\b"])
def test_a_clip_name_that_is_a_path_is_refused(own, name):
    (own.root / "labels.csv").write_text(LABELS.replace("\n", ",path\n") + f"006,{name},9,9,200,x,006/a\n")
    with pytest.raises(UserError, match="names hold no slash, no backslash and no line break"):
        index_dataset("own", own)


def test_two_sources_under_one_video_name_are_refused(own):
    # Their file names are equal, so the default names of their videos are: only the first would be aligned.
    for clip in ("x", "y"):
        folder = own.root / "006" / clip / "frames"
        folder.mkdir(parents=True)
        (folder / "9.jpg").write_text(clip)
    rows = "006,x,9,9,200,e,006/x/frames\n006,y,9,9,200,e,006/y/frames\n"
    (own.root / "labels.csv").write_text(LABELS.replace("\n", ",path\n") + rows)
    with pytest.raises(UserError, match='an earlier row with the same "video" has another path'):
        index_dataset("own", own)


def test_the_order_of_rows_does_not_count(own):
    manifest = index_dataset("own", own)
    for stage in READ_BY:
        assert rows_hash(manifest, stage) == rows_hash(manifest.iloc[::-1], stage)


def test_the_units_are_hashed_together_as_each_alone(own):
    manifest = index_dataset("own", own)
    units = set(manifest.unit)
    assert len(units) > 1
    for stage in READ_BY:
        alone = {unit: rows_hash(manifest[manifest.unit == unit], stage) for unit in units}
        assert unit_hashes(manifest, stage) == alone


@pytest.mark.parametrize(
    ("column", "value", "stages"),
    [
        ("content", "other", {"align"}),
        ("source", "other", {"align"}),
        ("apex", 10, {"flow"}),
        ("emotion", "fear", {"pack"}),
        ("fps", 100.0, {"align", "pack"}),
    ],
)
def test_a_stage_runs_again_for_what_it_reads(own, column, value, stages):
    manifest = index_dataset("own", own)
    changed = manifest.copy()
    changed.loc[0, column] = value
    different = {
        stage for stage in ("align", "flow", "pack") if rows_hash(changed, stage) != rows_hash(manifest, stage)
    }
    assert different == stages


def test_two_cells_do_not_run_into_each_other():
    one, other = (
        pd.DataFrame({column: cells[n : n + 1] for n, column in enumerate(READ_BY["align"])})
        for cells in (["ab", "c", "1", "200", "x"], ["a", "bc", "1", "200", "x"])
    )
    assert rows_hash(one, "align") != rows_hash(other, "align")


def test_a_frame_that_is_a_link_out_of_the_root_is_refused(own, tmp_path):
    secret = tmp_path / "secret.jpg"
    secret.write_text("secret")
    (own.root / "007" / "a" / "999.jpg").symlink_to(secret)
    with pytest.raises(UserError, match=r"999\.jpg leads out of .+ Only files below a dataset's root are read"):
        index_dataset("own", own)


def test_silent_videos_are_read_back_as_they_were_found(long):
    found = index_silent_videos("long", long)
    assert list(found.columns) == list(COLUMNS)
    assert list(found.video) == SILENT
    assert list(found.unit) == ["s15_15_0401", "s15_15_0508", "s16_16_0503"]
    assert found.content.nunique() == 3
    assert found[["onset", "apex", "offset"]].eq(-1).all(axis=None)
    pd.testing.assert_frame_equal(indexed_silent_videos("long"), found)


def test_silent_videos_leave_the_manifest_and_its_memory_as_they_were(long):
    manifest = index_dataset("long", long)
    assert list(manifest.video) == ["15_0101"]
    before = {path: written(path) for path in Path("results/long").iterdir()}
    index_silent_videos("long", long)
    new = {path.name for path in Path("results/long").iterdir()} - {path.name for path in before}
    assert new == {"silent.csv", "silent_contents.json"}
    assert {path: written(path) for path in before} == before
    index_dataset("long", long)
    assert {path: written(path) for path in before} == before


def test_the_frames_of_silent_videos_are_read_again_only_when_they_changed(long, read_clips):
    first = index_silent_videos("long", long)
    assert read_clips == SILENT_FOLDERS
    before = {name: written(Path("results/long") / name) for name in ("silent.csv", "silent_contents.json")}
    read_clips.clear()
    index_dataset("long", long)
    assert read_clips == ["s15/15_0101disgustingteeth"]
    read_clips.clear()
    pd.testing.assert_frame_equal(index_silent_videos("long", long), first)
    assert read_clips == []
    assert {name: written(Path("results/long") / name) for name in before} == before
    (long.root / "rawpic" / "rawpic" / SILENT_FOLDERS[1] / "img002.jpg").write_text("another")
    changed = index_silent_videos("long", long)
    assert read_clips == SILENT_FOLDERS[1:2]
    assert list((changed != first).any()[lambda different: different].index) == ["content"]
    assert list(changed.content != first.content) == [False, True, False]
    pd.testing.assert_frame_equal(indexed_silent_videos("long"), changed)


def test_a_label_makes_a_silent_video_one_of_the_manifest(long):
    book = openpyxl.load_workbook(long.root / "CAS(ME)^2code_final.xlsx")
    book.active.append([1, "happy5_1", 1, 2, 3, "12", "positive", "macro-expression", "happiness"])
    book.save(long.root / "CAS(ME)^2code_final.xlsx")
    assert list(index_silent_videos("long", long).video) == ["15_0401", "16_0503"]
    assert list(index_dataset("long", long).video) == ["15_0101", "15_0508"]


def test_a_dataset_without_silent_videos_has_a_table_without_rows(own):
    assert len(index_silent_videos("own", own)) == 0
    assert len(index_silent_videos("demo", DemoSpec(kind="demo"))) == 0
    manifest = index_dataset("own", own)
    for name in ("own", "demo"):
        back = indexed_silent_videos(name)
        assert list(back.columns) == list(COLUMNS)
        assert back.empty
        assert (back.dtypes == manifest.dtypes).all()


def test_the_main_process_and_its_jobs_hash_silent_videos_alike(long, own):
    for name, spec in (("long", long), ("own", own)):
        found = pd.concat([index_dataset(name, spec), index_silent_videos(name, spec)])
        again = pd.concat([indexed_dataset(name), indexed_silent_videos(name)])
        for stage in READ_BY:
            assert rows_hash(found, stage) == rows_hash(again, stage)


def test_repeated_rows_do_not_count(own):
    manifest = index_dataset("own", own)
    for stage in READ_BY:
        assert rows_hash(pd.concat([manifest, manifest.iloc[1:3]]), stage) == rows_hash(manifest, stage)


def test_another_expression_of_a_video_changes_nothing_for_a_stage_that_reads_videos(own):
    manifest = index_dataset("own", own)
    more = manifest.iloc[:1].assign(clip="a2", sample="a2", onset=10)
    both = pd.concat([manifest, more])
    same = {stage for stage in READ_BY if rows_hash(both, stage) == rows_hash(manifest, stage)}
    assert same >= {"align", "flow_of_videos", "pack_pairs"}
    assert same.isdisjoint({"flow", "pack", "score_pairs", "spot", "evaluate_spotting"})
