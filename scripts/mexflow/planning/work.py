"""What a job is expected to take, from the size of its input: seconds of one core, memory, disk.

Flow is from benchmarks/flow.md, networks from `benchmarks/networks.py`; other rates are rough (`mexflow costs` shows
how far they are off). They need not be right: a job may use several times its expected time before the scheduler
ends it, its next attempt gets more, and `mexflow plan` corrects them by what earlier runs took.
"""

from dataclasses import dataclass
from math import prod

from mexflow.config.alignment import AlignmentSpec
from mexflow.config.flow import FlowSpec
from mexflow.config.spotting import SoftnetSpec
from mexflow.config.training import ModelSpec
from mexflow.planning.networks import network_size

_MB = 1e6
_ENGINE_MB = 400
"""On a cluster each job is wrapped in two Snakemakes."""
_DETECTIONS_PER_SECOND = 12
_WARPS_PER_SECOND = 1.5e7  # px
_DECODED_PER_SECOND = 25e6  # bytes

_NS_PER_PIXEL = {
    ("tvl1", "opencv"): 400.0,
    ("tvl1", "fast"): 150.0,
    ("tvl1", "ipol"): 240.0,
    ("dis", "ultrafast"): 60.0,
    ("dis", "fast"): 75.0,
    ("dis", "medium"): 92.0,
    ("farneback", "opencv"): 160.0,
}
"""Of a frame pair, one thread (benchmarks/flow.md)."""
_OPENCV_TVL1 = 34.0
"""OpenCV's own TV-L1 takes so many times as long."""
_STRAIN_AND_STORING_NS = 60.0

_TENSORFLOW_S, _TENSORFLOW_MB = 8.0, 900.0
_FOLD_S = 0.6  # building, tracing, testing
_SOFTNET_STEP_S = 0.0004  # per sample
_SVM_S = 2e-9  # per sample, sample and value


@dataclass(frozen=True)
class Work:
    """What one job is expected to take.

    Attributes
    ----------
    seconds : float
        Of one core.
    memory_mb : float
        The largest resident memory, with what wraps a job on a cluster.
    disk_mb : float
        What it leaves behind.
    """

    seconds: float
    memory_mb: float
    disk_mb: float


def work_of_synthesis(frames: int) -> Work:
    """Rendering so many frames of the demo."""
    return Work(3 + 0.02 * frames, 400 + _ENGINE_MB, 0.05 * frames)


def work_of_alignment(spec: AlignmentSpec, frames: int, size: int, clips: int) -> Work:
    """Aligning so many frames of so many clips and so many bytes; the detector sees those that carry a transform."""
    pixels = prod(spec.crop)
    searched = 0
    if spec.has_landmarks:
        searched = frames if spec.mode == "per_frame" else min(clips * spec.landmark_frames, frames)
        if spec.mode == "per_window":
            searched = min(max(frames // (spec.window - spec.overlap), clips) * spec.landmark_frames, frames)
    seconds = (
        1.5
        + size / _DECODED_PER_SECOND
        + frames * pixels / _WARPS_PER_SECOND
        + searched * 4**spec.upsample / _DETECTIONS_PER_SECOND
    )
    return Work(seconds, 500 + _ENGINE_MB + 100 * 4**spec.upsample, 0.6 * frames * pixels / _MB)


def work_of_flow(spec: FlowSpec, pairs: int, pixels: int) -> Work:
    """Flow and strain of so many frame pairs of so many px."""
    rate = _NS_PER_PIXEL[spec.method, spec.preset]
    if (spec.method, spec.engine) == ("tvl1", "cv2"):
        rate *= _OPENCV_TVL1
    seconds = 3 + 1e-9 * (rate + _STRAIN_AND_STORING_NS) * pairs * pixels
    return Work(seconds, 500 + _ENGINE_MB + 600 * pixels / _MB, 9.5 * pairs * pixels / _MB)


def work_of_packing(samples: int, shape: tuple[int, ...], pixels: int) -> Work:
    """Making so many samples of a shape out of crops of so many px."""
    times = shape[0] if len(shape) == 4 else 1
    seconds = 1.5 + samples * times * (1e-3 + 40e-9 * pixels)
    return Work(seconds, 500 + _ENGINE_MB + 40 * prod(shape) * 4 / _MB, 4 * samples * prod(shape) / _MB)


def work_of_measuring(pairs: int, pixels: int) -> Work:
    """The scores of so many frame pairs by a spotter that trains nothing."""
    return Work(1 + 1e-3 * pairs * (0.4 + pixels / 40_000), 500 + _ENGINE_MB, 8 * pairs / _MB)


def work_of_training(model: ModelSpec, shape: tuple[int, ...], samples: int, folds: int, seeds: int) -> Work:
    """Training and testing a model with so many seeds on so many folds of so many samples of a shape."""
    values = samples * prod(shape)
    data_mb = 3 * 4 * values / _MB
    if model.epochs is None or model.batch_size is None:
        # The stage imports TensorFlow for these, too.
        seconds = _TENSORFLOW_S + seeds * folds * (0.05 + _SVM_S * samples * values)
        return Work(seconds, _TENSORFLOW_MB + _ENGINE_MB + data_mb, 0.1)
    seen = shape
    if model.vote is not None:  # a network of single frames
        seen, samples = shape[1:], samples * shape[0]
    size = network_size(model.architecture, model.parameters, seen)
    copies = 1 if model.augmentation is None else 1 + (sum(model.augmentation.copies.values()) or 4) / 2
    trained = samples * copies * (folds - 1) / folds if folds > 1 else samples * copies
    batch = min(model.batch_size, trained)
    epoch = size.step_s * trained / batch + size.sample_s * trained
    epochs = model.epochs + (model.spatial.epochs * shape[0] if model.spatial else 0)
    kept = 4 * size.weights / _MB if model.keep_weights else 0
    return Work(
        _TENSORFLOW_S + seeds * folds * (_FOLD_S + epochs * epoch),
        _TENSORFLOW_MB + _ENGINE_MB + data_mb * copies + 20 * size.weights / _MB + batch * size.sample_mb,
        0.2 + seeds * folds * kept,
    )


def work_of_scoring(spotter: object, pairs: int, folds: int) -> Work:
    """Scores of all videos by models of so many folds, of a dataset of so many frame pairs."""
    if not isinstance(spotter, SoftnetSpec):
        return Work(2 + 2e-5 * pairs, 400 + _ENGINE_MB, 8 * pairs / _MB)
    steps = spotter.epochs * spotter.kept_negatives if spotter.is_trained else 0
    seconds = _TENSORFLOW_S + folds * (_FOLD_S + (steps + 0.4) * pairs * _SOFTNET_STEP_S)
    kept = 1.3 * folds if spotter.keep_weights else 0
    return Work(seconds, _TENSORFLOW_MB + 300 + _ENGINE_MB, 8 * pairs / _MB + kept)


def work_of_attention(training: Work, clips: int) -> Work:
    """Maps of so many clips: three passes each, by a network that was trained with so much memory."""
    return Work(_TENSORFLOW_S + 0.2 * clips, training.memory_mb, 1)


def work_of_pages(clips: int) -> Work:
    """A table, a page or a picture of so many clips, videos or runs."""
    return Work(3 + 0.02 * clips, 400 + _ENGINE_MB + 0.5 * clips, 1)
