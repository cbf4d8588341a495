"""Where the face is: dlib's HOG detector and 68 landmarks."""

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import dlib
import numpy as np

from mexflow.errors import UserError

_MODEL_PACKAGE = "face_recognition_models"
_MODEL_FILE = "models/shape_predictor_68_face_landmarks.dat"


@dataclass(frozen=True)
class Face:
    """A face in a frame.

    Attributes
    ----------
    box : (4,) float array
        The detector's box in px: left, top, right, bottom. It may reach beyond the frame.
    landmarks : (68, 2) float array
        x, y in px, to whole pixels as dlib gives them.
    """

    box: np.ndarray
    landmarks: np.ndarray


def landmark_model_path(given: Path | None) -> Path:
    """The dlib model file to use: the given one, or the one of the package face_recognition_models.

    That one was trained on iBUG 300-W, whose licence excludes commercial use.

    Raises
    ------
    UserError
        If it is not there.
    """
    if given is not None:
        path = given
    else:
        # The package itself cannot be imported any more: it needs pkg_resources. Its data file is fine.
        package = importlib.util.find_spec(_MODEL_PACKAGE)
        if package is None or package.origin is None:
            raise UserError(f"The package {_MODEL_PACKAGE} is missing. Run: python -m pip install -r requirements.txt")
        path = Path(package.origin).parent / _MODEL_FILE
    if not path.is_file():
        raise UserError(f"landmark_model: no file {path}. Give the path of a dlib 68-point model.")
    return path


def find_face(frame: np.ndarray, model: Path, upsample: int = 0) -> Face | None:
    """The face in a frame; of several detections, that of the greatest area × score.

    Parameters
    ----------
    frame : (H, W) or (H, W, 3) uint8 array
        Gray or RGB.
    model : Path
        A dlib 68-point shape predictor.
    upsample : int
        How many times the frame is doubled before it is searched; at 0, faces from 80 px are found.

    Returns
    -------
    Face or None
        None if no face is found.

    Raises
    ------
    UserError
        If the model file cannot be loaded.

    References
    ----------
    Kazemi and Sullivan, "One millisecond face alignment with an ensemble of regression trees", CVPR 2014;
    Sagonas et al., "300 faces in-the-wild challenge", 2013 (the 68 points).
    """
    boxes, scores, _ = _detector().run(frame, upsample, 0.0)
    if not boxes:
        return None
    # A false detection may be larger than the face, but its score is small.
    best = boxes[int(np.argmax([box.area() * score for box, score in zip(boxes, scores, strict=True)]))]
    shape = _predictor(model)(frame, best)
    return Face(
        box=np.array([best.left(), best.top(), best.right(), best.bottom()], dtype=float),
        landmarks=np.array([(point.x, point.y) for point in shape.parts()], dtype=float),
    )


@functools.cache
def _detector() -> dlib.fhog_object_detector:
    return dlib.get_frontal_face_detector()


@functools.cache
def _predictor(model: Path) -> dlib.shape_predictor:
    try:
        predictor = dlib.shape_predictor(str(model))
    except RuntimeError as error:
        raise UserError(
            f"{model}: no dlib landmark model, or a damaged one ({str(error).splitlines()[0]})."
            " Install it anew or give another path as landmark_model."
        ) from None
    probe = predictor(np.zeros((64, 64), np.uint8), dlib.rectangle(0, 0, 63, 63))
    if probe.num_parts != 68:
        raise UserError(f"{model}: a model with {probe.num_parts} landmarks; mexflow needs one with 68.")
    return predictor
