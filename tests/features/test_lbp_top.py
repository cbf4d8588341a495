"""LBP-TOP: a literal loop in 50 decimals, scikit-image, closed forms and symmetries."""

from decimal import Decimal, localcontext
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.feature import local_binary_pattern

from mexflow.features.lbp_top import lbp_top

XY, XT, YT = range(3)


def cosine(sixteenths: int) -> Decimal:
    """Of an angle in sixteenths of a turn, from square roots."""
    sixteenths = min(sixteenths % 16, -sixteenths % 16)
    if sixteenths > 4:
        return -cosine(8 - sixteenths)
    root = Decimal(2).sqrt()
    return [Decimal(1), (2 + root).sqrt() / 2, root / 2, (2 - root).sqrt() / 2, Decimal(0)][sixteenths]


def sine(sixteenths: int) -> Decimal:
    return cosine(sixteenths - 4)


def places(points: int, plane: int, radii) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Where the neighbours lie from the centre, along t, y and x."""
    x_radius, y_radius, t_radius = radii
    turns = [16 // points * point for point in range(points)]
    if plane == XY:
        return [(Decimal(0), -y_radius * sine(turn), x_radius * cosine(turn)) for turn in turns]
    if plane == XT:
        return [(t_radius * sine(turn), Decimal(0), x_radius * cosine(turn)) for turn in turns]
    return [(t_radius * cosine(turn), -y_radius * sine(turn), Decimal(0)) for turn in turns]


def interpolated(volume, place) -> Decimal:
    total = Decimal(0)
    for t in {floor(place[0]), ceil(place[0])}:
        for y in {floor(place[1]), ceil(place[1])}:
            for x in {floor(place[2]), ceil(place[2])}:
                distances = [abs(where - at) for where, at in zip(place, (t, y, x), strict=True)]
                total += int(volume[t, y, x]) * (1 - distances[0]) * (1 - distances[1]) * (1 - distances[2])
    return total


def is_uniform(code: int, points: int) -> bool:
    bits = f"{code:0{points}b}"
    return (bits + bits[0]).count("01") + (bits + bits[0]).count("10") <= 2


def uniform_bins(points: int) -> dict[int, int]:
    uniform = [code for code in range(2**points) if is_uniform(code, points)]
    return {code: uniform.index(code) if code in uniform else len(uniform) for code in range(2**points)}


def literal(volume, radii, neighbours, blocks) -> np.ndarray:
    borders = radii[::-1]
    histograms = []
    pieces = [
        [
            range(border + ceil(k * (size - 2 * border) / parts), border + ceil((k + 1) * (size - 2 * border) / parts))
            for k in range(parts)
        ]
        for size, border, parts in zip(volume.shape, borders, blocks[::-1], strict=True)
    ]
    for block in [(ts, ys, xs) for ts in pieces[0] for ys in pieces[1] for xs in pieces[2]]:
        for plane, points in enumerate(neighbours):
            bins = uniform_bins(points)
            counts = np.zeros(points * (points - 1) + 3)
            for centre in [(t, y, x) for t in block[0] for y in block[1] for x in block[2]]:
                code = 0
                for bit, step in enumerate(places(points, plane, radii)):
                    value = interpolated(volume, [at + along for at, along in zip(centre, step, strict=True)])
                    if value - int(volume[centre]) >= Decimal("-1e-40"):
                        code += 2**bit
                counts[bins[code]] += 1
            histograms.append(counts / counts.sum())
    return np.concatenate(histograms).astype(np.float32)


@st.composite
def clips(draw):
    """A small clip of few or many gray levels, with radii and blocks that it is just large enough for, or larger."""
    radii = draw(st.tuples(*[st.integers(1, 2)] * 3))
    blocks = draw(st.tuples(*[st.integers(1, 2)] * 3))
    spare = draw(st.tuples(*[st.integers(0, 1)] * 3))
    shape = [2 * radius + parts + more for radius, parts, more in zip(radii, blocks, spare, strict=True)][::-1]
    grays = st.integers(0, draw(st.sampled_from([1, 3, 255])))
    return draw(arrays(np.uint8, shape, elements=grays, fill=st.nothing())), radii, blocks


@settings(max_examples=60, deadline=None)
@given(clips(), st.tuples(*[st.sampled_from([4, 8, 8, 16])] * 3))
def test_lbp_top_equals_a_literal_loop(clip, neighbours):
    volume, radii, blocks = clip
    neighbours = tuple(min(points, 8) for points in neighbours) if max(blocks) > 1 else neighbours
    with localcontext(prec=50):
        expected = literal(volume, radii, neighbours, blocks)
    np.testing.assert_array_equal(lbp_top(volume, radii, neighbours, blocks), expected)


def random_clip(seed: int, shape=(7, 20, 17), grays: int = 256) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, grays, shape)


@pytest.mark.parametrize("radius", [1, 2, 3])
def test_the_plane_xy_equals_scikit_image(radius):
    volume = random_clip(radius, (3, 24, 31), 60000).astype(np.uint16)
    ours = lbp_top(volume, (radius, radius, 1)).reshape(3, 59)[XY]
    inside = np.s_[radius:-radius, radius:-radius]
    codes = local_binary_pattern(volume[1], 8, radius, "default")[inside].astype(int).ravel()
    bins = uniform_bins(8)
    expected = np.bincount([bins[code] for code in codes], minlength=59) / codes.size
    np.testing.assert_array_equal(ours, expected.astype(np.float32))

    labels = local_binary_pattern(volume[1], 8, radius, "nri_uniform")[inside].astype(int).ravel()
    theirs = (np.bincount(labels, minlength=59) / labels.size).astype(np.float32)
    np.testing.assert_array_equal(np.sort(ours[:58]), np.sort(theirs[:58]))
    assert ours[58] == theirs[58] > 0


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 100))
def test_a_brighter_clip_has_the_same_patterns(seed, shift):
    volume = random_clip(seed, grays=20)
    np.testing.assert_array_equal(lbp_top(volume + shift), lbp_top(volume))


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_swapping_time_and_rows_swaps_xt_and_xy(seed):
    volume = random_clip(seed, (7, 9, 8), grays=5)
    standing = volume.transpose(1, 0, 2)[:, ::-1]  # +t comes to lie where the circle of XY has -y
    planes = lbp_top(volume, (1, 2, 3)).reshape(3, 59)
    np.testing.assert_array_equal(lbp_top(standing, (1, 3, 2)).reshape(3, 59)[XY], planes[XT])


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_swapping_time_and_columns_swaps_yt_and_xy(seed):
    volume = random_clip(seed, (7, 9, 8), grays=5)
    planes = lbp_top(volume, (1, 2, 3)).reshape(3, 59)
    np.testing.assert_array_equal(lbp_top(volume.T, (3, 2, 1)).reshape(3, 59)[[YT, XY]], planes[[XY, YT]])


@settings(deadline=None)
@given(st.integers(0, 2**32), st.tuples(*[st.integers(1, 3)] * 3))
def test_a_block_is_the_clip_of_its_centres_and_their_border(seed, blocks):
    radii = (2, 1, 1)
    parts = blocks[::-1]
    border = np.array(radii[::-1])
    size = np.array([2, 4, 3])
    volume = random_clip(seed, size * parts + 2 * border, 9)
    alone = [
        lbp_top(volume[tuple(slice(a, a + n) for a, n in zip(size * at, size + 2 * border, strict=True))], radii)
        for at in np.ndindex(*parts)
    ]
    np.testing.assert_array_equal(lbp_top(volume, radii, blocks=blocks), np.concatenate(alone))


@settings(deadline=None)
@given(st.integers(0, 2**32), st.tuples(*[st.integers(1, 3)] * 3), st.tuples(*[st.sampled_from([4, 5, 8, 12, 16])] * 3))
def test_each_plane_of_each_block_sums_to_one(seed, blocks, neighbours):
    histograms = lbp_top(random_clip(seed, (9, 10, 11)), (1, 2, 2), neighbours, blocks).reshape(np.prod(blocks), -1)
    ends = np.cumsum([points * (points - 1) + 3 for points in neighbours])
    assert histograms.shape[1] == ends[-1]
    for plane in np.split(histograms, ends[:-1], axis=1):
        np.testing.assert_allclose(plane.sum(axis=1), 1, rtol=1e-5)


@settings(deadline=None)
@given(st.floats(0, 255), st.tuples(*[st.integers(1, 3)] * 3), st.tuples(*[st.integers(4, 10)] * 3))
def test_in_a_flat_clip_no_neighbour_is_darker(gray, radii, neighbours):
    planes = np.split(
        lbp_top(np.full((7, 9, 8), gray), radii, neighbours),
        np.cumsum([points * (points - 1) + 3 for points in neighbours])[:-1],
    )
    for plane, points in zip(planes, neighbours, strict=True):
        assert plane[uniform_bins(points)[2**points - 1]] == 1


@pytest.mark.parametrize(
    ("axis", "codes"),
    [
        # The neighbours stand at 0°, 45° … 315°; those at right angles to the ramp equal the centre.
        (2, {XY: 0b11000111, XT: 0b11000111, YT: 0b11111111}),
        (1, {XY: 0b11110001, XT: 0b11111111, YT: 0b11110001}),
        (0, {XY: 0b11111111, XT: 0b00011111, YT: 0b11000111}),
    ],
)
def test_a_ramp_has_one_pattern_per_plane(axis, codes):
    ramp = np.indices((7, 9, 8))[axis]
    planes = lbp_top(ramp).reshape(3, 59)
    assert {plane: int(np.argmax(planes[plane])) for plane in codes} == {
        plane: uniform_bins(8)[code] for plane, code in codes.items()
    }
    assert (planes.max(axis=1) == 1).all()


def test_the_vector_of_a_whole_face_has_177_float32():
    vector = lbp_top(random_clip(0))
    assert (vector.shape, vector.dtype) == ((177,), np.float32)


@pytest.mark.parametrize(
    ("shape", "axis", "blocks"),
    [
        ((6, 9, 9), "t", (1, 1, 1)),
        ((7, 6, 9), "y", (1, 1, 1)),
        ((7, 9, 6), "x", (1, 1, 1)),
        ((7, 9, 9), "x", (4, 1, 1)),
    ],
)
def test_a_clip_smaller_than_radii_and_blocks_is_refused(shape, axis, blocks):
    with pytest.raises(ValueError, match=f"along {axis} is too short"):
        lbp_top(np.zeros(shape), (3, 3, 3), blocks=blocks)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"volume": np.zeros((9, 9))}, "a clip"),
        ({"radii": (0, 1, 1)}, "at least 1"),
        ({"blocks": (1, 0, 1)}, "at least 1"),
        ({"neighbours": (8, 3, 8)}, "neighbours"),
        ({"neighbours": (8, 8, 17)}, "neighbours"),
    ],
)
def test_what_cannot_be_described_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        lbp_top(**{"volume": np.zeros((9, 9, 9)), **arguments})
