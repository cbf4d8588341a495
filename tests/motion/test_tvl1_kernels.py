"""The compiled parts one by one, against OpenCV, SciPy and literal NumPy."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numba.core import caching
from scipy.ndimage import median_filter

from mexflow.motion import tvl1_kernels as kernels
from motion.tvl1flow_program import centered_gradient, divergence, forward_gradient, warp

FIELDS = {"u": 0, "v": 1, "pux": 2, "puy": 3, "pvx": 4, "pvy": 5, "ix": 6, "iy": 7, "rho": 8, "scale": 9}
sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))


class Level:
    """A level's memory, its fields by name."""

    def __init__(self, second: np.ndarray, flow: np.ndarray, theta: float = 0.3, tau_theta: float = 0.8) -> None:
        self.height, self.width = second.shape
        self.memory = kernels.level_memory(*second.shape)
        self.state, self.stack, self.scratch, self.columns, self.squares = self.memory
        self.pitch = kernels._open_level(
            np.zeros_like(second),
            second,
            np.stack([*flow], axis=-1),
            self.memory,
            np.float32(theta),
            np.float32(tau_theta),
        )

    @property
    def rows(self) -> np.ndarray:
        """All rows, the zeros above, below and behind included: (height + 2, fields, pitch)."""
        count = (self.height + 2) * kernels._FIELDS * self.pitch
        return self.state[kernels.LANES : kernels.LANES + count].reshape(self.height + 2, -1, self.pitch)

    def __getitem__(self, field: str) -> np.ndarray:
        return self.rows[1:-1, FIELDS[field], : self.width]

    def surroundings(self) -> np.ndarray:
        return np.concatenate([self.rows[[0, -1]].ravel(), self.rows[:, :, self.width :].ravel()])


def smooth(shape, seed, scale=1.0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(shape)
    return (scale * cv2.GaussianBlur(noise, (0, 0), 1.5)).astype(np.float32)


# --- median -------------------------------------------------------------------------------------------------------

planes = sizes.flatmap(lambda size: arrays(np.float32, size, elements=st.integers(-20, 20).map(float)))


@settings(max_examples=40, deadline=None)
@given(planes, st.sampled_from([3, 5]), st.sampled_from(["u", "v"]))
def test_the_median_filter_is_exact(plane, size, field):
    level = Level(plane, np.stack([plane, plane]))
    kernels._median_filter(
        level.state, level.scratch, level.columns, FIELDS[field], level.height, level.width, level.pitch, size
    )
    np.testing.assert_array_equal(level[field], median_filter(plane, size=size, mode="nearest"))
    assert (level.surroundings() == 0).all()


@pytest.mark.parametrize("size", [3, 5])
def test_the_median_is_that_of_opencv(size):
    plane = smooth((37, 70), 3)
    level = Level(plane, np.stack([plane, plane]))
    kernels._median_filter(level.state, level.scratch, level.columns, 0, 37, 70, level.pitch, size)
    np.testing.assert_array_equal(level["u"], cv2.medianBlur(plane, size))


# --- warps --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 3), (20, 33), (64, 48), (17, 100)])
@pytest.mark.parametrize("motion", [0.5, 6.0, 1e4], ids=["small", "large", "far out"])
def test_the_warp_is_opencv_s_remap(shape, motion):
    image, flow = 50 * smooth(shape, 0), motion * np.stack([smooth(shape, 1), smooth(shape, 2)])
    level = Level(image, flow)
    kernels._warp_opencv(level.state, level.stack, level.scratch, level.columns, *shape, level.pitch)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    warped, ix, iy = (
        cv2.remap(part, x + flow[0], y + flow[1], cv2.INTER_CUBIC) for part in (image, *centered_gradient(image))
    )
    np.testing.assert_allclose(level["ix"], ix, atol=1e-4)
    np.testing.assert_allclose(level["iy"], iy, atol=1e-4)
    tolerance = 1e-3 + 1e-5 * np.abs(flow).max() * np.abs(ix).max()
    np.testing.assert_allclose(level["rho"], warped - ix * flow[0] - iy * flow[1], atol=tolerance)


@pytest.mark.parametrize("shape", [(6, 7), (20, 33)])
@pytest.mark.parametrize("motion", [0.5, 6.0, 1e4], ids=["small", "large", "far out"])
def test_the_warp_is_the_ipol_program_s(shape, motion):
    image, flow = 50 * smooth(shape, 0), motion * np.stack([smooth(shape, 1), smooth(shape, 2)])
    level = Level(image, flow)
    kernels._warp_ipol(level.state, level.stack, level.scratch, level.columns, *shape, level.pitch)
    for field, part in zip(("ix", "iy"), centered_gradient(image), strict=True):
        np.testing.assert_allclose(level[field], warp(part, *flow), atol=1e-4)


# --- iteration ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 2), (5, 16), (23, 17), (40, 50)])
def test_iterations_are_those_of_the_article(shape):
    """Thresholding, divergence, u, forward gradient, dual variables: whole arrays, one after the other."""
    lambda_theta, theta, tau_theta = np.float32(0.045), np.float32(0.3), np.float32(0.25 / 0.3)
    level = Level(np.zeros(shape, np.float32), np.stack([smooth(shape, 1), smooth(shape, 2)]), theta, tau_theta)
    for seed, field in enumerate(("ix", "iy", "rho")):
        level[field][:] = smooth(shape, 4 + seed, 20)
    ix, iy, rho_c, u, v = (level[field].astype(np.float64) for field in ("ix", "iy", "rho", "u", "v"))
    squared = ix**2 + iy**2
    level["scale"][:] = 1 / squared
    pux, puy, pvx, pvy = (np.zeros(shape) for _ in range(4))
    for _ in range(6):
        changed = kernels._iterate(
            level.state, level.columns, level.squares, *shape, level.pitch, tau_theta, lambda_theta
        )
        rho = rho_c + ix * u + iy * v
        step = np.select(
            [rho < -lambda_theta * squared, rho > lambda_theta * squared], [lambda_theta, -lambda_theta], -rho / squared
        )
        before = u, v
        u, v = u + step * ix + theta * divergence(pux, puy), v + step * iy + theta * divergence(pvx, pvy)
        assert changed == pytest.approx(((u - before[0]) ** 2 + (v - before[1]) ** 2).sum(), rel=1e-3)
        for part, p in ((u, (pux, puy)), (v, (pvx, pvy))):
            along, down = forward_gradient(part)
            norm = 1 + tau_theta * np.hypot(along, down)
            p[0][:], p[1][:] = (p[0] + tau_theta * along) / norm, (p[1] + tau_theta * down) / norm
        expected = {"u": u, "v": v, "pux": pux, "puy": puy, "pvx": pvx, "pvy": pvy}
        for field, values in expected.items():
            np.testing.assert_allclose(level[field], values, atol=2e-5)
    assert (level.surroundings() == 0).all()


# --- the cache ----------------------------------------------------------------------------------------------------


def test_kernels_run_where_nothing_can_be_cached(monkeypatch):
    """A read-only installation whose user has no home."""
    monkeypatch.setattr(caching.CompileResultCacheImpl, "_locator_classes", [])
    compiled = kernels._compiled(lambda x: x + 1)
    assert compiled(1) == 2
