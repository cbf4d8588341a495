"""LBP-TOP: local binary patterns on three orthogonal planes."""

import math

import numpy as np
from numba import njit

_TIE = 1e-6
"""Gray levels. An interpolated neighbour that equals its centre must not be decided by a rounding error."""


def lbp_top(
    volume: np.ndarray,
    radii: tuple[int, int, int] = (3, 3, 3),
    neighbours: tuple[int, int, int] = (8, 8, 8),
    blocks: tuple[int, int, int] = (1, 1, 1),
) -> np.ndarray:
    """Histograms of the uniform local binary patterns in the planes XY, XT and YT of a clip.

    Neighbour p of P lies on an ellipse at the angle 2πp/P: at (x + r_x cos, y - r_y sin) in XY, (x + r_x cos,
    t + r_t sin) in XT, and (y - r_y sin, t + r_t cos) in YT. Between pixels its value is interpolated bilinearly.
    It gives bit p of the pattern, set where it is not darker than the centre. A pattern is uniform if at most two
    neighbours round the circle differ from the next one; each uniform pattern has its own bin, in the order of their
    codes, and all others share the last bin: 59 bins for 8 neighbours, P (P - 1) + 3 for P.

    Centres are the pixels whose three circles lie inside the clip: r_x columns, r_y rows and r_t frames are left out
    at either end.

    Parameters
    ----------
    volume : (n, H, W) real array
        The gray frames of a clip.
    radii : (r_x, r_y, r_t)
        In px, px and frames.
    neighbours : (P_xy, P_xt, P_yt)
        From 4 to 16.
    blocks : (b_x, b_y, b_t)
        Parts of the centres along each axis, without overlap, of sizes that differ by one at most.

    Returns
    -------
    (b_t · b_y · b_x · bins of the three planes,) float32 array
        Block after block, x fastest, then y, then t; in a block XY, XT, YT. Each plane's histogram of each block
        sums to 1.

    Raises
    ------
    ValueError
        If the volume does not have three axes, a radius or a number of blocks is smaller than 1, neighbours are
        out of range, or the volume is too small for the radii and blocks.

    References
    ----------
    Zhao and Pietikäinen, "Dynamic texture recognition using local binary patterns with an application to facial
    expressions", IEEE TPAMI 29(6), 2007; the defaults are its choice for faces. Angles and the comparison are those
    of the authors' MATLAB code. Uniform patterns: Ojala, Pietikäinen and Mäenpää, IEEE TPAMI 24(7), 2002.

    Examples
    --------
    >>> flat = np.full((7, 16, 16), 90, np.uint8)
    >>> histograms = lbp_top(flat).reshape(3, 59)
    >>> histograms[:, 57].tolist()
    [1.0, 1.0, 1.0]
    """
    _check(volume, radii, neighbours, blocks)
    _, height, width = volume.shape
    along_x, up_y, along_t = (radii[0], 1), (radii[1], -width), (radii[2], height * width)
    planes = [(along_x, up_y), (along_x, along_t), (along_t, up_y)]
    part_of_x, part_of_y, part_of_t = (
        np.arange(size - 2 * radius) * parts // (size - 2 * radius)
        for size, radius, parts in zip(volume.shape[::-1], radii, blocks, strict=True)
    )
    block_of = (part_of_t[:, None, None] * blocks[1] + part_of_y[:, None]) * blocks[0] + part_of_x
    values = np.ascontiguousarray(volume, np.float64)
    shares = []
    for points, (cosine, sine) in zip(neighbours, planes, strict=True):
        bins = _uniform_bins(points)
        counts = np.zeros((math.prod(blocks), bins.max() + 1), np.int64)
        _count_patterns(values, radii, block_of, *_circle(points, cosine, sine), bins, counts)
        shares.append(counts / counts.sum(axis=1, keepdims=True))
    return np.concatenate(shares, axis=1).astype(np.float32).ravel()


def _check(volume: np.ndarray, radii: tuple[int, ...], neighbours: tuple[int, ...], blocks: tuple[int, ...]) -> None:
    if volume.ndim != 3:
        raise ValueError(f"a clip (n, H, W) expected, got {volume.shape}")
    if min(radii) < 1 or min(blocks) < 1:
        raise ValueError(f"radii and blocks of at least 1 expected, got {radii} and {blocks}")
    if min(neighbours) < 4 or max(neighbours) > 16:
        raise ValueError(f"from 4 to 16 neighbours expected, got {neighbours}")
    for name, size, radius, parts in zip("xyt", volume.shape[::-1], radii, blocks, strict=True):
        if size - 2 * radius < parts:
            raise ValueError(
                f"a clip of {size} along {name} is too short: radius {radius} and {parts} blocks need "
                f"{2 * radius + parts}"
            )


def _circle(points: int, cosine: tuple[int, int], sine: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Each neighbour's four pixels, as steps in the flattened volume, and their weights."""
    (cosine_radius, cosine_stride), (sine_radius, sine_stride) = cosine, sine
    angles = 2 * np.pi * np.arange(points) / points
    # Rounded, so that cos(π/4) = sin(π/4) and cos(π/2) = 0.
    first, second = np.round(cosine_radius * np.cos(angles), 9), np.round(sine_radius * np.sin(angles), 9)
    first_part, second_part = first - np.floor(first), second - np.floor(second)
    steps = [
        along * cosine_stride + across * sine_stride
        for along in (np.floor(first), np.ceil(first))
        for across in (np.floor(second), np.ceil(second))
    ]
    weights = [along * across for along in (1 - first_part, first_part) for across in (1 - second_part, second_part)]
    return np.stack(steps, axis=1).astype(np.int64), np.stack(weights, axis=1)


def _uniform_bins(points: int) -> np.ndarray:
    codes = np.arange(2**points)
    turned = (codes >> 1) | ((codes & 1) << (points - 1))
    uniform = np.bitwise_count(codes ^ turned) <= 2
    return np.where(uniform, np.cumsum(uniform) - 1, uniform.sum())


@njit(nogil=True)
def _count_patterns(
    volume: np.ndarray,
    radii: tuple[int, int, int],
    block_of: np.ndarray,
    steps: np.ndarray,
    weights: np.ndarray,
    bins: np.ndarray,
    counts: np.ndarray,
) -> None:
    _, height, width = volume.shape
    pixels = volume.ravel()
    for t in range(block_of.shape[0]):
        for y in range(block_of.shape[1]):
            row = ((t + radii[2]) * height + y + radii[1]) * width + radii[0]
            for x in range(block_of.shape[2]):
                at = row + x
                code = 0
                for point in range(len(steps)):
                    difference = 0.0
                    for corner in range(4):
                        difference += weights[point, corner] * (pixels[at + steps[point, corner]] - pixels[at])
                    if difference >= -_TIE:
                        code |= 1 << point
                counts[block_of[t, y, x], bins[code]] += 1
