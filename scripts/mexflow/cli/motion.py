"""`mexflow align`, `flow` and `strain`: single steps of the pipeline on single files."""

import importlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from pydantic import ValidationError

from mexflow.config.alignment import AlignmentSpec
from mexflow.config.flow import FlowSpec
from mexflow.config.mistakes import mistakes_in_words
from mexflow.errors import UserError
from mexflow.provenance.fingerprint import fingerprint
from mexflow.store.files import replacing
from mexflow.store.flow_field import read_flow_field, write_flow_field, write_strain_field
from mexflow.video.frames import gray_image

Output = Annotated[Path, typer.Option("--output", "-o", help="The file to write; its ending says the format.")]


class Preset(StrEnum):
    """What `--preset` takes: those of TV-L1, and the other methods."""

    OPENCV = "opencv"
    IPOL = "ipol"
    FAST = "fast"
    DIS = "dis"
    FARNEBACK = "farneback"


class Engine(StrEnum):
    """Who computes TV-L1."""

    NUMBA = "numba"
    CV2 = "cv2"


def flow(
    first: Annotated[Path, typer.Argument(help="An image.")],
    second: Annotated[Path, typer.Argument(help="An image of the same size.")],
    output: Output,
    preset: Annotated[Preset, typer.Option(help="TV-L1 as opencv, ipol or fast; or another method.")] = Preset.OPENCV,
    engine: Annotated[Engine, typer.Option(help="mexflow's own TV-L1, or OpenCV's.")] = Engine.NUMBA,
) -> None:
    """Write the dense motion from one image to another: .flo, .npy, .h5 (u, v in px) or .png (colour wheel)."""
    _check_ending(output, (".flo", ".npy", ".h5", ".png"))
    spec = _flow_spec(preset, engine)
    frames = [gray_image(path) for path in (first, second)]
    if frames[0].shape != frames[1].shape:
        (height, width), (other_height, other_width) = (frame.shape for frame in frames)
        raise UserError(
            f"{second} is {other_width}×{other_height} px, {first} {width}×{height}. Both images must have one size."
        )
    # Imported here: the kernels take a second to load, and no other command needs them.
    dense = importlib.import_module("mexflow.motion.dense")
    try:
        field = dense.dense_flows(frames[0][None], frames[1][None], spec)[0]
    except ValueError as error:
        raise UserError(f"{first}: {error}.") from None
    if output.suffix.lower() == ".png":
        _write_png(_flow_picture(field), output)
    else:
        write_flow_field(field, output, spec.canonical(), fingerprint("flow"))


def strain(flow: Annotated[Path, typer.Argument(help="A .flo, .npy or .h5 file.")], output: Output) -> None:
    """Write the optical strain of a flow field: .npy, .h5 (dimensionless) or .png (white is the maximum)."""
    _check_ending(output, (".npy", ".h5", ".png"))
    optical_strain = importlib.import_module("mexflow.motion.strain").optical_strain
    field = read_flow_field(flow)
    if min(field.shape[:2]) < 2:
        raise UserError(f"{flow}: {field.shape[1]}×{field.shape[0]} px; strain needs at least 2×2.")
    values = optical_strain(field)
    if output.suffix.lower() == ".png":
        greatest = float(np.nanmax(values, initial=0.0))
        _write_png(np.rint(255 * np.nan_to_num(values) / (greatest or 1.0)).astype(np.uint8), output)
        print(f"{output}: white is a strain of {greatest:.4g}.")
    else:
        write_strain_field(values, output, "{}", fingerprint("flow"))


def align(
    source: Annotated[Path, typer.Argument(help="An image, a folder of images or a video.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="An image for an image; else a folder or an .h5 file.")
    ],
    size: Annotated[int, typer.Option(help="Width and height of the crop, in px.")] = 128,
    mode: Annotated[
        str, typer.Option(help="per_clip, first_frame_box, per_window, per_frame or whole_frame.")
    ] = "per_clip",
) -> None:
    """Write the aligned face of an image, or those of a clip under one transform, in gray."""
    if not source.exists():
        raise UserError(f"{source}: no such file or folder.")
    try:
        spec = AlignmentSpec.model_validate({"size": size, "mode": mode})
    except ValidationError as error:
        raise UserError("; ".join(f"--{line}" for line in mistakes_in_words(error))) from None
    align_source = importlib.import_module("mexflow.face.alignment").align_source
    count = align_source(source, output, spec)
    print(f"{output}: {count} aligned {'face' if count == 1 else 'faces'} of {size}×{size} px.")


def _flow_spec(preset: Preset, engine: Engine) -> FlowSpec:
    if preset in {Preset.DIS, Preset.FARNEBACK}:
        return FlowSpec.model_validate({"method": preset.value})
    try:
        return FlowSpec.model_validate({"method": "tvl1", "preset": preset.value, "engine": engine.value})
    except ValidationError as error:
        raise UserError("; ".join(mistakes_in_words(error))) from None


def _flow_picture(field: np.ndarray) -> np.ndarray:
    colour_wheel = importlib.import_module("mexflow.report.colour_wheel")
    lengths = np.linalg.norm(np.nan_to_num(field), axis=-1)
    radius = float(np.percentile(lengths, 99.5)) or 1.0
    print(f"Full saturation is a motion of {radius:.3g} px; hue: right red, down yellow, left cyan, up violet.")
    return cv2.cvtColor(colour_wheel.flow_colours(np.nan_to_num(field), radius), cv2.COLOR_RGB2BGR)


def _write_png(picture: np.ndarray, path: Path) -> None:
    done, data = cv2.imencode(".png", picture)
    assert done
    with replacing(path) as beside:
        beside.write_bytes(data.tobytes())


def _check_ending(path: Path, endings: tuple[str, ...]) -> None:
    if path.suffix.lower() not in endings:
        raise UserError(f"{path}: the ending must be one of {', '.join(endings)}.")
