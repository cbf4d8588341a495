"""Maps of attention come back as they were written, and damage is told."""

import numpy as np
import pytest

from mexflow.errors import UserError
from mexflow.store.attention import ClassMaps, read_attention, write_attention


def some_maps(seed, shape=(4, 6, 5)) -> ClassMaps:
    maps = np.random.default_rng(seed).random((3, *shape)).astype(np.float32)
    return ClassMaps(*maps, clips=7 + seed)


def test_maps_come_back_in_the_order_of_the_classes(tmp_path):
    written = {name: some_maps(seed) for seed, name in enumerate(["surprise", "happy/sad", "é中"])}
    write_attention(written, tmp_path / "a.h5", "{}", "abc")
    read = read_attention(tmp_path / "a.h5")
    assert list(read) == list(written)
    for name, one in written.items():
        assert read[name].clips == one.clips
        for kind in ("grad_cam", "hires_cam", "saliency"):
            np.testing.assert_array_equal(getattr(read[name], kind), getattr(one, kind), strict=True)


def test_maps_that_a_network_cannot_have_stay_away(tmp_path):
    written = ClassMaps(None, None, np.ones((3, 3), np.float32), clips=1)
    write_attention({"I": written}, tmp_path / "a.h5", "{}", "abc")
    read = read_attention(tmp_path / "a.h5")["I"]
    assert (read.grad_cam, read.hires_cam) == (None, None)
    np.testing.assert_array_equal(read.saliency, written.saliency)


def test_a_flipped_bit_in_a_map_is_told(tmp_path):
    path = tmp_path / "a.h5"
    maps = some_maps(0, shape=(64, 64))
    write_attention({"I": maps}, path, "{}", "abc")
    content = bytearray(path.read_bytes())
    content[content.index(maps.saliency.tobytes()[:64]) + 5] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.h5 is damaged \(its content does not match its checksum\)"):
        read_attention(path)
