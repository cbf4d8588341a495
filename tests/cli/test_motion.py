"""`mexflow align`, `flow`, `strain` and `features`, run as a user runs them."""

import struct
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import h5py
import hdf5plugin  # noqa: F401
import numpy as np
import pytest

from face.photograph_clip import portrait
from mexflow.cli.main import main
from mexflow.motion.strain import optical_strain
from motion.textures import shifted

Call = Callable[..., tuple[int | str | None, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Exit code, or the error message, and what was printed."""

    def run(*arguments: object) -> tuple[int | str | None, str]:
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["mexflow", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        return caught.value.code, captured.out + captured.err

    return run


@pytest.fixture
def images(tmp_path: Path) -> tuple[Path, Path]:
    """A texture, and the same moved by 1 px to the right and 0.5 px up."""
    paths = tmp_path / "first.png", tmp_path / "second.png"
    for path, shift in zip(paths, [(0, 0), (1, -0.5)], strict=True):
        cv2.imwrite(str(path), shifted(*shift))
    return paths


def read_flo(path: Path) -> np.ndarray:
    """Middlebury's format, read by its definition."""
    data = path.read_bytes()
    magic, width, height = struct.unpack("<fii", data[:12])
    assert magic == 202021.25
    return np.frombuffer(data[12:], "<f4").reshape(height, width, 2)


@pytest.mark.parametrize("preset", ["opencv", "ipol", "fast", "dis", "farneback"])
def test_every_preset_finds_a_known_shift(call: Call, images: tuple[Path, Path], tmp_path: Path, preset: str) -> None:
    assert call("flow", *images, "-o", tmp_path / "out.flo", "--preset", preset)[0] == 0
    inside = read_flo(tmp_path / "out.flo")[12:-12, 12:-12]
    np.testing.assert_allclose(np.median(inside, axis=(0, 1)), [1, -0.5], atol=0.05)


def test_every_format_holds_the_same_field(call: Call, images: tuple[Path, Path], tmp_path: Path) -> None:
    for ending in ("flo", "npy", "h5"):
        assert call("flow", *images, "-o", tmp_path / f"out.{ending}")[0] == 0
    flow = read_flo(tmp_path / "out.flo")
    assert flow.shape == (96, 96, 2)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), flow)
    with h5py.File(tmp_path / "out.h5") as file:
        np.testing.assert_array_equal(file["flow"][()], flow)
        assert (file["flow"].attrs["channels"], file["flow"].attrs["units"]) == (b"u,v", b"px")


def test_the_engines_agree(call: Call, images: tuple[Path, Path], tmp_path: Path) -> None:
    for engine in ("numba", "cv2"):
        assert call("flow", *images, "-o", tmp_path / f"{engine}.npy", "--engine", engine)[0] == 0
    ours, theirs = (np.load(tmp_path / f"{engine}.npy") for engine in ("numba", "cv2"))
    assert np.linalg.norm(ours - theirs, axis=-1).mean() < 0.02


def test_a_picture_shows_the_direction_and_tells_its_scale(
    call: Call, images: tuple[Path, Path], tmp_path: Path
) -> None:
    code, said = call("flow", *images, "-o", tmp_path / "out.png")
    assert code == 0
    assert "Full saturation is a motion of" in said
    blue, green, red = cv2.imread(str(tmp_path / "out.png"))[48, 48].astype(int)
    assert red > max(green, blue)  # to the right is red


@pytest.mark.parametrize("ending", ["npy", "h5", "flo"])
def test_strain_is_that_of_the_flow_file(call: Call, images: tuple[Path, Path], tmp_path: Path, ending: str) -> None:
    call("flow", *images, "-o", tmp_path / f"flow.{ending}")
    assert call("strain", tmp_path / f"flow.{ending}", "-o", tmp_path / "strain.npy")[0] == 0
    call("flow", *images, "-o", tmp_path / "flow.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "strain.npy"), optical_strain(np.load(tmp_path / "flow.npy")))
    assert call("strain", tmp_path / f"flow.{ending}", "-o", tmp_path / "strain.h5")[0] == 0
    assert call("strain", tmp_path / f"flow.{ending}", "-o", tmp_path / "strain.png")[0] == 0
    assert cv2.imread(str(tmp_path / "strain.png"), cv2.IMREAD_UNCHANGED).max() == 255


def test_an_image_a_folder_and_a_file_of_faces_are_aligned(call: Call, tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    for number in (7, 8):
        cv2.imwrite(str(tmp_path / "clip" / f"img{number}.png"), portrait())
    code, said = call("align", tmp_path / "clip" / "img7.png", "-o", tmp_path / "face.png", "--size", 96)
    assert (code, "1 aligned face of 96×96 px" in said) == (0, True)
    assert cv2.imread(str(tmp_path / "face.png"), cv2.IMREAD_UNCHANGED).shape == (96, 96)
    assert call("align", tmp_path / "clip", "-o", tmp_path / "faces")[0] == 0
    assert sorted(path.name for path in (tmp_path / "faces").iterdir()) == ["7.png", "8.png"]
    assert call("align", tmp_path / "clip", "-o", tmp_path / "faces.h5")[0] == 0
    assert (tmp_path / "faces.h5").stat().st_size > 0


def test_mistakes_are_told_in_one_line(call: Call, images: tuple[Path, Path], tmp_path: Path) -> None:
    first, second = images
    small, text, out = tmp_path / "small.png", tmp_path / "text.png", tmp_path / "out.flo"
    cv2.imwrite(str(small), np.zeros((9, 8), np.uint8))
    text.write_text("no image")
    out_txt = tmp_path / "out.txt"
    for arguments, said in [
        (("flow", first, small, "-o", out), "small.png is 8×9 px"),
        (("flow", first, text, "-o", out), "text.png: not a readable image"),
        (("flow", first, tmp_path / "none.png", "-o", out), "none.png: no such image"),
        (("flow", first, second, "-o", out_txt), "out.txt: the ending must be one of .flo, .npy, .h5, .png"),
        (("flow", first, second, "-o", out, "--preset", "ipol", "--engine", "cv2"), "ipol"),
        (("strain", text, "-o", tmp_path / "s.npy"), "text.png: a flow field is read from .flo, .npy, .h5"),
        (("strain", tmp_path / "none.flo", "-o", tmp_path / "s.npy"), "none.flo: no such file"),
        (("align", tmp_path / "nowhere", "-o", tmp_path / "f.png"), "nowhere: no such file or folder"),
        (("align", first, "-o", tmp_path / "f.png"), "no face"),
        (("align", first, "-o", tmp_path / "f.png", "--mode", "per_clop"), '"per_clop" is not known here'),
    ]:
        code, printed = call(*arguments)
        assert said in f"{code}{printed}", arguments
        assert "Traceback" not in f"{code}{printed}"
    assert not out.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PIEH",
        b"PIEH" + struct.pack("<ii", 4, 4) + b"\0" * 8,
        b"PIEH" + struct.pack("<ii", -1, 4),
        b"nonsense" * 9,
    ],
)
def test_a_damaged_flow_file_is_told(call: Call, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.flo").write_bytes(data)
    code, _ = call("strain", tmp_path / "bad.flo", "-o", tmp_path / "s.npy")
    assert "bad.flo" in str(code)


def test_ready_made_features_are_listed_with_shape_units_and_source(call: Call) -> None:
    code, said = call("features")
    assert code == 0
    for words in ("uvs28", "28 × 28 × 3", "u (px)", "softnet42", "42 × 42 × 3", "9 × 224 × 224 × 5", "177", "FG 2019"):
        assert words in said, words
