"""However a stored file is damaged, the message names it, the damage and the remedy; nothing wrong is ever read."""

import functools
import re
import tempfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.errors import UserError
from mexflow.store.aligned import reading_aligned
from mexflow.store.files import open_hdf5, telling_damage, writing_hdf5
from mexflow.store.flow import reading_flow
from store.samples import KINDS

REMEDY = "Delete it and run again; only this file and what depends on it are rebuilt."


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@functools.cache
def whole(kind: str) -> bytes:
    """The bytes of a good file."""
    with tempfile.TemporaryDirectory() as folder:
        KINDS[kind].write(Path(folder) / "f.h5")
        return (Path(folder) / "f.h5").read_bytes()


def damage_told(path: Path, kind: str) -> str:
    """What is said about a file's damage."""
    with pytest.raises(UserError) as caught:
        KINDS[kind].read(path)
    message = str(caught.value)
    assert message.startswith(f"{path} is damaged (")
    assert message.endswith(f"). {REMEDY}")
    return message.removeprefix(f"{path} is damaged (").removesuffix(f"). {REMEDY}")


def test_a_file_cut_anywhere_is_damaged(kind, tmp_path):
    content, path = whole(kind), tmp_path / "cut.h5"
    cuts = [*range(1, 200, 9), *range(200, len(content), len(content) // 60), len(content) - 1]
    for cut in cuts:
        path.write_bytes(content[:cut])
        told = damage_told(path, kind)
        if cut > 100:  # the head is whole
            there, all_of_it = f"{cut / 1e3:.1f}", f"{len(content) / 1e3:.1f}"
            assert told == f"truncated at {there} of {all_of_it} kB"


def test_a_large_file_is_measured_in_mb(tmp_path):
    path = tmp_path / "f.h5"
    with writing_hdf5(path, "flow", "{}", "c") as file:
        file["x"] = np.zeros(425_000)
    size = path.stat().st_size
    assert 3.35e6 < size < 3.45e6
    path.write_bytes(path.read_bytes()[:1_200_000])
    assert damage_told(path, "flow") == "truncated at 1.2 of 3.4 MB"


def same(one: object, other: object) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return np.array_equal(np.asarray(one), np.asarray(other))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_flipped_bits_are_damage_or_have_hit_nothing(tmp_path_factory, data):
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    content = bytearray(whole(kind))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    folder = tmp_path_factory.mktemp("flipped")
    (folder / "whole.h5").write_bytes(whole(kind))
    (folder / "flipped.h5").write_bytes(content)
    try:
        read = KINDS[kind].read(folder / "flipped.h5")
    except UserError as error:
        assert "flipped.h5" in str(error)
        assert str(error).endswith(REMEDY)
    else:
        assert same(read, KINDS[kind].read(folder / "whole.h5"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_of_the_head_is_guarded(kind, tmp_path):
    # In a circle for ever: that is what HDF5 did with damaged text of variable width.
    path = tmp_path / "f.h5"
    for place in range(0, 700, 3):
        content = bytearray(whole(kind))
        content[place] ^= 0xFF
        path.write_bytes(content)
        with pytest.raises(UserError):
            KINDS[kind].read(path)


@pytest.mark.parametrize(
    ("kind", "dataset"),
    [("aligned", "videos/v/faces"), ("flow", "c/flow"), ("flow", "c/strain"), ("feature", "samples")],
)
def test_every_byte_of_compressed_data_is_guarded(tmp_path, kind, dataset):
    path = tmp_path / "f.h5"
    path.write_bytes(whole(kind))
    with h5py.File(path) as file:
        chunks = file[dataset].id
        places = [chunks.get_chunk_info(n) for n in range(chunks.get_num_chunks())]
    for chunk in (places[0], places[-1]):
        for offset in {0, chunk.size // 3, chunk.size // 2, chunk.size - 1}:
            content = bytearray(whole(kind))
            content[chunk.byte_offset + offset] ^= 0x10
            path.write_bytes(content)
            assert damage_told(path, kind) == "its content does not match its checksum"


def test_an_empty_file_is_told(kind, tmp_path):
    (tmp_path / "f.h5").touch()
    assert damage_told(tmp_path / "f.h5", kind) == "empty"


def test_a_text_file_is_told(kind, tmp_path):
    (tmp_path / "f.h5").write_text("subject,clip\n" * 500)
    assert damage_told(tmp_path / "f.h5", kind) == "no HDF5 file"


def test_a_file_that_lost_a_part_is_told(kind, tmp_path):
    path = tmp_path / "f.h5"
    with writing_hdf5(path, kind, "{}", "c") as file:
        file.create_group("v")
        file.create_group("samples")
    assert damage_told(path, kind)


def test_a_missing_file_is_told(kind, tmp_path):
    with pytest.raises(UserError, match=r"f\.h5 is missing\. Run snakemake again; it is rebuilt\."):
        KINDS[kind].read(tmp_path / "f.h5")


def test_a_file_of_another_kind_is_told(kind, tmp_path):
    other = next(name for name in KINDS if name != kind)
    KINDS[other].write(tmp_path / "f.h5")
    with pytest.raises(UserError, match=re.escape(f"f.h5 holds {other}, not {kind}. {REMEDY}")):
        KINDS[kind].read(tmp_path / "f.h5")


def test_somebody_elses_hdf5_file_is_told(kind, tmp_path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(UserError, match=f"holds unknown content, not {kind}"):
        KINDS[kind].read(tmp_path / "f.h5")


@pytest.mark.parametrize("version", [2, None])
def test_a_file_of_another_format_is_told(kind, tmp_path, version):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.attrs["kind"] = kind
        if version:
            file.attrs["format_version"] = version
    with pytest.raises(UserError, match=f"has format {version or 'unknown'}; this mexflow reads format 1"):
        KINDS[kind].read(tmp_path / "f.h5")


@pytest.mark.parametrize("opened", [reading_aligned, reading_flow])
def test_a_clip_that_is_not_there_is_damage(tmp_path, opened):
    kind = opened.__name__.removeprefix("reading_")
    KINDS[kind].write(tmp_path / "f.h5")
    with pytest.raises(UserError, match=r"f\.h5 is damaged .*gone"), opened(tmp_path / "f.h5") as file:
        file["gone"]


@pytest.mark.parametrize("opened", [reading_aligned, reading_flow])
@pytest.mark.parametrize("error", [KeyError, OSError, ValueError])
def test_an_error_of_the_reading_code_is_not_called_damage(tmp_path, opened, error):
    KINDS[opened.__name__.removeprefix("reading_")].write(tmp_path / "f.h5")
    with pytest.raises(error, match="ours"), opened(tmp_path / "f.h5"):
        raise error("ours")


def test_a_good_file_is_not_called_damaged(kind, tmp_path):
    KINDS[kind].write(tmp_path / "f.h5")
    with open_hdf5(tmp_path / "f.h5", kind) as file, telling_damage(file):
        assert len(file) > 0
