"""Optical strain."""

from collections.abc import Callable

import numpy as np


def optical_strain(flow: np.ndarray, difference: str = "central") -> np.ndarray:
    """Magnitude of the infinitesimal strain tensor of a flow field.

    Parameters
    ----------
    flow : (..., H, W, 2) float array
        Displacements (u along columns, v along rows), in px.
    difference : {"central", "forward", "backward"}
        How the derivatives are taken. `central`: one-sided at the border. `forward`: SOFTNet's, between a pixel and
        the next one; the last column and then the last row of the strain repeat their neighbours. `backward`:
        ELRCN's, between a pixel and the one before; derivatives along x are 0 in the first column, along y in the
        first row.

    Returns
    -------
    (..., H, W) array of the same dtype
        √(u_x² + v_y² + ½ (u_y + v_x)²); 0 for any translation, and to first order for any rotation. The schemes
        differ where the flow is not linear, and at the border.

    Raises
    ------
    ValueError
        If the last axis does not hold two components, the field is smaller than 2 × 2, or the difference is unknown.

    References
    ----------
    Shreve et al., "Macro- and micro-expression spotting in long videos using spatio-temporal strain", FG 2011.
    `forward`: the code of Liong et al., "Shallow optical flow three-stream CNN for macro- and micro-expression
    spotting from long videos", ICIP 2021. `backward`: the code of Khor et al., "Enriched long-term recurrent
    convolutional network for facial micro-expression recognition", FG 2018.

    Examples
    --------
    >>> y, x = np.mgrid[:4, :4].astype(float)
    >>> round(float(optical_strain(np.stack([0.3 * x, 0.4 * y], axis=-1))[1, 1]), 6)
    0.5
    """
    if flow.ndim < 3 or flow.shape[-1] != 2 or min(flow.shape[-3:-1]) < 2:
        raise ValueError(f"a flow field (..., H, W, 2) of at least 2 × 2 px expected, got {flow.shape}")
    if difference not in DIFFERENCES:
        raise ValueError(f"no difference scheme is named {difference!r}; known are {', '.join(DIFFERENCES)}")
    return DIFFERENCES[difference](flow[..., 0], flow[..., 1])


def _central(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    u_y, u_x = np.gradient(u, axis=(-2, -1))
    v_y, v_x = np.gradient(v, axis=(-2, -1))
    return _magnitude(u_x, u_y, v_x, v_y)


def _forward(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    u_x, v_x = (np.diff(component[..., :-1, :], axis=-1) for component in (u, v))
    u_y, v_y = (np.diff(component[..., :, :-1], axis=-2) for component in (u, v))
    inner = _magnitude(u_x, u_y, v_x, v_y)
    return np.pad(inner, [(0, 0)] * (u.ndim - 2) + [(0, 1), (0, 1)], mode="edge")


def _backward(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    u_x, v_x = (np.diff(component, axis=-1, prepend=component[..., :, :1]) for component in (u, v))
    u_y, v_y = (np.diff(component, axis=-2, prepend=component[..., :1, :]) for component in (u, v))
    return _magnitude(u_x, u_y, v_x, v_y)


def _magnitude(u_x: np.ndarray, u_y: np.ndarray, v_x: np.ndarray, v_y: np.ndarray) -> np.ndarray:
    return np.sqrt(u_x**2 + v_y**2 + 0.5 * (u_y + v_x) ** 2)


DIFFERENCES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "central": _central,
    "forward": _forward,
    "backward": _backward,
}
"""The difference schemes by name."""
