"""A clip of any length as a clip of a fixed length: the temporal interpolation model (TIM), and the straight way."""

import numpy as np


def tim(volume: np.ndarray, length: int) -> np.ndarray:
    """Sample a clip at `length` points of the curve of the temporal interpolation model.

    The model takes the n frames for the vertices of a path graph, each joined to the next. The eigenvectors of the
    graph's Laplacian lie on a curve of n − 1 sines (`path_graph_curve`), and a linear map, found from the clip by
    graph embedding, takes that curve through the frames. New frames are images of the points t = 1/n … 1, at equal
    distances. For linearly independent frames, which the paper asks for, the map comes out as the projection of the
    frames on the eigenvectors, which are orthogonal; that is computed here, without the paper's singular value
    decomposition and inverse. It holds for repeated and otherwise dependent frames as well: the paper's result tends to
    it when noise makes them independent and the noise tends to 0.

    Parameters
    ----------
    volume : (T, ...) array
        T ≥ 1 frames.
    length : int
        At least 1.

    Returns
    -------
    (length, ...) array
        float32 for float32, uint8 and other types that it can hold exactly; float64 for the rest. The first frame is
        the clip's first, the last its last, and with `length` T all are the clip's. With `length` 1, the first. The
        curve may leave the range of the gray levels: round and clip before a conversion to uint8.

    Raises
    ------
    ValueError
        If there is no frame, or none is asked for.

    References
    ----------
    Zhou, Zhao and Pietikäinen, "Towards a practical lipreading system", CVPR 2011, §3.

    Examples
    --------
    >>> tim(np.array([0.0, 8.0]), 3).round(6).tolist()
    [0.0, 4.0, 8.0]
    """
    _check(volume, length)
    frames = len(volume)
    curve = path_graph_curve(np.linspace(1 / frames, 1, length), frames)
    vertices = path_graph_curve(np.arange(1, frames + 1) / frames, frames)
    weights = curve / np.square(vertices).sum(axis=0) @ vertices.T
    dtype = _dtype(volume)
    return np.tensordot(weights.astype(dtype), volume.astype(dtype, copy=False), axes=1)


def path_graph_curve(t: np.ndarray, vertices: int) -> np.ndarray:
    """The curve on which the eigenvectors of a path graph's Laplacian lie.

    Parameters
    ----------
    t : (m,) float array
        Places on the curve; vertex i of 1 … n is at i / n.
    vertices : int
        n, the number of vertices.

    Returns
    -------
    (m, n) float64 array
        sin(πkt + π(n − k) / 2n) for k = 0 … n − 1. Its column k belongs to the eigenvalue 2 − 2 cos(πk / n); column 0
        is constant.

    References
    ----------
    Zhou, Zhao and Pietikäinen, "Towards a practical lipreading system", CVPR 2011, §3.
    """
    k = np.arange(vertices)
    return np.sin(np.pi * (np.multiply.outer(t, k) + (vertices - k) / (2 * vertices)))


def linear_interpolation(volume: np.ndarray, length: int) -> np.ndarray:
    """Sample a clip at `length` equally distant times from its first frame to its last, straight between neighbours.

    Parameters
    ----------
    volume : (T, ...) array
        T ≥ 1 frames.
    length : int
        At least 1.

    Returns
    -------
    (length, ...) array
        Of the type that `tim` returns. The first frame is the clip's first, the last its last. With `length` 1, the
        first.

    Raises
    ------
    ValueError
        If there is no frame, or none is asked for.

    Examples
    --------
    >>> linear_interpolation(np.array([0.0, 8.0, 0.0]), 5).tolist()
    [0.0, 4.0, 8.0, 4.0, 0.0]
    """
    _check(volume, length)
    dtype = _dtype(volume)
    time = np.linspace(0, len(volume) - 1, length)
    before = np.floor(time).astype(int)
    after = np.minimum(before + 1, len(volume) - 1)
    share = (time - before).astype(dtype).reshape(-1, *[1] * (volume.ndim - 1))
    return (1 - share) * volume[before].astype(dtype) + share * volume[after].astype(dtype)


def _check(volume: np.ndarray, length: int) -> None:
    if len(volume) == 0 or length < 1:
        raise ValueError(f"{len(volume)} frames cannot become {length}")


def _dtype(volume: np.ndarray) -> np.dtype:
    return np.result_type(volume.dtype, np.float32)
