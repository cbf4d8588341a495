"""Copies of samples: their numbers, that they are their own clip's, and each operation against a literal reading."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from mexflow.config.augmentation import AugmentationSpec
from mexflow.datasets.labels import SEVEN_CLASS
from mexflow.errors import UserError
from mexflow.motion.encoding import elrcn_flow_image, flow_from_elrcn_image
from mexflow.motion.strain import optical_strain
from mexflow.training.augmentation import augmented, blurred, moved, shifted, turned

SEVEN = SEVEN_CLASS["samm"]
FAMILIES = ("joshi_volumes", "joshi_frames", "softnet", "elrcn")
UVS = ("u", "v", "strain")


def copies_of(tensors, family, *, copies=None, seed=0, channels=None, keys=None):
    """Copies of samples that are all of one class."""
    counts = {} if copies is None else {"one": copies}
    spec = AugmentationSpec(family=family, copies=counts)
    names = channels or [f"c{number}" for number in range(tensors.shape[-1])]
    keys = keys or [f"clip{number}" for number in range(len(tensors))]
    return augmented(tensors, np.zeros(len(tensors), int), ("one",), spec, seed, keys, names)[0]


def grays(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def smooth(*shape, seed=0):
    """Gray frames (times, rows, columns, channels) without detail finer than about 6 px, all above 0."""
    noise = np.random.default_rng(seed).standard_normal(shape)
    frames = ndimage.gaussian_filter(noise, (0, 3, 3, 0), mode="nearest")
    return (128 + 100 * frames / np.abs(frames).max()).astype(np.float32)


def flow_at(matrix, rows=32, columns=41):
    """The field (u, v) = matrix · (x, y) about the centre, (1, rows, columns, 2) float32."""
    y, x = np.mgrid[:rows, :columns].astype(float)
    points = np.stack([x - (columns - 1) / 2, y - (rows - 1) / 2], axis=-1)
    return (points @ np.asarray(matrix).T).astype(np.float32)[None]


# --- numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "classes", "counts", "published"),
    [
        ("joshi_volumes", SEVEN, [26, 15, 57, 8, 9, 12, 6], [52, 60, 57, 48, 54, 60, 48]),  # 379 in all
        ("joshi_volumes", ("positive", "negative"), [26, 92], [78, 92]),  # 170
        ("joshi_frames", SEVEN, [26, 15, 57, 8, 9, 12, 6], [52, 45, 57, 32, 36, 48, 30]),
        ("softnet", ("rest", "expression"), [5, 4], [20, 16]),
        ("elrcn", ("rest", "expression"), [2, 1], [26, 13]),
    ],
)
def test_classes_grow_to_the_published_numbers(family, classes, counts, published):
    labels = np.repeat(np.arange(len(classes)), counts)
    tensors = grays(len(labels), 2, 4, 4, 1)
    keys = [f"clip{number}" for number in range(len(labels))]
    spec = AugmentationSpec(family=family)
    copies, copy_labels, origins = augmented(tensors, labels, classes, spec, 0, keys, ("gray",))
    assert len(copies) == len(copy_labels) == len(origins)
    np.testing.assert_array_equal(copy_labels, labels[origins])
    assert np.bincount([*labels, *copy_labels]).tolist() == published


def test_a_class_that_is_not_named_gets_no_copies():
    spec = AugmentationSpec(family="softnet", copies={"b": 2})
    copies, labels, origins = augmented(
        grays(3, 4, 4, 1), np.array([0, 1, 0]), ("a", "b"), spec, 0, ["k", "l", "m"], ["gray"]
    )
    assert (len(copies), labels.tolist(), origins.tolist()) == (2, [1, 1], [1, 1])
    nothing = AugmentationSpec(family="softnet", copies={"other": 2})
    copies, labels, origins = augmented(
        grays(3, 4, 4, 1), np.array([0, 1, 0]), ("a", "b"), nothing, 0, ["k", "l", "m"], ["gray"]
    )
    assert (copies.shape, labels.shape, origins.shape) == ((0, 4, 4, 1), (0,), (0,))


# --- what a copy follows from -------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_the_seed_and_the_clip_decide_and_neither_its_place_nor_its_company(family):
    tensors = grays(6, 3, 16, 16, 2)
    keys = [f"samm/006/c{number}" for number in range(6)]
    labels = np.array([0, 1, 0, 1, 1, 0])
    spec = AugmentationSpec(family=family, copies={"a": 2, "b": 3})

    def copies_at(order, wanted=spec):
        copies, copy_labels, origins = augmented(
            tensors[order], labels[order], ("a", "b"), wanted, 5, [keys[n] for n in order], ("u", "v")
        )
        found = {n: copies[np.array(order)[origins] == n] for n in order}
        assert [len(found[n]) for n in order] == [wanted.copies["ab"[labels[n]]] for n in order]
        np.testing.assert_array_equal(copy_labels, labels[order][origins])
        return found

    everyone = copies_at([0, 1, 2, 3, 4, 5])
    for order in ([5, 3, 1, 0, 2, 4], [3, 0], [4]):
        for clip, copies in copies_at(order).items():
            np.testing.assert_array_equal(copies, everyone[clip])
    fewer = copies_at([0, 4], AugmentationSpec(family=family, copies={"a": 1, "b": 1}))
    for clip, copies in fewer.items():
        np.testing.assert_array_equal(copies, everyone[clip][:1])


@pytest.mark.parametrize("family", ["joshi_volumes", "joshi_frames", "softnet"])
def test_another_seed_another_clip_or_another_copy_is_another_draw(family):
    tensors = np.repeat(grays(1, 9, 16, 16, 1), 2, axis=0)
    copies = np.concatenate([copies_of(tensors, family, copies=3, seed=seed) for seed in (0, 1)])
    random = copies if family != "softnet" else copies[2::3]
    assert len(np.unique(random, axis=0)) == len(random)


def test_the_samples_are_left_as_they_are():
    tensors = grays(2, 3, 16, 16, 1)
    before = tensors.copy()
    for family in FAMILIES:
        copies_of(tensors, family, copies=3)
    np.testing.assert_array_equal(tensors, before)


@settings(deadline=None)
@given(
    st.sampled_from(FAMILIES),
    st.sampled_from([np.uint8, np.float32]),
    st.integers(0, 4),
    st.tuples(st.integers(4, 24), st.integers(4, 24), st.integers(1, 6)),
    st.integers(0, 2**32),
)
def test_copies_keep_shape_type_and_range(family, dtype, times, image, seed):
    stream = np.random.default_rng(seed)
    shape = (2, *([times] if times else []), *image)
    highest = 1 if (family, dtype) == ("softnet", np.float32) else 255
    tensors = (highest * stream.random(shape)).astype(dtype)
    copies = copies_of(tensors, family, copies=3, seed=seed, channels=("gray", *UVS, "magnitude", "x")[: image[-1]])
    assert copies.shape == (6, *shape[1:])
    assert copies.dtype == dtype
    assert np.isfinite(copies).all()
    if family != "elrcn":
        assert copies.min() >= 0
        assert copies.max() <= highest


# --- Joshi --------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(-17, 17).filter(bool), st.integers(18, 30))
def test_a_shift_is_a_roll_whose_patch_is_mirrored_at_the_left(pixels, columns):
    frames = grays(2, 5, columns, 3, seed=columns)
    expected = np.roll(frames, pixels, axis=2)
    if pixels > 0:
        for time in range(2):
            for row in range(5):
                expected[time, row, :pixels] = [frames[time, row, columns - 1 - place] for place in range(pixels)]
    np.testing.assert_array_equal(shifted(frames, pixels), expected)


@pytest.mark.parametrize("degrees", [1, 13, 348, 359, -10])
def test_a_turn_is_scipy_s_spline_rotation(degrees):
    frames = smooth(2, 64, 80, 2)
    result = turned(frames, degrees)
    expected = ndimage.rotate(frames, degrees, axes=(2, 1), reshape=False, order=3, mode="constant", cval=0)
    inside = ndimage.rotate(np.ones(frames.shape), degrees, axes=(2, 1), reshape=False, order=1) > 1 - 1e-9
    inside = ndimage.binary_erosion(inside, np.ones((1, 5, 5, 1)))
    assert inside.mean() > 0.4
    assert np.abs(result - expected)[inside].max() < 1.2
    assert np.abs(result - expected)[inside].mean() < 0.15


def test_what_a_turn_uncovers_and_what_is_black_takes_the_mean_of_the_top_left_corner():
    frames = np.full((2, 64, 64, 1), 200, np.uint8)
    frames[0, :15, :15] = 60
    frames[1, :15, :15] = 90
    frames[:, 25:39, 25:39] = 0
    result = turned(frames, 13)
    for time, corner in enumerate((60, 90)):
        np.testing.assert_allclose(result[time, 28:36, 28:36, 0], corner, atol=1e-3)
        assert result[time, 0, 0, 0] == result[time, -1, -1, 0] == corner


def drawn(family, count=700, times=9):
    """Copies of one gray level, 100: a shift does not show, a turn at the edges only, noise everywhere."""
    tensors = np.full((1, times, 40, 40, 1), 100, np.float32)
    return copies_of(tensors, family, copies=count)


def test_volumes_get_each_of_the_seven_choices_alike_and_noise_as_published():
    copies = drawn("joshi_volumes")
    middle = copies[:, :, 12:28, 12:28, 0].reshape(700, 9, -1) - 100
    noisy = np.ptp(middle, axis=(1, 2)) > 0.1
    assert noisy.mean() == pytest.approx(4 / 7, abs=0.06)
    assert np.abs(middle[~noisy]).max() < 1e-3
    means, deviations = middle[noisy].mean(axis=2), middle[noisy].std(axis=2)
    assert means.mean() == pytest.approx(3.5, abs=0.1)
    assert deviations.mean() == pytest.approx(5.5, abs=0.15)
    # 256 pixels a frame: the mean has a standard error of σ/16, the deviation of σ/22.
    assert 1 - 10 / 4 < means.min() < 2
    assert 5 < means.max() < 6 + 10 / 4
    assert 0.8 < deviations.min() < 1.5
    assert 9.5 < deviations.max() < 12.5
    # Drawn afresh per frame: as different inside a copy as between copies.
    assert deviations.std(axis=1).mean() == pytest.approx(9 / np.sqrt(12), rel=0.1)
    assert len(np.unique(middle[noisy].reshape(-1, 256), axis=0)) == 9 * noisy.sum()


def test_volumes_shift_and_turn_all_frames_alike_and_always_change():
    tensors = np.repeat(grays(1, 1, 40, 40, 1), 9, axis=1)
    copies = copies_of(tensors, "joshi_volumes", copies=300)
    alike = (copies == copies[:, :1]).all(axis=(1, 2, 3, 4))
    assert alike.mean() == pytest.approx(3 / 7, abs=0.09)
    assert (copies != tensors).any(axis=(1, 2, 3, 4)).all()
    distances = [
        next((k for k in range(-20, 21) if k and (shifted(tensors[0], k) == copy).all()), 0) for copy in copies[alike]
    ]
    only_shifted = np.array(distances)[np.flatnonzero(distances)]
    assert len(only_shifted) / 300 == pytest.approx(1 / 7, abs=0.07)
    assert np.abs(only_shifted).max() <= 15
    assert {*np.sign(only_shifted)} == {-1, 1}


def test_frames_get_each_operation_half_of_the_time_each_frame_by_itself():
    tensors = np.repeat(grays(1, 1, 40, 40, 1), 9, axis=1)
    copies = copies_of(tensors, "joshi_frames", copies=200)
    same = (copies == tensors).all(axis=(2, 3, 4))
    assert same.mean() == pytest.approx(1 / 8, abs=0.03)
    # Independent frames: the number of unchanged ones in a copy has the variance of a binomial distribution.
    assert same.sum(axis=1).var() == pytest.approx(9 * 7 / 64, rel=0.35)
    shifts = {
        k
        for k in range(-20, 21)
        if k and (copies.reshape(-1, 1, 40, 40, 1) == shifted(tensors[0, :1], k)).all((2, 3, 4)).any()
    }
    assert max(shifts) <= 17
    assert min(shifts) >= -17
    assert len(shifts) > 25
    flat = drawn("joshi_frames", 150).reshape(-1, 40, 40)[:, 12:28, 12:28].reshape(1350, -1) - 100
    noisy = np.ptp(flat, axis=1) > 0.1
    assert noisy.mean() == pytest.approx(0.5, abs=0.05)
    assert flat[noisy].mean() == pytest.approx(4, abs=0.2)
    assert flat[noisy].std(axis=1).mean() == pytest.approx(6.5, abs=0.4)


def test_frames_of_an_image_are_the_image():
    image = grays(1, 20, 20, 1)
    np.testing.assert_array_equal(
        copies_of(image, "joshi_frames", copies=5), copies_of(image[:, None], "joshi_frames", copies=5)[:, 0]
    )


# --- SOFTNet ------------------------------------------------------------------------------------------------------


def test_softnet_makes_a_mirror_image_a_blurred_and_a_noisy_one():
    tensors = np.random.default_rng(0).random((1, 42, 42, 3)).astype(np.float32)
    mirrored, soft, noisy = copies_of(tensors, "softnet")
    np.testing.assert_array_equal(mirrored, [[row[::-1][column] for column in range(42)] for row in tensors[0]])
    np.testing.assert_array_equal(soft, blurred(tensors)[0])
    difference = noisy - tensors[0]
    assert np.abs(difference).max() > 0.2


def test_the_blur_is_opencv_s_kernel_for_7_px_near_a_gaussian_of_1_4_px():
    kernel = np.array([1, 3.5, 7, 9, 7, 3.5, 1]) / 32
    gaussian = np.exp(-0.5 * (np.arange(-3, 4) / 1.4) ** 2)
    np.testing.assert_allclose(kernel, gaussian / gaussian.sum(), atol=0.01)
    frames = np.random.default_rng(1).random((2, 12, 15, 3))
    expected = np.zeros_like(frames)
    for row in range(12):
        for column in range(15):
            for down, weight in enumerate(kernel, start=-3):
                for right, other in enumerate(kernel, start=-3):
                    # Mirrored about the outermost pixel.
                    y = 11 - abs(11 - abs(row + down))
                    x = 14 - abs(14 - abs(column + right))
                    expected[:, row, column] += weight * other * frames[:, y, x]
    np.testing.assert_allclose(blurred(frames), expected, atol=1e-6)


def test_8_bit_copies_are_rounded():
    images = grays(1, 20, 20, 1)
    rounding = copies_of(images, "softnet")[1] - blurred(images)[0]
    assert np.abs(rounding).max() <= 0.5
    assert rounding.mean() == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(("dtype", "white"), [(np.float32, 1), (np.uint8, 255)])
def test_softnet_s_noise_has_variance_0_01_of_the_range_and_is_clipped(dtype, white):
    tensors = np.full((4, 60, 60, 2), 0.5 * white).astype(dtype)
    noise = (copies_of(tensors, "softnet")[2::3].astype(float) - tensors) / white
    assert noise.var() == pytest.approx(0.01, rel=0.05)
    assert noise.mean() == pytest.approx(0, abs=0.003)
    black = copies_of(np.zeros_like(tensors), "softnet")[2::3]
    assert (black == 0).mean() == pytest.approx(0.5, abs=0.02)


# --- ELRCN --------------------------------------------------------------------------------------------------------


def test_elrcn_makes_four_turns_two_scales_four_shifts_and_two_flips():
    """Against scipy's affine transform, which asks where each pixel comes from."""
    frames = smooth(3, 40, 48, 1)
    copies = copies_of(frames[None], "elrcn", channels=("gray",))
    assert len(copies) == 12
    turns = []
    for degrees in (5, -5, 10, -10):
        c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        turns.append(([[c, s], [-s, c]], (0, 0)))  # in (row, column): where a counter-clockwise turn takes its pixels
    scales = [(np.eye(2) / scale, (0, 0)) for scale in (0.9, 1.1)]
    shifts = [(np.eye(2), (-y, -x)) for x, y in ((-2, -2), (-2, 2), (2, -2), (2, 2))]
    flips = [(np.diag([1, -1]), (0, 0)), (np.diag([-1, 1]), (0, 0))]
    centre = np.array([39, 47]) / 2
    for copy, (source, shift) in zip(copies, [*turns, *scales, *shifts, *flips], strict=True):
        offset = centre - np.asarray(source) @ centre + shift
        for frame, changed in zip(frames[..., 0], copy[..., 0], strict=True):
            expected = ndimage.affine_transform(frame, source, offset, order=1, mode="grid-constant", cval=0)
            np.testing.assert_allclose(changed, expected, atol=0.01)


def test_flips_are_exact_and_negate_their_component():
    tensors = np.random.default_rng(2).standard_normal((1, 9, 11, 4)).astype(np.float32)
    *_, across, down = copies_of(tensors, "elrcn", channels=("u", "v", "magnitude", "strain"))
    np.testing.assert_array_equal(across, tensors[0, :, ::-1] * np.float32([-1, 1, 1, 1]))
    np.testing.assert_array_equal(down, tensors[0, ::-1] * np.float32([1, -1, 1, 1]))


def test_flips_of_8_bit_flow_mirror_about_128():
    tensors = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(4, axis=3)
    *_, across, down = copies_of(tensors, "elrcn", channels=("u", "v", "strain", "gray"))
    about_128 = np.array([255, *range(255, 0, -1)], np.uint8).reshape(16, 16)
    plain = tensors[0, :, :, 0]
    for channel, expected in enumerate([about_128, plain, plain, plain]):
        np.testing.assert_array_equal(across[..., channel], expected[:, ::-1])
    for channel, expected in enumerate([plain, about_128, plain, plain]):
        np.testing.assert_array_equal(down[..., channel], expected[::-1])


@settings(deadline=None)
@given(
    st.lists(st.floats(-0.2, 0.2), min_size=4, max_size=4),
    st.floats(-15, 15),
    st.sampled_from([0.9, 1.0, 1.1]),
    st.booleans(),
)
def test_flow_becomes_that_of_the_moved_face(entries, degrees, scale, flip):
    """A face that moves by B·x, seen through the map A, moves by A·B·A⁻¹·x."""
    motion = np.reshape(entries, (2, 2))
    radians = np.deg2rad(degrees)
    linear = scale * np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]])
    linear = linear @ np.diag([-1 if flip else 1, 1])
    flow = flow_at(motion)
    result = moved(flow, ("u", "v"), linear, (0, 0))
    expected = flow_at(linear @ motion @ np.linalg.inv(linear))
    np.testing.assert_allclose(result[:, 8:-8, 8:-8], expected[:, 8:-8, 8:-8], atol=1e-3)
    strains = [optical_strain(one)[0, 8:-8, 8:-8].mean() for one in (result, flow)]
    assert strains[0] == pytest.approx(strains[1], abs=1e-3)


def test_a_magnitude_is_that_of_the_moved_vectors():
    flow = smooth(1, 40, 40, 2) / 30  # no zero, about which a length is no smooth function
    stack = np.concatenate([flow, np.hypot(flow[..., :1], flow[..., 1:])], axis=-1)
    copies = copies_of(stack, "elrcn", channels=("u", "v", "magnitude"))[:, 6:-6, 6:-6]
    np.testing.assert_allclose(copies[..., 2], np.hypot(copies[..., 0], copies[..., 1]), atol=0.02)


def test_copies_of_8_bit_flow_are_8_bit_copies_of_the_flow():
    flow = smooth(1, 40, 40, 2) / 30 - 4
    images = elrcn_flow_image(flow)
    copies = copies_of(images, "elrcn", channels=("u", "v", "magnitude"))
    expected = copies_of(flow, "elrcn", channels=("u", "v"))
    np.testing.assert_allclose(flow_from_elrcn_image(copies), expected, atol=2 / 16)


# --- mistakes -----------------------------------------------------------------------------------------------------


def test_samples_that_do_not_suit_a_family_are_told():
    with pytest.raises(UserError, match=r"softnet changes images or volumes, not samples of the shape \(177,\)"):
        copies_of(np.zeros((2, 177), np.float32), "softnet")
    with pytest.raises(UserError, match=r"softnet is for values from 0 to 1; these samples reach from -3 to 0"):
        copies_of(np.float32([0, -3]).reshape(1, 1, 2, 1), "softnet")
    with pytest.raises(
        UserError, match=r"joshi_volumes is for values from 0 to 255; these samples reach from 0 to 256"
    ):
        copies_of(np.float32([0, 256]).reshape(1, 1, 2, 1), "joshi_volumes", copies=1)
    with pytest.raises(ValueError, match="3 keys"):
        copies_of(grays(2, 4, 4, 1), "softnet", keys=["a", "b", "c"])
    with pytest.raises(ValueError, match="2 channels"):
        copies_of(grays(2, 4, 4, 1), "softnet", channels=("u", "v"))
