"""What a long video takes, from frames to spotted intervals: 12,000 frames of 640 × 480 px, flow preset `fast`.

The video is a photograph whose head sways by some px, as MJPG in an AVI. Each stage runs in a process of its own with
one thread, so that its peak memory is its own. SOFTNet scores with untrained weights, which takes as long as with
trained ones.

Run: .venv/bin/python benchmarks/long_video.py [--frames 12000] [--write]
"""

import argparse
import datetime
import multiprocessing
import multiprocessing.connection
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from mexflow.config.alignment import AlignmentSpec
from mexflow.config.features import FeatureStageSpec
from mexflow.config.flow import FlowSpec, FlowStageSpec
from mexflow.evaluation.peaks import spotted_intervals
from mexflow.face.alignment import align_video
from mexflow.features.pack import Sources, pack_pairs
from mexflow.motion.unit import flow_of_unit
from mexflow.store.aligned import reading_aligned, writing_aligned
from mexflow.store.flow import writing_flow
from mexflow.store.packed import writing_packed
from mexflow.store.spotting import write_spotted
from mexflow.synthesis.photographs import astronaut
from mexflow.training.pair_samples import PairSamples

FPS, K = 30.0, 6
SPEC = AlignmentSpec(mode="per_window")
FLOW = FlowStageSpec(flow=FlowSpec(preset="fast"), pairs={"interval": K})
FEATURE = FeatureStageSpec.model_validate(
    {"feature": {"ready": "softnet42", "alignment": "window", "flow": "fast", "pairs": {"interval": K}}}
)
ROWS = pd.DataFrame(
    [{"dataset": "long", "subject": "s1", "unit": "long", "video": "long", "clip": "e1", "onset": 1, "fps": FPS}]
)
PAGE = Path(__file__).with_suffix(".md")


def main() -> None:
    """Write the video, run each stage on it, tell what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=12_000)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    arguments = parser.parse_args()
    lines = list(report(arguments.frames))
    print("\n".join(lines))
    if arguments.write:
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def report(frames: int) -> Iterator[str]:
    """The page, line by line."""
    yield "# A long video, from frames to intervals"
    yield ""
    yield "Written by `benchmarks/long_video.py --write`; what is measured and how stands at its head."
    yield ""
    yield (
        f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}, {processor()} ({platform.machine()}), {os.cpu_count()}"
        f" cores, one of them used; Python {platform.python_version()}, OpenCV {cv2.__version__}."
    )
    yield ""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_video(folder / "long.avi", frames)
        yield (
            f"{frames:,} frames of 640 × 480 px; crops of {SPEC.size} px ({SPEC.mode}); TV-L1 {FLOW.flow.preset},"
            f" pairs (i, i + {K}); softnet42; SOFTNet; peaks."
        )
        yield ""
        yield "| stage | s | ms per frame | peak memory, MiB | output, MiB |"
        yield "|---|--:|--:|--:|--:|"
        total, highest = 0.0, 0.0
        for stage, output in STAGES:
            seconds, peak = measured(stage, folder)
            size = (folder / output).stat().st_size / 2**20
            yield f"| {stage.__name__} | {seconds:.1f} | {1000 * seconds / frames:.2f} | {peak:.0f} | {size:.1f} |"
            if stage is not align:
                total, highest = total + seconds, max(highest, peak)
        yield ""
        yield (
            f"From aligned faces to intervals (all but align): {total / 60:.1f} min, at most {highest:.0f} MiB;"
            " the limits are 8 min and 2048 MiB."
        )


def processor() -> str:
    """Its name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def write_video(path: Path, frames: int) -> None:
    """A swaying head, with noise of the camera."""
    head = cv2.resize(astronaut().image[20:260, 60:380], (640, 480), interpolation=cv2.INTER_CUBIC)
    noises = np.random.default_rng(0).normal(0, 2, (8, 480, 640, 1)).astype(np.float32)
    video = cv2.VideoWriter(str(path), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), FPS, (640, 480))
    for number in range(frames):
        shift = 6 * np.sin(2 * np.pi * number / FPS / np.array([7.0, 11.0]))
        moved = cv2.warpAffine(head, np.column_stack([np.eye(2), shift]), (640, 480), borderMode=cv2.BORDER_REFLECT)
        video.write(np.clip(moved + noises[number % 8], 0, 255).astype(np.uint8))
    video.release()


def align(folder: Path) -> None:
    """The align stage."""
    with writing_aligned(folder / "aligned" / "long.h5", SPEC.canonical(), "") as file:
        align_video(file, "long", folder / "long.avi", 1, FPS, SPEC)


def flow(folder: Path) -> None:
    """The flow stage."""
    with (
        reading_aligned(folder / "aligned" / "long.h5") as videos,
        writing_flow(folder / "flow" / "long.h5", FLOW.canonical(), "") as file,
    ):
        flow_of_unit(ROWS, videos, FLOW, file)


def pack(folder: Path) -> None:
    """The pack_pairs stage."""
    with (
        Sources(folder / "flow", folder / "aligned") as sources,
        writing_packed(folder / f"interval_{K}" / "long.h5", FEATURE.canonical(), "") as out,
    ):
        pack_pairs(ROWS, FEATURE.feature, sources, out)


def score(folder: Path) -> None:
    """What the score_pairs stage does with a video, the import of Keras included."""
    from mexflow.models.softnet import build_spotter  # noqa: PLC0415
    from mexflow.models.spotters import scores_of_pairs  # noqa: PLC0415
    from mexflow.training.backend import configure_backend  # noqa: PLC0415

    configure_backend(threads=1)
    network, samples = build_spotter(), PairSamples(folder, ROWS)
    np.save(folder / "scores.npy", np.concatenate([scores_of_pairs(network, some) for _, some in samples.all(0, K)]))


def spot(folder: Path) -> None:
    """The spot stage."""
    frames, _ = PairSamples(folder, ROWS).frames(0, K)
    video = {"dataset": "long", "subject": "s1", "video": "long"}
    found = spotted_intervals(np.load(folder / "scores.npy"), K, 0.55, video, "micro", frames)
    write_spotted(found, folder / "spotted.csv")


STAGES = (
    (align, "aligned/long.h5"),
    (flow, "flow/long.h5"),
    (pack, f"interval_{K}/long.h5"),
    (score, "scores.npy"),
    (spot, "spotted.csv"),
)
"""Each with its output."""


def measured(stage: Callable[[Path], None], folder: Path) -> tuple[float, float]:
    """Seconds and peak memory (MiB) of a stage in a fresh process."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_measure, args=(stage, folder, there))
    process.start()
    found = here.recv()
    process.join()
    return found


def _measure(stage: Callable[[Path], None], folder: Path, result: multiprocessing.connection.Connection) -> None:
    cv2.setNumThreads(1)
    started = time.perf_counter()
    stage(folder)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    result.send((seconds, peak))


if __name__ == "__main__":
    main()
