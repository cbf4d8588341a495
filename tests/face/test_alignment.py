"""Whole clips through the alignment: crops, still and moving heads, failures, files and progress."""

import io
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import mexflow
from face.photograph_clip import noisy, portrait, write_clip
from mexflow.config.alignment import AlignmentSpec
from mexflow.config.flow import FlowSpec
from mexflow.datasets.demo_plan import planned_clips, source_of
from mexflow.errors import UserError
from mexflow.face import alignment
from mexflow.face.alignment import align_source, align_unit, align_video
from mexflow.face.geometry import ANCHORS, apply_transform, canonical_anchors, inter_ocular_distance, warp
from mexflow.face.landmarks import find_face
from mexflow.face.regions import nose_region
from mexflow.motion.tvl1 import tvl1_flow
from mexflow.store.aligned import AlignedVideo, reading_aligned, writing_aligned
from mexflow.store.truth import read_truth
from mexflow.synthesis.photographs import astronaut
from mexflow.synthesis.render import render_clips
from store.samples import content_of

FPS = 200.0
MODES = {
    "per_clip": AlignmentSpec(),
    "first_frame_box": AlignmentSpec(mode="first_frame_box"),
    "per_window": AlignmentSpec(mode="per_window", window=30, overlap=16),
    "per_frame": AlignmentSpec(mode="per_frame"),
}
WALL = np.full((460, 500), 128, np.uint8)


def aligned(folder: Path, source: Path, spec: AlignmentSpec, fps: float = FPS) -> AlignedVideo:
    """A clip, aligned, written and read again; all its faces in memory."""
    path = folder / "aligned.h5"
    with writing_aligned(path, spec.canonical(), "code") as file:
        align_video(file, source.name, source, 1, fps, spec)
    with reading_aligned(path) as file:
        video = file[source.name]
        faces = video.faces(slice(None))
    return AlignedVideo(**(vars(video) | {"stored_faces": faces.__getitem__}))


def flow_of_pair(video: AlignedVideo, first: int, second: int, preset="fast") -> tuple[np.ndarray, np.ndarray]:
    """Flow between two frames, and the mean of its nose region; px."""
    rows = video.pair_rows(first, second)
    flow = tvl1_flow(*video.faces(rows), FlowSpec(preset=preset))
    return flow, flow[nose_region(video.landmarks_of(rows[0]), video.crop_size)].mean(axis=(0, 1))


def mean_length(flow: np.ndarray) -> float:
    return float(np.linalg.norm(flow, axis=-1).mean())


@pytest.fixture(scope="module")
def still_clip(tmp_path_factory) -> Path:
    """Frames 1 to 40 of a face that does not move, filmed with noise of 2 grey levels; 86 px between the eyes."""
    return write_clip(tmp_path_factory.mktemp("still") / "clip", noisy(portrait(), 40, seed=0))


@pytest.fixture(scope="module", params=MODES)
def mode(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def still(mode, still_clip, tmp_path_factory) -> AlignedVideo:
    return aligned(tmp_path_factory.mktemp(mode), still_clip, MODES[mode])


# --- where the crops lie ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [64, 128, (140, 170), (280, 340)])
@pytest.mark.parametrize(("distance", "height"), [(0.38, 0.32), (0.5, 0.45)])
def test_the_face_lies_where_it_is_asked_for(tmp_path, still_clip, size, distance, height):
    spec = AlignmentSpec(size=size, eye_distance=distance, eye_height=height)
    video = aligned(tmp_path, still_clip, spec)
    width, rows = spec.crop
    assert video.faces([0]).shape == (1, rows, width)
    assert video.crop_size == (width, rows)
    left, right = video.landmarks[0, 36:42].mean(axis=0), video.landmarks[0, 42:48].mean(axis=0)
    assert right - left == pytest.approx([distance * width, 0], abs=0.03 * width)
    assert (left + right) / 2 == pytest.approx([0.5 * width, height * rows], abs=0.03 * width)
    off = video.landmarks[0, list(ANCHORS)] - canonical_anchors(spec.crop, distance, height)
    assert np.linalg.norm(off, axis=1).max() < 0.03 * width
    assert video.inter_ocular_distance == pytest.approx(distance * width, rel=0.05)


def test_landmarks_found_anew_in_the_crop_are_those_that_are_stored(still, landmark_model):
    enlarged = cv2.resize(still.faces([0])[0], None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    again = (find_face(enlarged, landmark_model).landmarks + 0.5) / 4 - 0.5
    assert np.linalg.norm(again - still.landmarks_of(0), axis=1)[list(ANCHORS)].max() < 3.5


def test_every_face_is_one_warp_of_its_raw_frame_by_the_stored_transform(still, still_clip):
    for row, number in enumerate(still.frame_numbers):
        frame = cv2.imread(str(still_clip / f"img{number}.png"), cv2.IMREAD_GRAYSCALE)
        transform = still.transforms[still.transform_of[row]]
        np.testing.assert_array_equal(still.faces([row])[0], warp(frame, transform, (128, 128)))


def test_distances_between_the_eyes_are_given_in_the_crop_and_in_the_frame(still):
    assert still.inter_ocular_distance == pytest.approx(
        np.median([inter_ocular_distance(landmarks) for landmarks in still.landmarks])
    )
    assert still.raw_inter_ocular_distance == pytest.approx(86, abs=2)


def test_first_frame_box_is_the_box_of_the_detector(tmp_path, still_clip, landmark_model):
    video = aligned(tmp_path, still_clip, MODES["first_frame_box"])
    frame = cv2.imread(str(still_clip / "img1.png"), cv2.IMREAD_GRAYSCALE)
    left, top, right, bottom = find_face(frame, landmark_model).box.astype(int)
    literal = cv2.resize(frame[top:bottom, left:right], (128, 128), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(video.faces([0])[0] - literal).mean() < 2


@pytest.mark.parametrize(
    ("degrees", "scale", "shift"), [(6, 1.15, (12.3, -7.7)), (-8, 0.9, (5.5, 9.2)), (0, 1, (0.5, 0.5))]
)
def test_a_shifted_rotated_scaled_copy_gives_the_same_crops(still_clip, tmp_path, degrees, scale, shift):
    still = aligned(tmp_path, still_clip, AlignmentSpec())
    height, width = portrait().shape
    moved_by = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    moved_by[:, 2] += shift
    moved = cv2.warpAffine(portrait(), moved_by, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    copy = aligned(tmp_path, write_clip(tmp_path / "copy", noisy(moved, 8, seed=1)), AlignmentSpec())
    assert np.abs(copy.faces(slice(None)).mean(axis=0) - still.faces(slice(None)).mean(axis=0)).mean() < 4
    # The way there and back leads every landmark home: half a pixel of the crop is dlib's own rounding.
    raw = apply_transform(cv2.invertAffineTransform(still.transforms[0]), still.landmarks[0])
    home = apply_transform(copy.transforms[0], apply_transform(moved_by, raw))
    assert np.linalg.norm(home - still.landmarks[0], axis=1).mean() < 1


def test_one_bad_first_frame_does_not_sway_the_median(tmp_path, still_clip):
    still = aligned(tmp_path, still_clip, AlignmentSpec())
    frames = noisy(portrait(), 8, seed=0)
    jerk = np.roll(frames[0], (20, 30), axis=(0, 1))
    clip = aligned(tmp_path, write_clip(tmp_path / "clip", [jerk, *frames]), AlignmentSpec())
    raw = apply_transform(cv2.invertAffineTransform(still.transforms[0]), still.landmarks[0])
    off = np.linalg.norm(apply_transform(clip.transforms[0], raw) - still.landmarks[0], axis=1)
    assert off.mean() < 0.5
    assert clip.landmark_spread > 5
    assert still.landmark_spread < 1


# --- what moves and what does not -------------------------------------------------------------------------------


def test_a_still_face_filmed_with_noise_does_not_move(still):
    """Mean flow in px, without and with subtraction of the nose; expressions move 0.2–0.3 px."""
    for pair in ((1, 11), (5, 12), (17, 18), (21, 31), (31, 40)):
        flow, nose = flow_of_pair(still, *pair)
        assert mean_length(flow) < 0.1
        assert mean_length(flow - nose) < 0.1


def test_without_its_low_pass_a_transform_per_frame_moves_a_still_face_as_much_as_an_expression(tmp_path, still_clip):
    video = aligned(tmp_path, still_clip, AlignmentSpec(mode="per_frame", smoothing=1e-6))
    lengths = [mean_length(flow_of_pair(video, *pair)[0]) for pair in ((1, 11), (5, 12), (17, 18), (21, 31), (31, 40))]
    assert np.mean(lengths) > 0.2


@pytest.fixture(scope="module")
def drifting_clip(tmp_path_factory) -> Path:
    """The still face carried 6 px to the right and 3 px up within 40 frames, each frame sampled once."""
    frames = []
    for step, noise in enumerate(np.random.default_rng(5).standard_normal((40, *portrait().shape))):
        carried = np.array([[1, 0, 6 * step / 39], [0, 1, -3 * step / 39]])
        moved = cv2.warpAffine(
            portrait().astype(np.float32), carried, (500, 460), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        frames.append(np.clip(np.rint(moved + 2 * noise), 0, 255).astype(np.uint8))
    return write_clip(tmp_path_factory.mktemp("drifting") / "clip", frames)


def test_a_known_rigid_shift_is_removed(mode, drifting_clip, tmp_path):
    video = aligned(tmp_path, drifting_clip, MODES[mode])
    scale = np.hypot(*video.transforms[0, :, 0])
    for first, second in ((3, 13), (15, 20), (30, 40)):
        flow, nose = flow_of_pair(video, first, second, preset="opencv")
        assert mean_length(flow - nose) < 0.1
        moved = 0 if mode == "per_frame" else scale * (second - first) / 39 * np.hypot(6, 3)
        assert np.linalg.norm(nose) == pytest.approx(moved, abs=0.15)


@pytest.fixture(scope="module")
def expressions(tmp_path_factory):
    """Clips of two people of the demo, their folder and true motion."""
    folder = tmp_path_factory.mktemp("expressions")
    clips = [clip for clip in planned_clips(3, 1, seed=0) if clip.subject != "s1"]
    truths = {}
    for subject in ("s2", "s3"):
        render_clips([clip for clip in clips if clip.subject == subject], folder, folder / "truth.h5")
        truths |= read_truth(folder / "truth.h5")
    return folder, clips, truths


@pytest.mark.slow
def test_a_known_expression_survives(mode, expressions, tmp_path):
    """Share of the true displacement that is found where it is strong, by least squares; TV-L1 itself smooths."""
    folder, clips, truths = expressions
    shares = []
    for clip in clips:
        video, truth = aligned(tmp_path, folder / source_of(clip), MODES[mode]), truths[clip.clip]
        flow, nose = flow_of_pair(video, clip.onset, clip.apex, preset="opencv")
        transform = video.transforms[video.transform_of[video.row_of(clip.onset)]]
        y, x = np.mgrid[:128, :128].astype(float)
        raw = apply_transform(cv2.invertAffineTransform(transform), np.stack([x.ravel(), y.ravel()], axis=1))
        samples = (raw / truth.stride).astype(np.float32).reshape(128, 128, 2)
        true = cv2.remap(truth.expression, samples, None, cv2.INTER_LINEAR) @ transform[:, :2].T
        length = np.linalg.norm(true, axis=-1)
        strong = length > 0.5 * length.max()
        shares.append(((flow - nose) * true)[strong].sum() / (true**2)[strong].sum())
    assert np.mean(shares) >= 0.8
    assert max(shares) < 1.1


# --- frames without a face --------------------------------------------------------------------------------------


def with_walls(folder: Path, *kinds: bool) -> Path:
    """A clip whose frames show the face (True) or a wall."""
    faces, walls = noisy(portrait(), len(kinds), seed=3), noisy(WALL, len(kinds), seed=4)
    return write_clip(folder, [face if kind else wall for kind, face, wall in zip(kinds, faces, walls, strict=True)])


SHORT_WINDOWS = {"mode": "per_window", "window": 3, "overlap": 1}


def align_several(folder: Path, spec: AlignmentSpec, **clips: Path):
    with writing_aligned(folder / "a.h5", spec.canonical(), "") as file:
        for name, source in clips.items():
            align_video(file, name, source, 1, FPS, spec)
    return reading_aligned(folder / "a.h5")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({}, "any of its frames 1 to 4"),
        ({"mode": "first_frame_box"}, "any of its frames 1 to 4"),
        (SHORT_WINDOWS, "any of its frames 1 to 3"),
        ({"mode": "per_frame"}, "frame 1"),
    ],
)
def test_a_clip_without_a_face_is_refused_by_default(tmp_path, keys, told):
    wall = with_walls(tmp_path / "wall", *[False] * 4)
    with pytest.raises(UserError, match=rf"wall: no face in {told}\. Look at the clip.+another on_missing_face"):
        align_several(tmp_path, AlignmentSpec(**keys), wall=wall).__enter__()
    assert not (tmp_path / "a.h5").exists()


@pytest.mark.parametrize("keys", [{}, {"mode": "first_frame_box"}, SHORT_WINDOWS, {"mode": "per_frame"}])
def test_a_dropped_clip_is_left_out_and_never_gets_the_box_of_another(tmp_path, keys):
    good = with_walls(tmp_path / "good", *[True] * 4)
    wall = with_walls(tmp_path / "wall", *[False] * 4)
    policies = ["drop", "carry_last"] if keys.get("mode") in ("per_window", "per_frame") else ["drop"]
    for policy in policies:
        spec = AlignmentSpec(on_missing_face=policy, **keys)
        with align_several(tmp_path, spec, first=good, wall=wall, last=good) as file:
            assert file.videos == ["first", "last"]
            assert file.failures.to_dict("records") == [
                {"video": "wall", "first_frame": 1, "last_frame": 4, "problem": "no face", "action": "dropped"}
            ]
            np.testing.assert_array_equal(file["first"].faces([0, 3]), file["last"].faces([0, 3]))


def test_the_failure_table_says_which_frames_were_dropped_and_which_carried_on(tmp_path):
    clip = with_walls(tmp_path / "clip", False, True, True, False, False, True)
    keys = {"mode": "per_frame", "smoothing": 0.01}
    for policy, actions in (("drop", ["dropped", "dropped"]), ("carry_last", ["dropped", "carried"])):
        with align_several(tmp_path, AlignmentSpec(on_missing_face=policy, **keys), clip=clip) as file:
            table = file.failures
            assert list(zip(table.first_frame, table.last_frame, table.action, strict=True)) == [
                (1, 1, actions[0]),
                (4, 5, actions[1]),
            ]
            assert file["clip"].frame_numbers.tolist() == ([2, 3, 6] if policy == "drop" else [2, 3, 4, 5, 6])
            assert file["clip"].frames_without_face == 3


def test_first_frames_without_a_face_are_skipped_and_counted(tmp_path):
    clip = aligned(tmp_path, with_walls(tmp_path / "clip", False, False, True, True), AlignmentSpec(landmark_frames=1))
    assert clip.frames_without_face == 2
    assert clip.frame_numbers.tolist() == [1, 2, 3, 4]


# --- one unit ---------------------------------------------------------------------------------------------------


def manifest(*sources: str) -> pd.DataFrame:
    return pd.DataFrame({"video": [Path(one).stem for one in sources], "source": sources}).assign(
        first_frame=1, fps=FPS
    )


def test_the_log_tells_how_far_a_unit_is(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(alignment, "_LINE_EVERY", 3)
    with_walls(tmp_path / "good", *[True] * 7)
    with_walls(tmp_path / "wall", *[False] * 2)
    spec = AlignmentSpec(on_missing_face="drop")
    with caplog.at_level(logging.INFO), writing_aligned(tmp_path / "a.h5", "{}", "") as file:
        align_unit(manifest("good", "wall"), tmp_path, spec, file)
    assert [record.getMessage() for record in caplog.records] == [
        "good (1 of 2): 3 frames",
        "good (1 of 2): 6 frames",
        "good (1 of 2): done",
        "wall: no face in frames 1 to 2, dropped",
        "wall (2 of 2): done",
    ]


def test_a_person_at_a_terminal_sees_a_bar(tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    with_walls(tmp_path / "good", *[True] * 7)
    with writing_aligned(tmp_path / "a.h5", "{}", "") as file:
        align_unit(manifest("good"), tmp_path, AlignmentSpec(), file)
    assert "good (1 of 1)" in sys.stderr.getvalue()
    assert "7/7" in sys.stderr.getvalue()


WORKER = """
import sys
from pathlib import Path
from mexflow.config.alignment import AlignmentSpec
from mexflow.face.alignment import align_video
from mexflow.store.aligned import writing_aligned
spec = AlignmentSpec(mode="per_window", window=10, overlap=5)
count = 0
def told():
    global count
    count += 1
    print(count, flush=True)
with writing_aligned(Path(sys.argv[2]), spec.canonical(), "code") as file:
    align_video(file, "clip", Path(sys.argv[1]), 1, 200.0, spec, told)
"""


def test_a_killed_job_leaves_nothing_and_again_gives_the_same(still_clip, tmp_path):
    command = [sys.executable, "-c", WORKER, str(still_clip), str(tmp_path / "a.h5")]
    environment = os.environ | {"PYTHONPATH": str(Path(mexflow.__file__).parents[1])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        while process.stdout.readline() != b"25\n":
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    assert list(tmp_path.glob("*.h5")) == []
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]
    undisturbed = aligned(tmp_path / "other", still_clip, AlignmentSpec(mode="per_window", window=10, overlap=5))
    with reading_aligned(tmp_path / "a.h5") as file:
        again = content_of(file["clip"])
    for name, value in content_of(undisturbed).items():
        np.testing.assert_array_equal(again[name], value, err_msg=name)


# --- whole frames -----------------------------------------------------------------------------------------------


RESIZES = {"area": cv2.INTER_AREA, "bilinear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST}


@pytest.mark.parametrize(("size", "to"), [(64, (64, 64)), (128, (128, 128)), ([140, 90], (140, 90))])
@pytest.mark.parametrize("resize", RESIZES)
def test_whole_frames_are_opencv_s_resize_of_the_gray_frames(tmp_path, resize, size, to):
    frames = [*noisy(portrait(), 2, seed=0), *noisy(WALL, 2, seed=1)]
    source = write_clip(tmp_path / "clip", frames, first=7)
    video = aligned(tmp_path, source, AlignmentSpec(mode="whole_frame", size=size, resize=resize))
    expected = [cv2.resize(frame, to, interpolation=RESIZES[resize]) for frame in frames]
    np.testing.assert_array_equal(video.faces(slice(None)), expected)
    assert video.frame_numbers.tolist() == [7, 8, 9, 10]


def test_whole_frames_are_scaled_by_area_unless_told_otherwise(tmp_path):
    video = aligned(tmp_path, with_walls(tmp_path / "clip", True), AlignmentSpec(mode="whole_frame", size=64))
    expected = cv2.resize(noisy(portrait(), 1, seed=3)[0], (64, 64), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(video.faces([0])[0], expected)


def test_gray_before_the_resize_is_within_a_grey_level_of_the_published_order(tmp_path):
    """MicroExpSTCNN resized first."""
    source = write_clip(tmp_path / "clip", [astronaut().image])
    for gray, code in (("bt601", cv2.COLOR_BGR2GRAY), ("bt601_swapped", cv2.COLOR_RGB2GRAY)):
        video = aligned(tmp_path, source, AlignmentSpec(mode="whole_frame", size=64, gray=gray))
        published = cv2.cvtColor(cv2.resize(astronaut().image, (64, 64), interpolation=cv2.INTER_AREA), code)
        assert np.abs(video.faces([0])[0] - published.astype(float)).max() <= 1


def test_nothing_is_known_of_the_face_in_whole_frames_and_nothing_fails(tmp_path):
    spec = AlignmentSpec(mode="whole_frame")
    with align_several(tmp_path, spec, wall=with_walls(tmp_path / "wall", *[False] * 4)) as file:
        video = file["wall"]
        assert file.failures.empty
    assert not video.has_landmarks
    assert video.landmarks.shape == (1, 68, 2)
    assert video.frames_without_face == 0
    unknown = (video.inter_ocular_distance, video.raw_inter_ocular_distance, video.landmark_spread)
    assert np.isnan(video.landmarks).all() and np.isnan(unknown).all()


def test_faces_have_landmarks(still):
    assert still.has_landmarks


# --- outside of any dataset -------------------------------------------------------------------------------------


def test_an_image_becomes_a_picture_of_its_face(tmp_path):
    (source := tmp_path / "me12.png").write_bytes(cv2.imencode(".png", portrait())[1].tobytes())
    assert align_source(source, tmp_path / "out" / "face.png", AlignmentSpec(size=[140, 170])) == 1
    face = cv2.imread(str(tmp_path / "out" / "face.png"), cv2.IMREAD_UNCHANGED)
    clip = aligned(tmp_path, write_clip(tmp_path / "clip", [portrait()]), AlignmentSpec(size=[140, 170]))
    np.testing.assert_array_equal(face, clip.faces([0])[0])


@pytest.mark.parametrize("keys", [{}, {"mode": "per_window", "window": 4, "overlap": 2}])
def test_a_folder_becomes_a_folder_of_pictures_or_a_file(tmp_path, keys):
    source, spec = write_clip(tmp_path / "clip", noisy(portrait(), 6, seed=0), first=98), AlignmentSpec(**keys)
    assert align_source(source, tmp_path / "faces", spec) == 6
    assert align_source(source, tmp_path / "faces.h5", spec) == 6
    with reading_aligned(tmp_path / "faces.h5") as file:
        video = file["clip"]
        for number in range(98, 104):
            picture = cv2.imread(str(tmp_path / "faces" / f"{number}.png"), cv2.IMREAD_UNCHANGED)
            np.testing.assert_array_equal(picture, video.faces([video.row_of(number)])[0])
    assert len(list((tmp_path / "faces").iterdir())) == 6


@pytest.mark.parametrize(
    ("output", "told"),
    [("faces.png", r"clip has 2 frames, and .+faces\.png holds one"), ("faces.avi", r"faces\.avi: a \.png file, an")],
)
def test_an_output_that_cannot_hold_the_faces_is_refused(tmp_path, output, told):
    source = write_clip(tmp_path / "clip", noisy(portrait(), 2, seed=0))
    with pytest.raises(UserError, match=told):
        align_source(source, tmp_path / output, AlignmentSpec())
    assert not (tmp_path / output).exists()


@pytest.mark.parametrize("content", [None, b"", b"no image"])
def test_an_image_that_cannot_be_read_is_told(tmp_path, content):
    source = tmp_path / "me.jpg"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(UserError, match=r"me\.jpg: (no such|not a readable) image"):
        align_source(source, tmp_path / "face.png", AlignmentSpec())


def test_a_wall_is_refused_whatever_the_policy(tmp_path):
    source = write_clip(tmp_path / "wall", [WALL])
    for policy, told in (("fail", "no face in frame 1"), ("drop", "wall was left out, because it shows no face")):
        with pytest.raises(UserError, match=told):
            align_source(source, tmp_path / "face.png", AlignmentSpec(on_missing_face=policy))


def test_a_lower_rate_and_another_gray_change_what_is_aligned_and_nothing_else(tmp_path):
    """Skin is red: with red and blue swapped it is darker."""
    head = cv2.resize(astronaut().image[30:260, 100:350], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    source = write_clip(tmp_path / "clip", [head] * 20)
    plain = aligned(tmp_path, source, AlignmentSpec())
    slow = aligned(tmp_path, source, AlignmentSpec(fps=25))
    assert slow.frame_numbers.tolist() == [1, 9, 17]
    assert (slow.fps, slow.kept_fps, plain.kept_fps) == (200, 25, 200)
    np.testing.assert_array_equal(slow.faces([1]), plain.faces([8]))
    swapped = aligned(tmp_path, source, AlignmentSpec(gray="bt601_swapped"))
    assert swapped.faces([0]).mean() < plain.faces([0]).mean() - 5
