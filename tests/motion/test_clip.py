"""The motion of a whole clip: frame numbers, head motion, and how quiet a still face is."""

from dataclasses import replace

import numpy as np
import pytest

from face.photograph_clip import noisy, portrait, write_clip
from mexflow.config.alignment import AlignmentSpec
from mexflow.config.flow import FlowSpec, FlowStageSpec
from mexflow.errors import UserError
from mexflow.face.alignment import align_video, warp
from mexflow.motion.clip import flow_of_clip
from mexflow.motion.strain import optical_strain
from mexflow.motion.tvl1 import tvl1_flow
from mexflow.store.aligned import AlignedVideo
from motion.textures import shifted

OPENCV = FlowStageSpec(flow=FlowSpec(), pairs="onset_apex")
FAST = FlowStageSpec(flow=FlowSpec(preset="fast"), pairs="onset_apex")
SHIFTS = {46: (0.0, 0.0), 47: (0.5, 0.0), 49: (1.0, -0.5)}


@pytest.fixture(scope="module")
def drifting() -> AlignedVideo:
    """A texture that drifts; frame 48 is missing. The nose is at the crop's x 40, y 60."""
    return AlignedVideo(
        video="clip",
        faces=np.stack([shifted(*shift) for shift in SHIFTS.values()]),
        frame_numbers=np.array(list(SHIFTS)),
        landmarks=np.tile([40.0, 60.0], (68, 1)),
        transform=np.eye(2, 3),
        inter_ocular_distance=36.5,
        raw_inter_ocular_distance=36.5,
        landmark_spread=0.0,
        frames_without_face=0,
    )


@pytest.fixture(scope="module")
def still_face(tmp_path_factory) -> AlignedVideo:
    source = write_clip(tmp_path_factory.mktemp("still") / "clip", noisy(portrait(), 9, seed=0))
    return align_video("clip", source, 1, AlignmentSpec())


def lengths(flow) -> np.ndarray:
    return np.linalg.norm(flow, axis=-1)


def test_the_pair_is_onset_and_apex_by_their_numbers(drifting):
    motion = flow_of_clip("e1", 47, 49, drifting, FAST)
    assert motion.clip == "e1"
    assert motion.pairs.tolist() == [[47, 49]]
    np.testing.assert_array_equal(motion.flow, [tvl1_flow(drifting.faces[1], drifting.faces[2], FAST.flow)])
    np.testing.assert_allclose(motion.flow.mean(axis=(0, 1, 2)), [0.5, -0.5], atol=0.1)


def test_strain_is_that_of_the_flow(drifting):
    motion = flow_of_clip("e1", 46, 49, drifting, FAST)
    np.testing.assert_array_equal(motion.strain, optical_strain(motion.flow))
    assert motion.strain.shape == (1, 96, 96)
    assert motion.inter_ocular_distance == 36.5


def test_nose_flow_is_the_mean_over_the_nose(drifting):
    motion = flow_of_clip("e1", 46, 49, drifting, FAST)
    # Half the width is 5 px in 128, so 4 px in 96.
    np.testing.assert_allclose(motion.nose_flow, motion.flow[:, 56:65, 36:45].mean(axis=(1, 2)), rtol=1e-6)


@pytest.mark.parametrize(("onset", "apex", "missing"), [(45, 47, 45), (46, 50, 50), (46, 48, 48)])
def test_a_frame_that_is_not_there_is_named_with_the_range(drifting, onset, apex, missing):
    with pytest.raises(UserError, match=rf"^e1: its label names frame {missing}, but clip has frames 46 to 49"):
        flow_of_clip("e1", onset, apex, drifting, FAST)


def test_the_motion_does_not_depend_on_the_number_of_threads(drifting):
    one, two = (flow_of_clip("e1", 46, 49, drifting, OPENCV, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.flow, two.flow)


@pytest.mark.parametrize("shift", [(1.3, -0.7), (-0.4, 0.2), (3.0, 2.0)])
def test_subtracting_the_nose_removes_a_rigid_shift(still_face, shift):
    moved = still_face.transform.copy()
    moved[:, 2] += shift
    pair = np.stack([warp(portrait(), transform, 128) for transform in (still_face.transform, moved)])
    clip = replace(still_face, faces=pair, frame_numbers=np.array([1, 2]))
    motion = flow_of_clip("e1", 1, 2, clip, OPENCV)
    assert lengths(motion.flow).mean() == pytest.approx(np.hypot(*shift), rel=0.1)
    assert lengths(motion.flow - motion.nose_flow[0]).mean() < 0.1


@pytest.mark.parametrize("spec", [OPENCV, FAST], ids=["opencv", "fast"])
def test_a_still_face_filmed_with_noise_does_not_move(still_face, spec):
    """Noise of 2 grey levels through alignment, flow and nose subtraction; expressions move 0.2–0.3 px."""
    motion = flow_of_clip("e1", 1, 7, still_face, spec)
    assert lengths(motion.flow - motion.nose_flow[0]).mean() < 0.1
    assert np.abs(motion.nose_flow).max() < 0.1
