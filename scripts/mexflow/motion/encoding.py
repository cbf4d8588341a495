"""Flow and strain as 8-bit images, the way ELRCN wrote them.

The storage keeps floats; these images are for models that were published on them. A resize comes after the encoding,
as there: a mean of rounded and clipped pixels is not the rounded and clipped mean.
"""

import numpy as np

_STEPS_PER_PX = 16
_ZERO_FLOW = 128


def elrcn_flow_image(flow: np.ndarray) -> np.ndarray:
    """The 8-bit colour image of a flow field.

    Parameters
    ----------
    flow : (..., H, W, 2) float array
        Displacements (u along columns, v along rows), in px.

    Returns
    -------
    (..., H, W, 3) uint8 array
        In the order R, G, B (`cv2` reads and writes the reverse): 16 u + 128, 16 v + 128 and 16 √(u² + v²) + 128,
        clipped to 0–255 and rounded, halves upwards, as the `uint8` of the published Octave script does (NumPy's
        cast would cut off). One step is 1/16 px; what lies outside [-8, 7.9375] px is clipped.

    Raises
    ------
    ValueError
        If the last axis does not hold two components.

    References
    ----------
    The code of Khor et al., "Enriched long-term recurrent convolutional network for facial micro-expression
    recognition", FG 2018.

    Examples
    --------
    >>> elrcn_flow_image(np.array([[[3.0, -4.0]]])).tolist()
    [[[176, 64, 208]]]
    """
    if flow.ndim < 3 or flow.shape[-1] != 2:
        raise ValueError(f"a flow field (..., H, W, 2) expected, got {flow.shape}")
    exact = flow.astype(np.float64)
    length = np.hypot(exact[..., :1], exact[..., 1:])
    return _rounded(np.concatenate([exact, length], axis=-1) * _STEPS_PER_PX + _ZERO_FLOW)


def flow_from_elrcn_image(image: np.ndarray) -> np.ndarray:
    """The flow field that an 8-bit image of ELRCN stands for.

    Parameters
    ----------
    image : (..., H, W, 3) uint8 array
        In the order R, G, B.

    Returns
    -------
    (..., H, W, 2) float32 array
        u and v in px, each within 1/32 px of the encoded one unless that was clipped.

    Raises
    ------
    ValueError
        If it is no 8-bit image of three channels.

    Examples
    --------
    >>> flow_from_elrcn_image(np.array([[[176, 64, 208]]], np.uint8)).tolist()
    [[[3.0, -4.0]]]
    """
    if image.ndim < 3 or image.shape[-1] != 3 or image.dtype != np.uint8:
        raise ValueError(f"an 8-bit image (..., H, W, 3) expected, got {image.dtype} {image.shape}")
    return (image[..., :2].astype(np.float32) - _ZERO_FLOW) / _STEPS_PER_PX


def elrcn_strain_image(strain: np.ndarray) -> np.ndarray:
    """The 8-bit gray image of a strain field.

    Parameters
    ----------
    strain : (..., H, W) float array
        Optical strain; ELRCN's has the difference `backward`.

    Returns
    -------
    (..., H, W) uint8 array
        255 ε, ε clipped to [0, 1], rounded, halves upwards, as image writers do with floats.

    References
    ----------
    As `elrcn_flow_image`.

    Examples
    --------
    >>> elrcn_strain_image(np.array([[-0.1, 0.2, 3.0]])).tolist()
    [[0, 51, 255]]
    """
    return _rounded(strain.astype(np.float64) * 255)


def strain_from_elrcn_image(image: np.ndarray) -> np.ndarray:
    """The strain field that an 8-bit image of ELRCN stands for.

    Parameters
    ----------
    image : (..., H, W) uint8 array

    Returns
    -------
    (..., H, W) float32 array
        Within 1/510 of the encoded strain unless that was clipped.

    Raises
    ------
    ValueError
        If it is no 8-bit image.
    """
    if image.dtype != np.uint8:
        raise ValueError(f"an 8-bit image expected, got {image.dtype}")
    return image.astype(np.float32) / 255


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.floor(np.clip(values, 0, 255) + 0.5).astype(np.uint8)
