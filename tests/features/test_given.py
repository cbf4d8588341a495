"""Features from elsewhere: whose they are, and every value of them."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from mexflow.config.datasets import ImagesSpec, PackedSpec
from mexflow.datasets import index
from mexflow.datasets.index import index_dataset, raw_root
from mexflow.datasets.manifest import read_samples
from mexflow.errors import UserError
from mexflow.features.given import import_feature
from mexflow.store.packed import Layout, PackedFeature, read_packed, write_packed, writing_packed

ROWS = [
    ("casme2", "sub01", "EP02_01f", "0"),
    ("smic", "s01", "s01_po_01", "1"),
    ("samm", "006", "006_1_2", "surprise"),
    ("samm", "6", "006_1_2", "negative"),  # another subject than 006
]
IMAGES = np.random.default_rng(3).integers(0, 256, (4, 28, 28, 3), np.uint8)


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "RESULTS", tmp_path / "results")


def written(folder: Path, images: np.ndarray = IMAGES, rows: list[tuple[str, ...]] = ROWS) -> Path:
    """Images as a colour program shows them (first channel red), and their table."""
    (folder / "img").mkdir(parents=True)
    table = folder / "features.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "dataset", "subject", "clip", "label"])
        for number, row in enumerate(rows):
            writer.writerow([f"img/{number}.png", *row])
    for number, image in enumerate(images):
        cv2.imwrite(str(folder / "img" / f"{number}.png"), image[..., ::-1] if image.ndim == 3 else image)
    return table


def imported(spec: ImagesSpec | PackedSpec, folder: Path) -> PackedFeature:
    """Through the index and the stage's function, as the pipeline does."""
    index_dataset("given", spec)
    manifest = read_samples(index.RESULTS / "given" / "manifest.csv")
    with writing_packed(folder / "out.h5", "{}", "0") as out:
        import_feature(manifest, spec, raw_root("given", spec), out)
    return read_packed(folder / "out.h5")


def test_images_come_in_with_their_owners_classes_and_channels_in_file_order(tmp_path: Path) -> None:
    spec = ImagesSpec(kind="images", table=written(tmp_path / "data"), channels=("u", "v", "strain"))
    found = imported(spec, tmp_path)
    np.testing.assert_array_equal(found.samples, IMAGES, strict=True)
    assert found.layout.channels == ("u", "v", "strain")
    assert found.clips[["dataset", "subject", "clip"]].to_numpy().tolist() == [list(row[:3]) for row in ROWS]
    assert found.clips["three_class"].tolist() == ["negative", "positive", "surprise", "negative"]


def test_16_bit_and_gray_images_keep_their_values(tmp_path: Path) -> None:
    deep = np.random.default_rng(4).integers(0, 65536, (4, 8, 8, 3), np.uint16)
    found = imported(ImagesSpec(kind="images", table=written(tmp_path / "deep", deep)), tmp_path)
    np.testing.assert_array_equal(found.samples, deep.astype(np.float32), strict=True)
    gray = IMAGES[..., 0]
    spec = ImagesSpec(kind="images", table=written(tmp_path / "gray", gray), channels=("u",))
    np.testing.assert_array_equal(imported(spec, tmp_path).samples, gray[..., None], strict=True)


def test_an_image_of_another_size_or_number_of_channels_is_named(tmp_path: Path) -> None:
    table = written(tmp_path / "data")
    cv2.imwrite(str(tmp_path / "data/img/2.png"), np.zeros((20, 28, 3), np.uint8))
    with pytest.raises(UserError, match=r"2\.png: 28×20 px of uint8, the first image 28×28"):
        imported(ImagesSpec(kind="images", table=table), tmp_path)
    with pytest.raises(UserError, match=r"0\.png: 3 channels; the key channels names 2"):
        imported(ImagesSpec(kind="images", table=table, channels=("u", "v")), tmp_path)
    (tmp_path / "data/img/0.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"0\.png: not a readable image"):
        imported(ImagesSpec(kind="images", table=table), tmp_path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("samm", "006", "006_1_2", "0"), r"row 6: samm/006/006_1_2 is there already .*row 4"),
        (("samm", "", "x", "0"), "row 6: dataset, subject and clip must not be empty"),
        (("samm", "007", "x", "3"), r"row 6: label 3, but classes names 3"),
        (("samm", "007", "x", "postive"), r'row 6: no class "postive"; did you mean "positive"'),
    ],
)
def test_a_row_that_cannot_be_is_named(tmp_path: Path, row: tuple[str, ...], said: str) -> None:
    table = written(tmp_path / "data", np.concatenate([IMAGES, IMAGES[:1]]), [*ROWS, row])
    with pytest.raises(UserError, match=said):
        imported(ImagesSpec(kind="images", table=table), tmp_path)


def test_a_missing_image_and_a_missing_column_are_named(tmp_path: Path) -> None:
    table = written(tmp_path / "data")
    (tmp_path / "data/img/1.png").unlink()
    with pytest.raises(UserError, match=r"row 3: no image .*1\.png"):
        imported(ImagesSpec(kind="images", table=table), tmp_path)
    table.write_text("path,dataset,subject,clip\nimg/0.png,a,b,c\n")
    with pytest.raises(UserError, match="label"):
        imported(ImagesSpec(kind="images", table=table), tmp_path)


def test_arrays_of_others_come_in(tmp_path: Path) -> None:
    samples = np.random.default_rng(5).normal(size=(4, 6, 6, 2))
    arrays = {"dataset": [row[0] for row in ROWS], "subject": ["01", "02", "006", "6"], "clip": ["a", "b", "c", "c"]}
    np.savez(tmp_path / "x.npz", samples=samples, label=np.array([0, 1, 2, 0]), **arrays)
    found = imported(PackedSpec(kind="packed", file=tmp_path / "x.npz", channels=("u", "v")), tmp_path)
    np.testing.assert_array_equal(found.samples, samples.astype(np.float32), strict=True)
    assert found.clips["subject"].tolist() == arrays["subject"]
    assert found.clips["three_class"].tolist() == ["negative", "positive", "surprise", "negative"]
    assert found.clips["dataset"].tolist() == arrays["dataset"]


def test_an_npz_that_lacks_an_array_or_would_run_code_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "lacks.npz", samples=np.zeros((2, 4)), subject=["a", "b"], clips=["x", "y"], label=[0, 1])
    with pytest.raises(UserError, match='no array "clip"; did you mean "clips"'):
        imported(PackedSpec(kind="packed", file=tmp_path / "lacks.npz"), tmp_path)
    np.savez(tmp_path / "pickle.npz", subject=np.array([{}], object), clip=["x"], label=[0], samples=np.zeros((1, 4)))
    with pytest.raises(UserError, match=r"pickle\.npz: not a \.npz file, or a damaged one"):
        imported(PackedSpec(kind="packed", file=tmp_path / "pickle.npz"), tmp_path)


def test_values_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    samples = np.zeros((2, 4, 4, 1))
    samples[1, 0, 0, 0] = np.nan
    np.savez(tmp_path / "x.npz", samples=samples, subject=["a", "b"], clip=["x", "y"], label=[0, 1])
    with pytest.raises(UserError, match="sample 1 holds values that are no numbers"):
        imported(PackedSpec(kind="packed", file=tmp_path / "x.npz"), tmp_path)


def test_a_packed_feature_of_ours_comes_back(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "dataset": "casme2",
            "subject": ["sub01", "sub02"],
            "clip": ["a", "b"],
            "three_class": ["positive", "negative"],
        }
    )
    feature = PackedFeature(IMAGES[:2], table, Layout(("u", "v", "strain"), ("px", "px", "1"), "none"))
    write_packed(feature, tmp_path / "ours.h5", "{}", "0")
    found = imported(PackedSpec(kind="packed", file=tmp_path / "ours.h5"), tmp_path)
    np.testing.assert_array_equal(found.samples, feature.samples, strict=True)
    assert found.layout == Layout(("u", "v", "strain"), ("px", "px", "1"), "training_set")
    assert found.clips["three_class"].tolist() == ["positive", "negative"]


def test_a_label_outside_the_scheme_takes_no_part_where_names_are_given(tmp_path: Path) -> None:
    table = written(tmp_path / "data", IMAGES, [(*row[:3], "") for row in ROWS])
    assert set(imported(ImagesSpec(kind="images", table=table), tmp_path).clips["three_class"]) == {""}
