"""How fast TV-L1 is and how good: OpenCV, scikit-image and mexflow's engine in turn, in one process.

Face pairs with a known motion, made from the two public photographs; camera noise of 1.5 grey levels. One thread first,
measured as the processor time of that thread, each method in turn and the least of several rounds; then all cores.

Run: .venv/bin/python benchmarks/flow.py            prints
     .venv/bin/python benchmarks/flow.py --write    and replaces benchmarks/flow.md
"""

import argparse
import datetime
import os
import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numba
import numpy as np
import skimage
from skimage.registration import optical_flow_tvl1

from mexflow.config.flow import FlowSpec
from mexflow.motion import tvl1_kernels as kernels
from mexflow.motion.dense import dense_flows
from mexflow.motion.tvl1 import FlowMethod, tvl1_method
from mexflow.synthesis.fields import BumpField, displaced_from
from mexflow.synthesis.photographs import Photograph, astronaut, hopper

SIZES = [(64, 64), (128, 128), (224, 224), (400, 400), (340, 280)]  # height, width
NOISE = 1.5  # grey levels
ROUNDS = 5
FAST = {"epsilon": 0.05, "outer_iterations": 3}
Pair = tuple[np.ndarray, np.ndarray, np.ndarray]

REFERENCE = "OpenCV, default"
METHODS: dict[str, FlowSpec] = {
    REFERENCE: FlowSpec(engine="cv2"),
    "mexflow opencv": FlowSpec(),
    "OpenCV, parameters of fast": FlowSpec(preset="fast", engine="cv2"),
    "mexflow fast": FlowSpec(preset="fast"),
    "mexflow ipol": FlowSpec(preset="ipol"),
}
SAME_PARAMETERS = {"mexflow opencv": REFERENCE, "mexflow fast": "OpenCV, parameters of fast"}


def main() -> None:
    """Measure, print, and write the page when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="replace benchmarks/flow.md")
    page = "\n".join(report()) + "\n"
    if parser.parse_args().write:
        Path(__file__).with_suffix(".md").write_text(page)


def report() -> Iterator[str]:
    """The lines of the page, printed as they come."""
    for line in lines():
        print(line, flush=True)
        yield line


def lines() -> Iterator[str]:
    """What was measured."""
    cv2.setNumThreads(1)
    yield "# TV-L1: speed and error"
    yield ""
    yield "Written by `benchmarks/flow.py --write`; what is measured and how stands at its head."
    yield ""
    yield (
        f"{datetime.datetime.now(datetime.UTC).date()}, {processor()}, {os.cpu_count()} cores; Python"
        f" {platform.python_version()}, OpenCV {cv2.__version__}, scikit-image {skimage.__version__},"
        f" Numba {numba.__version__}."
    )
    for size in SIZES:
        yield ""
        yield from one_size(size)
    yield ""
    yield from parts()
    yield ""
    yield from all_cores((128, 128))


def processor() -> str:
    """The name of the processor, where the system tells it."""
    path = Path("/proc/cpuinfo")
    names = (
        [row.split(":")[1] for row in path.read_text().splitlines() if row.startswith("model name")]
        if path.exists()
        else []
    )
    return f"{names[0].strip()} ({platform.machine()})" if names else platform.machine()


# --- pairs ----------------------------------------------------------------------------------------------------------


def face_pairs(height: int, width: int) -> list[Pair]:
    """A pair of each photograph: two frames uint8 and the true flow (height, width, 2)."""
    return [face_pair(photograph, height, width, seed) for seed, photograph in enumerate((astronaut(), hopper()))]


def face_pair(photograph: Photograph, height: int, width: int, seed: int) -> Pair:
    """Brows, cheeks and chin move, by 1 % of the width at most; each frame is one sampling of the photograph."""
    (left, top), (right, bottom) = photograph.landmarks.min(axis=0), photograph.landmarks.max(axis=0)
    centre, reach = np.array([left + right, top + bottom]) / 2, 1.4 * (bottom - top)
    scale = reach / max(height, width)  # px of the photograph per px of the frame
    y, x = np.mgrid[:height, :width].astype(np.float64)
    points = np.stack([x, y], axis=-1)
    noise = np.random.default_rng(seed)
    at_face = [17, 26, 48, 54, 8]
    centres = (photograph.landmarks[at_face] - centre) / scale + np.array([width, height]) / 2
    pushes = np.array([(-0.2, -0.8), (0.2, -0.9), (-0.6, -0.7), (0.6, -0.8), (0.0, 0.7)])
    field = BumpField(centres, 0.01 * width * pushes, np.full(5, 0.07 * width))
    picture = cv2.cvtColor(photograph.image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    picture = cv2.GaussianBlur(picture, (0, 0), max(0.4 * scale, 0.3))
    frames = []
    for seen in (points, displaced_from(points, field, 20)):
        at = ((seen - np.array([width, height]) / 2) * scale + centre).astype(np.float32)
        frame = cv2.remap(picture, at[..., 0], at[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        frame = frame + NOISE * noise.standard_normal(frame.shape, np.float32)
        frames.append(np.clip(np.rint(frame), 0, 255).astype(np.uint8))
    return frames[0], frames[1], field.at(points).astype(np.float32)


# --- one thread -----------------------------------------------------------------------------------------------------


def one_size(size: tuple[int, int]) -> Iterator[str]:
    """A table: time per pair, how many times OpenCV's speed, error, distance to OpenCV's field."""
    pairs = face_pairs(*size)
    methods = {name: tvl1_method(spec, size) for name, spec in METHODS.items()} | {"scikit-image": scikit_image}
    for spec in (FlowSpec(method="dis"), FlowSpec(method="farneback")):
        methods[f"OpenCV {spec.method}"] = lambda first, second, spec=spec: dense_flows(
            first[None], second[None], spec
        )[0]
    flows = {name: [method(*pair[:2]) for pair in pairs] for name, method in methods.items()}
    times = least_times(methods, pairs)
    motion = np.mean([np.linalg.norm(truth, axis=-1).mean() for _, _, truth in pairs])
    yield f"## {size[1]} × {size[0]} px, one thread; true motion {motion:.3f} px on average"
    yield ""
    yield "| method | ms per pair | × OpenCV, default | × OpenCV, same parameters | error, px | off OpenCV's, px |"
    yield "|---|--:|--:|--:|--:|--:|"
    for name in methods:
        error = np.mean([distance(flow, pair[2]) for flow, pair in zip(flows[name], pairs, strict=True)])
        same, off = SAME_PARAMETERS.get(name), ""
        if same:
            off = f"{np.mean([distance(*both) for both in zip(flows[name], flows[same], strict=True)]):.4f}"
        faster = f"{times[same] / times[name]:.1f}" if same else ""
        ratio = times[REFERENCE] / times[name]
        yield f"| {name} | {times[name] * 1e3:.2f} | {ratio:.1f} | {faster} | {error:.4f} | {off} |"


def scikit_image(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Its default parameters; (row, column) turned into (u, v), and from the grid of the first image."""
    v, u = optical_flow_tvl1(first, second, dtype=np.float32)
    return np.stack([u, v], axis=-1)


def least_times(methods: dict[str, FlowMethod], pairs: list[Pair]) -> dict[str, float]:
    """Seconds of processor time per pair: every method in turn, the least of the rounds."""
    times = dict.fromkeys(methods, np.inf)
    for _ in range(ROUNDS):
        for name, method in methods.items():
            repeats = 1 if times[name] > 0.05 else 5
            for _ in range(repeats):
                seconds = thread_seconds(lambda method=method: [method(*pair[:2]) for pair in pairs])
                times[name] = min(times[name], seconds / len(pairs))
    return times


def thread_seconds(call: Callable[[], object]) -> float:
    """Processor time of this thread."""
    started = time.thread_time()
    call()
    return time.thread_time() - started


def distance(flow: np.ndarray, other: np.ndarray) -> float:
    """Mean endpoint error in px."""
    return float(np.linalg.norm(flow - other, axis=-1).mean())


# --- what bounds it -------------------------------------------------------------------------------------------------


def parts() -> Iterator[str]:
    """Nanoseconds per pixel of an iteration, a median filter of the flow and a warp."""
    yield "## What it is made of, one thread"
    yield ""
    yield "| ns per pixel | iteration | median filter of u and v | warp |"
    yield "|---|--:|--:|--:|"
    for height, width in SIZES[:4]:
        values = [f"{seconds * 1e9 / (height * width):.2f}" for seconds in seconds_of_parts(height, width)]
        yield f"| {width} × {height} | {' | '.join(values)} |"
    yield ""
    yield (
        "Per pixel an iteration reads 10 and writes 6 floats of the level's state (64 bytes; with the neighbours 28"
        " accesses to the first-level cache) and does 48 additions and multiplications, 2 square roots and 1 division,"
        " 16 pixels at a time. A level of 128² has 0.8 MB of state, one of 400² has 7 MB: that the times hardly differ"
        " says that arithmetic bounds the iteration, not memory. The median filter is 77 minima and maxima per value;"
        " the warp reads four lines of 64 bytes per pixel, most of them across two cache lines."
    )
    yield ""
    yield (
        "With the parameters of `fast` a warp needs one median filter and about three iterations, so that these three"
        " parts weigh alike, and OpenCV's default spends nine times as many iterations."
    )


def seconds_of_parts(height: int, width: int) -> Iterator[float]:
    """The least time of an iteration, of both median filters and of a warp at one level."""
    first, second, truth = face_pairs(height, width)[0]
    memory = kernels.level_memory(height, width)
    state, stack, scratch, columns, squares = memory
    tau_theta, lambda_theta, theta = np.float32(0.25 / 0.3), np.float32(0.045), np.float32(0.3)
    images = first.astype(np.float32), second.astype(np.float32)
    pitch = kernels._open_level(*images, truth, memory, theta, tau_theta)

    def iterate() -> None:
        kernels._iterate(state, columns, squares, height, width, pitch, tau_theta, lambda_theta)

    def filtered() -> None:
        for component in (0, 1):
            kernels._median_filter(state, scratch, columns, component, height, width, pitch, 5)

    def warp() -> None:
        kernels._warp_opencv(state, stack, scratch, columns, height, width, pitch)

    warp()
    for part in (iterate, filtered, warp):
        part()
        yield min(thread_seconds(part) for _ in range(200))


# --- all cores ------------------------------------------------------------------------------------------------------


def all_cores(size: tuple[int, int]) -> Iterator[str]:
    """Pairs per second of wall time on one thread and on all cores."""
    cores = os.cpu_count() or 1
    first, second, _ = (np.stack(part) for part in zip(*face_pairs(*size) * 16, strict=True))
    yield f"## {size[1]} × {size[0]} px, {len(first)} pairs, wall time"
    yield ""
    yield "Cores used: processor time over wall time; less than the threads where other programs run on the machine."
    yield ""
    yield f"| method | pairs/s, 1 thread | pairs/s, {cores} threads | cores used | the same bits |"
    yield "|---|--:|--:|--:|--:|"
    for name, spec in METHODS.items():
        rates, flows, used = {}, [], 0.0
        for threads in (1, cores):
            least = np.inf
            for _ in range(1 if spec.engine == "cv2" else 5):
                wall, processor_time = time.perf_counter(), time.process_time()
                flows.append(dense_flows(first, second, spec, threads))
                wall, processor_time = time.perf_counter() - wall, time.process_time() - processor_time
                if wall < least:
                    least, used = wall, processor_time / wall
            rates[threads] = len(first) / least
        same = all(np.array_equal(flow, flows[0]) for flow in flows)
        row = f"| {name} | {rates[1]:.1f} | {rates[cores]:.1f} | {used:.2f} |"
        yield f"{row} {'yes' if same else 'no'} |"


if __name__ == "__main__":
    main()
