"""An alignment has only the keys of its mode, and says so."""

import json

import pytest
import yaml
from pydantic import ValidationError

from mexflow.config.alignment import AlignmentSpec
from mexflow.config.mistakes import mistakes_in_words

SEARCH = {"on_missing_face": "drop", "upsample": 1, "landmark_model": "model.dat"}
CANONICAL = {**SEARCH, "eye_distance": 0.4, "eye_height": 0.3}
OF_MODE = {
    "per_clip": {**CANONICAL, "landmark_frames": 3},
    "first_frame_box": {**SEARCH, "margin": 0.2},
    "per_window": {**CANONICAL, "landmark_frames": 3, "window": 90, "overlap": 20},
    "per_frame": {**CANONICAL, "smoothing": 0.5},
    "whole_frame": {"resize": "nearest"},
}
OF_ALL = {"fps": 25.0, "gray": "bt601_swapped", "size": [140, 170]}
FOREIGN = [
    (mode, key, value)
    for mode, own in OF_MODE.items()
    for key, value in {key: value for keys in OF_MODE.values() for key, value in keys.items()}.items()
    if key not in own
]


def told(written: str) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        AlignmentSpec.model_validate(yaml.safe_load(written))
    return mistakes_in_words(caught.value)


@pytest.mark.parametrize("mode", OF_MODE)
def test_a_stage_reads_back_the_keys_of_its_mode_and_no_others(mode):
    spec = AlignmentSpec(mode=mode, **OF_MODE[mode], **OF_ALL)
    assert AlignmentSpec.model_validate_json(spec.canonical()) == spec
    assert json.loads(spec.canonical()) == {"mode": mode, **OF_MODE[mode], **OF_ALL}


@pytest.mark.parametrize(("mode", "key", "value"), FOREIGN)
def test_a_key_of_another_mode_is_refused_even_with_its_default(mode, key, value):
    default = getattr(AlignmentSpec(), key)
    for one in (value, default):
        (line,) = told(f"{{mode: {mode}, {key}: {one}}}")
        assert line.startswith(f'"{key}" is a key of mode ')
        assert line.endswith(f", not of {mode}")
        assert all((owner in line.split(", not")[0]) == (key in keys) for owner, keys in OF_MODE.items())


def test_a_key_of_another_mode_and_an_unknown_one_are_told_one_after_the_other():
    assert told("{margin: 0.1, overlap: 3, sise: 4}") == [
        '"margin" is a key of mode first_frame_box, not of per_clip',
        '"overlap" is a key of mode per_window, not of per_clip',
    ]
    assert told("{sise: 4}") == ['unknown key "sise"; did you mean "size"?']


@pytest.mark.parametrize(
    ("alignment", "line"),
    [
        ("{mode: per_windows}", 'mode: "per_windows" is not known here; did you mean "per_window"?'),
        (
            "{mode: per_window, window: 50, overlap: 50}",
            "overlap (50) must be smaller than window (50), both in frames",
        ),
        (
            "{on_missing_face: carry_last}",
            "on_missing_face: carry_last needs a transform that came before; per_clip has one for all frames."
            " Choose fail or drop, or mode per_window or per_frame",
        ),
        ("{eye_height: 1.5}", "eye_height: should be less than 1 (given: 1.5)"),
        ("{mode: per_frame, smoothing: 0}", "smoothing: should be greater than 0 (given: 0)"),
        ("{mode: whole_frame, resize: aera}", 'resize: "aera" is not known here; did you mean "area"?'),
        *(
            (f"{{size: {size}}}", f"size: one side or [width, height] is needed, 32 to 1024 px (given: {size})")
            for size in (20, 2000, 128.5, [140], [140, 170, 3], [140, 20], True)
        ),
    ],
)
def test_a_value_that_cannot_be_is_told(alignment, line):
    assert told(alignment) == [line]


@pytest.mark.parametrize(("size", "crop"), [(128, (128, 128)), ([280, 340], (280, 340)), ([140, 170], (140, 170))])
def test_the_crop_is_a_square_or_width_and_height(size, crop):
    spec = AlignmentSpec.model_validate({"size": size})
    assert spec.crop == crop
    assert AlignmentSpec.model_validate_json(spec.canonical()).crop == crop
