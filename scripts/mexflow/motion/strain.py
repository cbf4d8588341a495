"""Optical strain."""

import numpy as np


def optical_strain(flow: np.ndarray) -> np.ndarray:
    """Magnitude of the infinitesimal strain tensor of a flow field.

    Parameters
    ----------
    flow : (..., H, W, 2) float array
        Displacements (u along columns, v along rows), in px.

    Returns
    -------
    (..., H, W) array of the same dtype
        √(u_x² + v_y² + ½ (u_y + v_x)²) by central differences, one-sided at the border; 0 for any translation,
        and to first order for any rotation.

    Raises
    ------
    ValueError
        If the last axis does not hold two components, or the field is smaller than 2 × 2.

    References
    ----------
    Shreve et al., "Macro- and micro-expression spotting in long videos using spatio-temporal strain", FG 2011.

    Examples
    --------
    >>> y, x = np.mgrid[:4, :4].astype(float)
    >>> round(float(optical_strain(np.stack([0.3 * x, 0.4 * y], axis=-1))[1, 1]), 6)
    0.5
    """
    if flow.ndim < 3 or flow.shape[-1] != 2 or min(flow.shape[-3:-1]) < 2:
        raise ValueError(f"a flow field (..., H, W, 2) of at least 2 × 2 px expected, got {flow.shape}")
    u_y, u_x = np.gradient(flow[..., 0], axis=(-2, -1))
    v_y, v_x = np.gradient(flow[..., 1], axis=(-2, -1))
    return np.sqrt(u_x**2 + v_y**2 + 0.5 * (u_y + v_x) ** 2)
