"""TIM against its paper's own construction, closed forms and symmetries; straight interpolation against NumPy's."""

from math import cos, pi, sin, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.linalg import eigh

from mexflow.video.temporal_interpolation import linear_interpolation, path_graph_curve, tim

frame_counts = st.integers(1, 24)
lengths = st.integers(1, 40)
seeds = st.integers(0, 2**32 - 1)
PIXELS = 60


def clip(frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(128, 40, (frames, 6, PIXELS // 6))


def laplacian(vertices: int) -> np.ndarray:
    adjacency = np.eye(vertices, k=1) + np.eye(vertices, k=-1)
    return np.diag(adjacency.sum(axis=0)) - adjacency


def sines(t: float, frames: int) -> list[float]:
    return [sin(pi * k * t + pi * (frames - k) / (2 * frames)) for k in range(1, frames)]


def places(frames: int, length: int) -> list[float]:
    return [1 / frames + (1 - 1 / frames) * step / (length - 1) for step in range(length)]


def tim_of_the_paper(volume: np.ndarray, length: int) -> np.ndarray:
    """Zhou et al. 2011, step by step: centre, reduce by SVD, embed the graph, scale the sines, map back."""
    frames = len(volume)
    pixels = volume.reshape(frames, -1).T
    mean = pixels.mean(axis=1, keepdims=True)
    basis, singular, right = np.linalg.svd(pixels - mean, full_matrices=False)
    basis, reduced = basis[:, :-1], singular[:-1, None] * right[:-1]
    embedding = eigh(reduced @ laplacian(frames) @ reduced.T, reduced @ reduced.T)[1]
    scale = reduced[:, 0] @ embedding / sines(1 / frames, frames)
    curve = np.array([sines(t, frames) for t in places(frames, length)]).T
    return (basis @ np.linalg.solve(embedding.T, scale[:, None] * curve) + mean).T.reshape(-1, *volume.shape[1:])


@pytest.mark.parametrize("frames", [2, 3, 5, 10, 24])
@pytest.mark.parametrize("length", [2, 7, 10, 31])
def test_tim_is_the_model_of_the_paper(frames, length):
    volume = clip(frames)
    np.testing.assert_allclose(tim(volume, length), tim_of_the_paper(volume, length), atol=1e-6)


@pytest.mark.parametrize("vertices", [1, 2, 3, 8, 25])
def test_the_curve_passes_through_the_eigenvectors_of_the_path_graph(vertices):
    values, vectors = np.linalg.eigh(laplacian(vertices))
    curve = path_graph_curve(np.arange(1, vertices + 1) / vertices, vertices)
    np.testing.assert_allclose(values, [2 - 2 * cos(pi * k / vertices) for k in range(vertices)], atol=1e-12)
    cosines = np.abs((curve / np.linalg.norm(curve, axis=0) * vectors).sum(axis=0))
    np.testing.assert_allclose(cosines, 1, atol=1e-9)


@given(frames=st.integers(2, 24), length=st.integers(2, 40), seed=seeds)
def test_a_clip_on_the_curve_of_the_model_is_recovered_anywhere_on_it(frames, length, seed):
    rng = np.random.default_rng(seed)
    mean, directions = rng.normal(size=PIXELS), rng.normal(size=(frames - 1, PIXELS))

    def on_the_curve(t: float) -> np.ndarray:
        return mean + sum(one * direction for one, direction in zip(sines(t, frames), directions, strict=True))

    volume = np.array([on_the_curve(i / frames) for i in range(1, frames + 1)])
    expected = np.array([on_the_curve(t) for t in places(frames, length)])
    np.testing.assert_allclose(tim(volume, length), expected, atol=1e-10)


@pytest.mark.parametrize("length", [2, 3, 10])
def test_two_frames_blend_along_half_a_cosine(length):
    first, last = clip(2)
    blends = [sqrt(1 / 2) * sin(pi * t + pi / 4) for t in places(2, length)]
    expected = [(first + last) / 2 + blend * (first - last) for blend in blends]
    np.testing.assert_allclose(tim(np.array([first, last]), length), expected, atol=1e-10)


@given(frames=frame_counts, seed=seeds)
def test_tim_to_the_same_length_returns_the_clip(frames, seed):
    volume = clip(frames, seed)
    np.testing.assert_allclose(tim(volume, frames), volume, atol=1e-9)
    np.testing.assert_allclose(tim(volume.astype(np.float32), frames), volume, rtol=0, atol=255e-5)


@given(frames=frame_counts, times=st.integers(1, 6))
def test_tim_passes_through_the_frames_on_its_way(frames, times):
    volume = clip(frames)
    np.testing.assert_allclose(tim(volume, (frames - 1) * times + 1)[::times], volume, atol=1e-9)


@pytest.mark.parametrize("frames", [2, 3, 5, 10, 40])
@pytest.mark.parametrize("length", [2, 10, 18, 96])
def test_images_moving_along_a_line_stay_on_it_and_move_on(frames, length):
    start, step = clip(2)
    volume = start + np.arange(frames)[:, None, None] * step
    found = (tim(volume, length) - start).reshape(length, -1)
    along = found @ step.ravel() / (step.ravel() @ step.ravel())
    np.testing.assert_allclose(found, np.outer(along, step.ravel()), atol=1e-8)
    assert (np.diff(along) > 0).all()
    assert np.abs(along - np.linspace(0, frames - 1, length)).max() < 0.08


def repeated() -> np.ndarray:
    first, second, third = clip(3)
    return np.array([first, first, second, second, second, third, first])


@pytest.mark.parametrize(
    "volume", [repeated(), np.array([*clip(2)] * 3), clip(PIXELS + 5)], ids=["pauses", "two", "long"]
)
def test_dependent_frames_are_passed_through_as_well(volume):
    between = 3
    np.testing.assert_allclose(tim(volume, (len(volume) - 1) * between + 1)[::between], volume, atol=1e-9)


def test_for_dependent_frames_the_model_of_the_paper_tends_to_the_same():
    volume = repeated()
    noise = np.random.default_rng(5).normal(size=volume.shape)
    off = [np.abs(tim_of_the_paper(volume + size * noise, 12) - tim(volume, 12)).max() for size in (1.0, 0.1, 0.01)]
    assert off[0] > 5 * off[1] > 25 * off[2]
    assert off[2] < 0.1


INTERPOLATIONS = pytest.mark.parametrize("interpolate", [tim, linear_interpolation])


@INTERPOLATIONS
@given(frames=frame_counts, length=lengths, seed=seeds)
def test_reversing_time_before_or_after_is_the_same(interpolate, frames, length, seed):
    volume = clip(frames, seed)
    if length > 1:
        np.testing.assert_allclose(interpolate(volume[::-1], length), interpolate(volume, length)[::-1], atol=1e-9)


@INTERPOLATIONS
@given(frames=frame_counts, length=lengths)
def test_a_clip_without_motion_has_none_afterwards(interpolate, frames, length):
    still = np.broadcast_to(clip(1), (frames, 6, PIXELS // 6))
    np.testing.assert_allclose(
        interpolate(still, length), np.broadcast_to(still[0], (length, *still.shape[1:])), atol=1e-9
    )


@INTERPOLATIONS
@given(frames=frame_counts, length=st.integers(2, 40))
def test_the_ends_of_a_clip_stay_its_ends(interpolate, frames, length):
    volume = clip(frames)
    np.testing.assert_allclose(interpolate(volume, length)[[0, -1]], volume[[0, -1]], atol=1e-9)


@INTERPOLATIONS
@given(frames=frame_counts)
def test_a_single_frame_is_the_first(interpolate, frames):
    volume = clip(frames)
    np.testing.assert_allclose(interpolate(volume, 1), volume[:1], atol=1e-9)


@INTERPOLATIONS
@pytest.mark.parametrize(
    ("given_type", "expected"),
    [
        (np.uint8, np.float32),
        (np.int16, np.float32),
        (np.float16, np.float32),
        (np.float32, np.float32),
        (np.int32, np.float64),
        (np.float64, np.float64),
    ],
)
def test_types_are_kept_or_made_floating(interpolate, given_type, expected):
    volume = clip(5).clip(0, 255).astype(given_type)
    found = interpolate(volume, 8)
    assert found.dtype == expected
    np.testing.assert_allclose(found, interpolate(volume.astype(np.float64), 8), rtol=1e-5, atol=1e-3)


@INTERPOLATIONS
@pytest.mark.parametrize("shape", [(), (4,), (4, 3), (4, 3, 2)])
def test_frames_may_have_any_shape(interpolate, shape):
    volume = np.random.default_rng(3).normal(size=(6, *shape))
    found = interpolate(volume, 9)
    assert found.shape == (9, *shape)
    np.testing.assert_allclose(found.reshape(9, -1)[:, 0], interpolate(volume.reshape(6, -1)[:, 0], 9), atol=1e-12)


@INTERPOLATIONS
@pytest.mark.parametrize(("frames", "length"), [(0, 5), (5, 0), (5, -1)])
def test_no_frames_are_refused(interpolate, frames, length):
    with pytest.raises(ValueError, match=f"{frames} frames cannot become {length}"):
        interpolate(np.zeros((frames, 2, 2)), length)


@INTERPOLATIONS
def test_the_clip_is_left_as_it_was(interpolate):
    volume = clip(5)
    before = volume.copy()
    interpolate(volume, 5)[:] = 0
    np.testing.assert_array_equal(volume, before)


@given(signal=arrays(np.float64, st.integers(1, 30), elements=st.floats(-255, 255)), length=lengths)
def test_straight_interpolation_is_that_of_numpy(signal, length):
    expected = np.interp(np.linspace(0, len(signal) - 1, length), np.arange(len(signal)), signal)
    np.testing.assert_allclose(linear_interpolation(signal, length), expected, atol=1e-9)
