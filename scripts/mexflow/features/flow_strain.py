"""How much a face moves between two frames: one number per frame pair, without a model."""

import numpy as np


def flow_strain(channels: np.ndarray) -> np.ndarray:
    """Mean magnitude of flow and of strain over the regions of a feature.

    Parameters
    ----------
    channels : (n, H, W, 3) float array
        u, v and strain of n frame pairs, as from `flow_channels`: after the steps and regions of the feature, in px,
        not normalised.

    Returns
    -------
    (n, 2) float32 array
        Mean of √(u² + v²), in px, and mean of |strain|. Strain minus that of the nose may be negative; its absolute
        value is taken, so that a region counts as moved whether it is stretched more than the nose or less.

    Raises
    ------
    ValueError
        If the channels have another shape or are not floats, as after `encode_8bit`.

    Examples
    --------
    >>> flow_strain(np.full((1, 42, 42, 3), [3.0, 4.0, -0.5])).tolist()
    [[5.0, 0.5]]
    """
    if channels.ndim != 4 or channels.shape[-1] != 3 or not np.issubdtype(channels.dtype, np.floating):
        raise ValueError(f"floats (n, H, W, 3) of u, v and strain expected, got {channels.dtype} {channels.shape}")
    u, v, strain = np.moveaxis(channels, -1, 0)
    measures = [np.sqrt(np.square(u, dtype=np.float64) + np.square(v, dtype=np.float64)), np.abs(strain)]
    return np.stack([one.mean(axis=(1, 2), dtype=np.float64) for one in measures], axis=-1).astype(np.float32)


def flow_strain_scores(measures: np.ndarray) -> np.ndarray:
    """Scores of the frame pairs of one video: flow and strain in equal shares, relative to the video's own mean.

    The paper on SOFTNet compares with spotting "without SOFTNet", on flow and strain alone, but publishes neither
    formula nor code. This definition is ours: each of the two measures divided by its mean over the video, then their
    mean. Peaks and thresholds follow as for a network's scores.

    Parameters
    ----------
    measures : (n, 2) float array
        From `flow_strain`, of all frame pairs of one video.

    Returns
    -------
    (n,) float32 array
        1 on the average. A measure that is 0 throughout adds nothing: a video without motion has zeros.

    Raises
    ------
    ValueError
        If the measures have another shape.

    References
    ----------
    Liong, See and Wong, "Shallow optical flow three-stream CNN for macro- and micro-expression spotting from long
    videos", ICIP 2021, the table of results.

    Examples
    --------
    >>> flow_strain_scores(np.array([[1.0, 0.0], [3.0, 0.2]])).tolist()
    [0.25, 1.75]
    """
    if measures.ndim != 2 or measures.shape[1] != 2:
        raise ValueError(f"measures (n, 2) of flow and strain expected, got {measures.shape}")
    measures = measures.astype(np.float64)
    if not len(measures):
        return np.zeros(0, np.float32)
    means = measures.mean(axis=0)
    shares = np.divide(measures, means, out=np.zeros_like(measures), where=means > 0)
    return shares.mean(axis=1).astype(np.float32)
