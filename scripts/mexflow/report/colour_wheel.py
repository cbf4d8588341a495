"""Flow as colour: the hue tells the direction, the saturation how far."""

import numpy as np

# Red, yellow, green, cyan, blue, magenta, red: where each stands among the 55 hues, clockwise from the right.
_HUES = np.array([0, 15, 21, 25, 36, 49, 55]) / 55
_RED, _GREEN, _BLUE = [1, 1, 0, 0, 0, 1, 1], [0, 1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1, 0]


def flow_colours(flow: np.ndarray, radius: float) -> np.ndarray:
    """The colours of a flow field, by the Middlebury convention.

    Right is red, down yellow, left cyan, up violet; no motion is white, and full saturation is reached at
    `radius`. Motion beyond it keeps the colour of the rim.

    Parameters
    ----------
    flow : (H, W, 2) float array
        u (along columns) and v (along rows), in px.
    radius : float
        The motion with full saturation, in px.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB.

    Raises
    ------
    ValueError
        If the radius is not positive.

    References
    ----------
    Baker et al., "A database and evaluation methodology for optical flow", IJCV 92(1), 2011. Its wheel has a
    seam at the right and darkens motion beyond the radius; this one does not.

    Examples
    --------
    >>> flow_colours(np.array([[[0.0, 0.0], [2.0, 0.0], [9.0, 0.0]]]), radius=2).tolist()
    [[[255, 255, 255], [255, 0, 0], [255, 0, 0]]]
    """
    if not radius > 0:
        raise ValueError(f"the radius of a colour wheel must be positive, got {radius}")
    u, v = flow[..., 0], flow[..., 1]
    turn = np.arctan2(v, u) / (2 * np.pi) % 1
    rim = np.stack([np.interp(turn, _HUES, level) for level in (_RED, _GREEN, _BLUE)], axis=-1)
    saturation = np.minimum(np.hypot(u, v) / radius, 1)[..., None]
    return np.rint(255 * (1 - saturation * (1 - rim))).astype(np.uint8)


def colour_wheel(size: int) -> np.ndarray:
    """The legend of `flow_colours`: a disc whose rim lies at the radius, on white.

    Parameters
    ----------
    size : int
        Width and height, in px.

    Returns
    -------
    (size, size, 3) uint8 array
        RGB.
    """
    y, x = (np.mgrid[:size, :size] + 0.5) * 2 / size - 1
    wheel = flow_colours(np.stack([x, y], axis=-1), radius=1)
    wheel[np.hypot(x, y) > 1] = 255
    return wheel
