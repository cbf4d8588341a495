"""What a long video takes: time and peak memory of align, flow and pack for 12,000 frames of 640 × 480 px.

The video is a photograph whose head sways by some px, as MJPG in an AVI. Each stage runs in a process of its own, so
that its peak memory is its own.

Run: .venv/bin/python benchmarks/long_video.py [--frames 12000]
"""

import argparse
import multiprocessing
import multiprocessing.connection
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from mexflow.config.alignment import AlignmentSpec
from mexflow.config.features import FeatureStageSpec
from mexflow.config.flow import FlowSpec, FlowStageSpec
from mexflow.face.alignment import align_video
from mexflow.features.pack import Sources
from mexflow.features.pack import pack as pack_feature
from mexflow.motion.unit import flow_of_unit
from mexflow.store.aligned import reading_aligned, writing_aligned
from mexflow.store.flow import writing_flow
from mexflow.store.packed import writing_packed
from mexflow.synthesis.photographs import astronaut

FPS = 30.0
SPEC = AlignmentSpec(mode="per_window")
FLOW = FlowStageSpec(flow=FlowSpec(preset="fast"), pairs={"interval": 6})
FEATURE = FeatureStageSpec.model_validate(
    {"feature": {"ready": "softnet42", "alignment": "window", "flow": "fast", "pairs": {"interval": 6}}}
)
ROWS = pd.DataFrame(
    [{"dataset": "long", "subject": "s1", "unit": "long", "video": "long", "clip": "e1", "onset": 1, "fps": FPS}]
)


def main() -> None:
    """Write the video, run each stage on it, print what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=12_000)
    frames = parser.parse_args().frames
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, OpenCV {cv2.__version__}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_video(folder / "long.avi", frames)
        print(f"{frames:,} frames of 640 × 480 px, {(folder / 'long.avi').stat().st_size / 2**20:,.0f} MiB")
        print(f"{SPEC.mode}, window {SPEC.window}, overlap {SPEC.overlap}, crop {SPEC.size} px")
        print(f"flow: preset fast, pairs {FLOW.pairs}; pack: softnet42")
        for stage in (align, flow, pack):
            seconds, peak = measured(stage, folder)
            print(
                f"{stage.__name__:8} {seconds:7.1f} s  {1000 * seconds / frames:6.2f} ms a frame  {peak:5.0f} MiB peak"
            )
        with reading_aligned(folder / "aligned" / "long.h5") as file:
            video = file["long"]
        print(f"{len(video.frame_numbers):,} faces in {video.segment[-1] + 1} windows")
        for file in ("aligned/long.h5", "flow/long.h5", "feature.h5"):
            print(f"{file:16} {(folder / file).stat().st_size / 2**20:7,.0f} MiB")


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
    """The pack stage."""
    with (
        Sources(folder / "flow", folder / "aligned") as sources,
        writing_packed(folder / "feature.h5", FEATURE.canonical(), "") as out,
    ):
        pack_feature(ROWS, FEATURE.feature, sources, out)


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
