"""The motion of clips and videos: which frames are paired, head motion, and how quiet a still face is."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from face.photograph_clip import noisy, portrait
from mexflow.config.flow import FlowSpec, FlowStageSpec
from mexflow.errors import UserError
from mexflow.face.geometry import canonical_anchors, similarity, warp
from mexflow.motion.clip import flow_of_expression, flow_of_video
from mexflow.motion.dense import dense_flows
from mexflow.motion.strain import optical_strain
from mexflow.motion.unit import flow_of_unit
from mexflow.store.aligned import AlignedVideo
from mexflow.store.flow import FlowBlock, reading_flow, writing_flow
from mexflow.synthesis.photographs import astronaut
from mexflow.video.temporal_interpolation import tim
from motion.textures import shifted

SHIFTS = {46: (0.0, 0.0), 47: (0.5, 0.0), 49: (1.0, -0.5), 50: (1.5, -0.5)}


def fast(pairs: object = "onset_apex") -> FlowStageSpec:
    return FlowStageSpec(flow=FlowSpec(preset="fast"), pairs=pairs)


def video_of(faces: np.ndarray, numbers: list[int], points: np.ndarray) -> AlignedVideo:
    rows = np.zeros(len(faces), int)
    return AlignedVideo(
        video="clip",
        frame_numbers=np.array(numbers),
        segment=rows,
        transform_of=rows,
        transforms=np.eye(2, 3)[None],
        landmarks=points[None],
        crop_size=faces.shape[:0:-1],
        fps=200.0,
        kept_fps=200.0,
        inter_ocular_distance=36.5,
        raw_inter_ocular_distance=36.5,
        landmark_spread=0.0,
        frames_without_face=0,
        stored_faces=faces.__getitem__,
    )


@pytest.fixture(scope="module")
def drifting() -> AlignedVideo:
    """A texture that drifts; frame 48 is missing. The nose is at the crop's x 40, y 60."""
    faces = np.stack([shifted(*shift) for shift in SHIFTS.values()])
    return video_of(faces, list(SHIFTS), np.tile([40.0, 60.0], (68, 1)))


def joined(blocks: Iterator[FlowBlock]) -> FlowBlock:
    parts = list(blocks)
    names = ("pairs", "flow", "strain", "nose_flow", "nose_residual", "landmarks")
    return FlowBlock(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def lengths(flow: np.ndarray) -> np.ndarray:
    return np.linalg.norm(flow, axis=-1)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ("onset_apex", [[46, 49]]),
        ("onset_each", [[46, 47], [46, 49], [46, 50]]),
        ("consecutive", [[46, 47], [47, 49], [49, 50]]),
    ],
)
def test_expressions_are_paired_by_frame_numbers(drifting, pairs: str, expected: list[list[int]]) -> None:
    motion = joined(flow_of_expression(46, 49, 50, drifting, fast(pairs)))
    assert motion.pairs.tolist() == expected
    first, second = (np.stack([shifted(*SHIFTS[n]) for n in side]) for side in zip(*expected, strict=True))
    np.testing.assert_array_equal(motion.flow, dense_flows(first, second, FlowSpec(preset="fast")))


def test_a_video_pairs_each_frame_with_the_one_an_interval_later(drifting) -> None:
    assert joined(flow_of_video(drifting, fast({"interval": 1}))).pairs.tolist() == [[46, 47], [49, 50]]
    assert joined(flow_of_video(drifting, fast({"interval": 3}))).pairs.tolist() == [[46, 49], [47, 50]]
    with pytest.raises(UserError, match="no two of them 9 apart"):
        joined(flow_of_video(drifting, fast({"interval": 9})))


def test_blocks_do_not_change_what_a_long_video_gives() -> None:
    """More pairs than fit into one block."""
    step = np.array([0.05, -0.02])
    count = 76
    faces = np.stack([shifted(*(n * step)) for n in range(count)])
    video = video_of(faces, list(range(1, count + 1)), np.tile([40.0, 60.0], (68, 1)))
    blocks = list(flow_of_video(video, fast({"interval": 6})))
    assert len(blocks) > 1
    motion = joined(iter(blocks))
    assert motion.pairs[:, 0].tolist() == list(range(1, count - 5))
    for pair in (0, 63, 64, 69):
        alone = dense_flows(faces[pair : pair + 1], faces[pair + 6 : pair + 7], FlowSpec(preset="fast"))[0]
        np.testing.assert_array_equal(motion.flow[pair], alone)


def test_interpolated_pairs_are_those_of_the_tim_frames(drifting) -> None:
    motion = joined(flow_of_expression(46, 49, 50, drifting, fast({"tim": 7})))
    assert motion.pairs.tolist() == [[n, n + 1] for n in range(6)]
    volume = tim(np.stack([shifted(*shift) for shift in SHIFTS.values()]).astype(np.float32), 7)
    frames = np.clip(np.rint(volume), 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(motion.flow, dense_flows(frames[:-1], frames[1:], FlowSpec(preset="fast")))


def test_strain_is_that_of_the_flow(drifting) -> None:
    motion = joined(flow_of_expression(46, 49, 50, drifting, fast()))
    np.testing.assert_array_equal(motion.strain, optical_strain(motion.flow))
    assert motion.strain.shape == (1, 96, 96)


def test_nose_flow_is_the_mean_over_the_nose_and_its_residual_the_median_around_it(drifting) -> None:
    motion = joined(flow_of_expression(46, 49, 50, drifting, fast()))
    # Half the width is 5 px in 128, so 4 px in 96.
    nose = motion.flow[0, 56:65, 36:45]
    np.testing.assert_allclose(motion.nose_flow[0], nose.mean(axis=(0, 1)), rtol=1e-5)
    expected = [np.median(lengths(nose)), np.median(lengths(nose - nose.mean(axis=(0, 1))))]
    np.testing.assert_allclose(motion.nose_residual[0], expected, rtol=1e-5)


def test_at_a_lower_rate_labels_become_kept_frames_and_intervals_count_those(drifting) -> None:
    faces = np.stack([shifted(0.25 * n, 0) for n in range(4)])
    slow = replace(video_of(faces, [1, 9, 17, 25], np.tile([40.0, 60.0], (68, 1))), fps=200.0, kept_fps=25.0)
    assert joined(flow_of_expression(2, 15, 24, slow, fast())).pairs.tolist() == [[1, 17]]
    assert joined(flow_of_expression(2, 15, 24, slow, fast("consecutive"))).pairs.tolist() == [
        [1, 9],
        [9, 17],
        [17, 25],
    ]
    assert joined(flow_of_video(slow, fast({"interval": 2}))).pairs.tolist() == [[1, 17], [9, 25]]


@pytest.mark.parametrize(("onset", "apex", "missing"), [(45, 47, 45), (46, 51, 51), (46, 48, 48)])
def test_a_frame_that_is_not_there_is_named_with_the_range(drifting, onset: int, apex: int, missing: int) -> None:
    with pytest.raises(UserError, match=rf"clip: frame {missing} is not among its aligned frames, 46 to 50"):
        joined(flow_of_expression(onset, apex, 50, drifting, fast()))


def test_an_expression_of_one_frame_has_no_pairs_of_frames(drifting) -> None:
    with pytest.raises(UserError, match="has one frame and no pair"):
        joined(flow_of_expression(49, 49, 49, drifting, fast("consecutive")))


def test_the_motion_does_not_depend_on_the_number_of_threads(drifting) -> None:
    one, two = (joined(flow_of_expression(46, 49, 50, drifting, fast("onset_each"), threads)) for threads in (1, 2))
    np.testing.assert_array_equal(one.flow, two.flow)


@pytest.mark.parametrize("pairs", ["onset_each", {"tim": 4}])
def test_without_landmarks_the_flow_is_the_same_and_the_nose_unknown(drifting, pairs: object) -> None:
    whole = replace(drifting, landmarks=np.full((1, 68, 2), np.nan))
    one, other = (joined(flow_of_expression(46, 49, 50, video, fast(pairs))) for video in (drifting, whole))
    for name in ("pairs", "flow", "strain"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for name in ("nose_flow", "nose_residual", "landmarks"):
        known, unknown = getattr(one, name), getattr(other, name)
        assert (unknown.shape, unknown.dtype) == (known.shape, known.dtype)
        assert np.isnan(unknown).all()


def portrait_transform() -> tuple[np.ndarray, np.ndarray]:
    """What takes the portrait to a crop of 128 px, and its landmarks there."""
    points = 2 * (astronaut().landmarks - [100, 30]) + 0.5
    anchors = [36, 39, 42, 45, 27, 28, 29, 30, 31, 33, 35]
    transform = similarity(points[anchors], canonical_anchors((128, 128)))
    return transform, points @ transform[:, :2].T + transform[:, 2]


@pytest.mark.parametrize("shift", [(1.3, -0.7), (-0.4, 0.2), (3.0, 2.0)])
def test_subtracting_the_nose_removes_a_rigid_shift(shift: tuple[float, float]) -> None:
    transform, points = portrait_transform()
    moved = transform.copy()
    moved[:, 2] += shift
    pair = np.stack([warp(portrait(), one, (128, 128)) for one in (transform, moved)])
    motion = joined(flow_of_expression(1, 2, 2, video_of(pair, [1, 2], points), with_preset("opencv")))
    assert lengths(motion.flow).mean() == pytest.approx(np.hypot(*shift), rel=0.1)
    assert lengths(motion.flow - motion.nose_flow[0]).mean() < 0.1


def with_preset(preset: str) -> FlowStageSpec:
    return FlowStageSpec(flow=FlowSpec(preset=preset), pairs="onset_apex")


@pytest.mark.parametrize("preset", ["opencv", "fast", "ipol"])
def test_a_still_face_filmed_with_noise_does_not_move(preset: str) -> None:
    """Noise of 2 grey levels through warp, flow and nose subtraction; expressions move 0.2–0.3 px."""
    transform, points = portrait_transform()
    faces = np.stack([warp(frame, transform, (128, 128)) for frame in noisy(portrait(), 2, seed=0)])
    motion = joined(flow_of_expression(1, 2, 2, video_of(faces, [1, 2], points), with_preset(preset)))
    assert lengths(motion.flow - motion.nose_flow[0]).mean() < 0.1
    assert np.abs(motion.nose_flow).max() < 0.1


def test_pairs_lie_under_one_transform_of_a_window() -> None:
    """Two windows hold frame 47 under different transforms; a pair takes both its frames from one of them."""
    faces = np.stack([shifted(0, 0), shifted(0.5, 0), shifted(9, 9), shifted(9.5, 9)])
    one = video_of(faces, [46, 47, 47, 49], np.tile([40.0, 60.0], (68, 1)))
    two = replace(one, segment=np.array([0, 0, 1, 1]), transform_of=np.array([0, 0, 0, 0]))
    for onset, apex in ((46, 47), (47, 49)):
        motion = joined(flow_of_expression(onset, apex, apex, two, fast()))
        np.testing.assert_allclose(np.median(motion.flow, axis=(0, 1, 2)), [0.5, 0], atol=0.05)


def test_a_video_too_short_for_its_interval_is_left_out_of_a_unit(drifting, tmp_path) -> None:
    rows = pd.DataFrame({"video": [drifting.video], "clip": ["any"]})

    class Aligned:
        videos = (drifting.video,)

        def __getitem__(self, name: str) -> AlignedVideo:
            return drifting

    with writing_flow(tmp_path / "flow.h5", "{}", "") as file:
        flow_of_unit(rows, Aligned(), fast({"interval": 9}), file)
    with reading_flow(tmp_path / "flow.h5") as file:
        assert file.left_out == {drifting.video}
        assert file.clips == []
