"""HOOF: histograms of oriented optical flow."""

import numpy as np


def hoof(flow: np.ndarray, bins: int = 8, blocks: tuple[int, int] = (1, 1)) -> np.ndarray:
    """Histogram of oriented optical flow that cannot tell left from right.

    Each vector adds its length to the bin of its primary angle, the smallest signed angle to the horizontal axis:
    atan2(v, |u|), in `bins` equal parts of [-π/2, π/2], upward motion first (v points down). A bin holds its lower
    edge; the last one holds π/2, too. Each frame pair's histogram of each block is divided by its sum; the mean over
    the pairs is returned, as MDMO does with what it measures per frame.

    Parameters
    ----------
    flow : (n, H, W, 2) float array
        Displacements (u along columns, v along rows) of n frame pairs, in px or any other unit.
    bins : int
        30 in the paper on actions; 8 is usual for micro-expressions.
    blocks : (rows, columns)
        Parts of the face, without overlap, of sizes that differ by one pixel at most.

    Returns
    -------
    (rows · columns · bins,) float32 array
        Block after block along the rows. Each block's bins sum to 1. A pair in which a block stands still (zero flow)
        has no histogram and is left out of the mean; a block that never moves has zeros.

    Raises
    ------
    ValueError
        If the flow has another shape or no pairs, the bins are fewer than one, or the blocks are more than the pixels.

    References
    ----------
    Chaudhry et al., "Histograms of oriented optical flow and Binet-Cauchy kernels on nonlinear dynamical systems for
    the recognition of human actions", CVPR 2009. The mean: Liu et al., "A main directional mean optical flow feature
    for spontaneous micro-expression recognition", IEEE TAFFC 7(4), 2016.

    Examples
    --------
    >>> leftward = np.zeros((1, 4, 4, 2)) - [0.5, 0]
    >>> hoof(leftward, bins=4).tolist()
    [0.0, 0.0, 1.0, 0.0]
    """
    _check(flow, bins, blocks)
    angles = np.arctan2(flow[..., 1], np.abs(flow[..., 0]), dtype=np.float64)
    positions = np.digitize(angles, np.linspace(-np.pi / 2, np.pi / 2, bins + 1)) - 1
    return _mean_histograms(flow, np.minimum(positions, bins - 1), bins, blocks)


def hoof_full_circle(flow: np.ndarray, bins: int = 8, blocks: tuple[int, int] = (1, 1)) -> np.ndarray:
    """Histogram of oriented optical flow over all directions.

    As `hoof`, but of the angle atan2(v, u) itself, in `bins` equal parts of [-π, π). This is what papers on
    micro-expressions use: a pulled lip corner moves outwards on both sides of the face. Motion straight to the left
    (π = -π) is in the first bin.

    Parameters
    ----------
    flow : (n, H, W, 2) float array
        As in `hoof`.
    bins : int
    blocks : (rows, columns)

    Returns
    -------
    (rows · columns · bins,) float32 array
        As from `hoof`.

    Raises
    ------
    ValueError
        As `hoof`.

    References
    ----------
    Liong et al., "Less is more: micro-expression recognition from video using apex frame", Signal Processing: Image
    Communication 62, 2018: the histogram that Bi-WOOF starts from.

    Examples
    --------
    >>> leftward = np.zeros((1, 4, 4, 2)) - [0.5, 0]
    >>> hoof_full_circle(leftward, bins=4).tolist()
    [1.0, 0.0, 0.0, 0.0]
    """
    _check(flow, bins, blocks)
    angles = np.arctan2(flow[..., 1], flow[..., 0], dtype=np.float64)
    positions = np.digitize(angles, np.linspace(-np.pi, np.pi, bins + 1)) - 1
    return _mean_histograms(flow, positions % bins, bins, blocks)


def _check(flow: np.ndarray, bins: int, blocks: tuple[int, int]) -> None:
    if flow.ndim != 4 or flow.shape[-1] != 2 or len(flow) == 0:
        raise ValueError(f"the flow (n, H, W, 2) of at least one frame pair expected, got {flow.shape}")
    if bins < 1:
        raise ValueError(f"at least one bin expected, got {bins}")
    if min(blocks) < 1 or blocks[0] > flow.shape[1] or blocks[1] > flow.shape[2]:
        raise ValueError(f"a field of {flow.shape[1]} × {flow.shape[2]} px has no {blocks[0]} × {blocks[1]} blocks")


def _mean_histograms(flow: np.ndarray, positions: np.ndarray, bins: int, blocks: tuple[int, int]) -> np.ndarray:
    rows, columns = blocks
    _, height, width, _ = flow.shape
    row = np.arange(height)[:, None] * rows // height
    column = np.arange(width) * columns // width
    block = row * columns + column
    shares = np.zeros((rows * columns, bins))
    moving_pairs = np.zeros((rows * columns, 1))
    for pair, position in zip(flow, positions, strict=True):
        lengths = np.hypot(pair[..., 0], pair[..., 1], dtype=np.float64)
        cells = (block * bins + position).ravel()
        sums = np.bincount(cells, lengths.ravel(), minlength=shares.size).reshape(shares.shape)
        total = sums.sum(axis=1, keepdims=True)
        shares += np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
        moving_pairs += total > 0
    return (shares / np.maximum(moving_pairs, 1)).astype(np.float32).ravel()
