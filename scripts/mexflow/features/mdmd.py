"""MDMD, main directional maximal difference: how far a face has moved between two frames in which it is alike."""

import numpy as np

_PAIRS = 16  # at a time: their intermediates stay small, and no slower


def mdmd(flow: np.ndarray, flow_twice: np.ndarray, blocks: tuple[int, int] = (6, 6), directions: int = 4) -> np.ndarray:
    """Main directional maximal difference of the current frame between a head and a tail frame.

    Head, current and tail frame are j, j + k and j + 2k. In each block of the face, the main direction is the one that
    most of the vectors from head to current have. Of these vectors' lengths, those of the vectors from head to tail
    in the same pixels are subtracted; the mean of the greatest third of the differences is the block's. The mean of
    the greatest third of the blocks is the frame's. What rises and falls within 2k frames is positive. What goes on
    to the tail frame is negative.

    Parameters
    ----------
    flow : (n, H, W, 2) float array
        u, v in px between the frames j and j + k, for n values of j.
    flow_twice : (n, H, W, 2) float array
        The same between j and j + 2k.
    blocks : (rows, columns)
        Parts of ⌊H / rows⌋ × ⌊W / columns⌋ px. Rows and columns that are left over at the lower and right border are
        not looked at, as in the published code.
    directions : int
        Equal sectors of the angle atan2(v, u), the first from 0 (rightwards) on; v points down. A sector holds its
        lower edge. Of sectors with equally many vectors, the first is the main one.

    Returns
    -------
    (n,) float32 array
        In px; value j belongs to frame j + k.

    Raises
    ------
    ValueError
        If the flows differ in shape or are none, the blocks are more than the pixels, or there is no direction.

    Notes
    -----
    Inferred from the description of the method and from the code of MEGC 2020's baseline, not from the code of the
    paper. A third of m is rounded to the nearest number, as in that code; here it is one at least. A vector of length
    0 has no direction and is left out, unless the block has none but such. That code takes the arctangent of a
    quotient, so that a direction and its opposite fall together and two sectors stay empty; here they differ.

    References
    ----------
    Wang, Wu, Qian, Li and Fu, "A main directional maximal difference analysis for spotting facial movements from
    long-term videos", Neurocomputing 230, 2017. He, Wang, Li and Yap, "Spotting macro- and micro-expression intervals
    in long video sequences", FG 2020 (arXiv 1912.11985), and its code.

    Examples
    --------
    >>> rightwards = np.zeros((1, 12, 12, 2)) + [3, 0]
    >>> mdmd(rightwards, rightwards / 3).tolist()
    [2.0]
    """
    if flow.ndim != 4 or flow.shape[-1] != 2 or flow.shape != flow_twice.shape:
        raise ValueError(f"two flows (n, H, W, 2) of one shape expected, got {flow.shape} and {flow_twice.shape}")
    if min(blocks) < 1 or blocks[0] > flow.shape[1] or blocks[1] > flow.shape[2]:
        raise ValueError(f"a field of {flow.shape[1]} × {flow.shape[2]} px has no {blocks[0]} × {blocks[1]} blocks")
    if directions < 1:
        raise ValueError(f"at least one direction expected, got {directions}")
    values = np.empty(len(flow), np.float32)
    for start in range(0, len(flow), _PAIRS):
        part = slice(start, start + _PAIRS)
        values[part] = _frame_differences(
            _in_blocks(flow[part], blocks), _in_blocks(flow_twice[part], blocks), directions
        )
    return values


def relative_differences(values: np.ndarray, k: int) -> np.ndarray:
    """What a frame's value has over those of the frames around it.

    Parameters
    ----------
    values : (n,) float array
        F from `mdmd`, of the consecutive frames of one video.
    k : int
        Frames between head and current frame, at least 1.

    Returns
    -------
    (n,) float32 array
        F_i − ½ (F_{i−k+1} + F_{i+k−1}). The first and the last k − 1 frames lack one of the two and have 0. A frame
        may be below its neighbours: negative differences stay, as in the code of MEGC 2020's baseline, whose thresholds
        are taken from their mean.

    Raises
    ------
    ValueError
        If k is below 1.

    References
    ----------
    As of `mdmd`. The baseline's code stops 2k frames too early; here, every frame with both neighbours has a value.

    Examples
    --------
    >>> relative_differences(np.array([0.0, 0.0, 1.0, 0.0, 0.0]), 2).tolist()
    [0.0, -0.5, 1.0, -0.5, 0.0]
    """
    if k < 1:
        raise ValueError(f"k is {k}, not at least 1")
    relative = np.zeros(len(values), np.float32)
    inner = slice(k - 1, len(values) - k + 1)
    if inner.start < inner.stop:
        whole = values.astype(np.float64)
        relative[inner] = whole[inner] - (whole[: len(values) - 2 * k + 2] + whole[2 * k - 2 :]) / 2
    return relative


def _in_blocks(flow: np.ndarray, blocks: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Components u and v, each (n, blocks, pixels of a block) float32."""
    rows, columns = blocks
    height, width = flow.shape[1] // rows, flow.shape[2] // columns
    used = flow[:, : rows * height, : columns * width].astype(np.float32, copy=False)
    cells = used.reshape(len(flow), rows, height, columns, width, 2).transpose(5, 0, 1, 3, 2, 4)
    u, v = cells.reshape(2, len(flow), rows * columns, height * width)
    return u, v


def _frame_differences(
    current: tuple[np.ndarray, np.ndarray], tail: tuple[np.ndarray, np.ndarray], directions: int
) -> np.ndarray:
    lengths = _lengths(*current)
    sector = _sectors(*current, directions)
    still = directions  # a sector of its own, the main one where nothing moves
    sector[lengths == 0] = still
    counts = np.stack([(sector == one).sum(axis=-1) for one in range(directions)])
    main = np.where(counts.any(axis=0), counts.argmax(axis=0), still)
    is_main = sector == main[..., None]
    differences = np.where(is_main, lengths - _lengths(*tail), -np.inf)
    of_blocks = _mean_of_greatest_third(differences, is_main.sum(axis=-1))
    return _mean_of_greatest_third(of_blocks, np.full(len(of_blocks), of_blocks.shape[-1]))


def _lengths(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.sqrt(u * u + v * v)


def _sectors(u: np.ndarray, v: np.ndarray, directions: int) -> np.ndarray:
    angles = np.arctan2(v, u)
    angles[angles < 0] += 2 * np.pi
    # An angle just below 0 may be rounded up to a whole turn.
    return np.minimum(angles * (directions / (2 * np.pi)), directions - 1).astype(np.int16)


def _mean_of_greatest_third(values: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Of `count` (…) values in the last axis of (…, m), the others being -inf."""
    third = np.maximum((count + 1) // 3, 1)
    ascending = np.sort(values, axis=-1)
    taken = np.arange(values.shape[-1]) >= values.shape[-1] - third[..., None]
    return np.where(taken, ascending, 0).sum(axis=-1, dtype=np.float64) / third
