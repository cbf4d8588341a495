"""ELRCN: shapes and counts of the reference at full size (no memory is taken for these), the rest in miniature."""

import gc
import inspect
import shutil

import keras
import numpy as np
import pytest
from keras import layers

from mexflow.config.training import ModelSpec
from mexflow.errors import UserError
from mexflow.models import elrcn
from mexflow.models.registry import check_models
from mexflow.models.vgg_face import LAYERS

SMALL = {"lstm_units": 4}
CHANNELS = {
    **dict.fromkeys(("st", "scratch", "s", "nofine", "t"), 3),
    **{"sf": 1, "st4se": 4, "st4te": 4, "st5se": 5, "st5te": 5},
}


@pytest.fixture(autouse=True)
def freed():
    """A Keras model is full of reference cycles; these have 34 million parameters each, and some three of them."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def vgg_face_file(tmp_path_factory):
    """VGG-Face weights for images of 32 × 32."""
    rng = np.random.default_rng(0)
    module = unallocated(elrcn.spatial_module, (32, 32, 3), 5)
    arrays = {}
    for name in LAYERS:
        shape = tuple(module.get_layer(name).kernel.shape)
        arrays[f"{name}_W"] = rng.standard_normal(shape, dtype=np.float32) * np.float32(
            np.sqrt(2 / np.prod(shape[:-1]))
        )
        arrays[f"{name}_b"] = rng.standard_normal(shape[-1], dtype=np.float32) * np.float32(0.1)
    folder = tmp_path_factory.mktemp("vgg_face")
    np.savez(folder / "vgg.npz", **arrays)
    yield folder / "vgg.npz"
    shutil.rmtree(folder)  # 134 MB


def unallocated(function, *arguments, **options):
    """What a function builds, with the shapes of all variables but without their values."""
    with keras.StatelessScope(initialize_variables=False):
        return function(*arguments, **options)


def count(variables) -> int:
    return sum(int(np.prod(one.shape)) for one in variables)


def clips(channels, frames=2, number=2) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (number, frames, 32, 32, channels)).astype(np.float32)


def test_the_spatial_module_has_the_outputs_of_the_table():
    module = unallocated(elrcn.spatial_module, (224, 224, 3), 5)
    sizes = {1: (224, 112, 64), 2: (112, 56, 128), 3: (56, 28, 256), 4: (28, 14, 512), 5: (14, 7, 512)}
    seen = {layer.name: tuple(layer.output.shape[1:]) for layer in module.layers}
    for block, (before, after, filters) in sizes.items():
        assert seen[f"conv{block}_2"] == (before, before, filters)
        assert seen[f"pool{block}"] == (after, after, filters)
    ends = {"flatten": 25_088, "fc6": 4096, "drop6": 4096, "fc7": 4096, "drop7": 4096, "fc8": 5}
    assert {name: seen[name] for name in ends} == {name: (size,) for name, size in ends.items()}


@pytest.mark.parametrize(
    ("channels", "parameters"), [(3, 134_281_029), (4, 134_281_605), (5, 134_282_181), (9, 134_284_485)]
)
def test_the_spatial_module_has_the_parameters_of_the_reference(channels, parameters):
    assert unallocated(elrcn.spatial_module, (224, 224, channels), 5).count_params() == parameters


def test_blocks_and_layers_have_the_parameters_of_the_docstring_s_table():
    module = unallocated(elrcn.spatial_module, (224, 224, 3), 5)
    table = {"conv1": 38_720, "conv2": 221_440, "conv3": 1_475_328, "conv4": 5_899_776, "conv5": 7_079_424}
    table |= {"fc6": 102_764_544, "fc7": 16_781_312, "fc8": 20_485}
    for name, parameters in table.items():
        assert sum(layer.count_params() for layer in module.layers if layer.name.startswith(name)) == parameters


def test_fine_tuning_freezes_and_trains_the_parameters_of_the_reference():
    module = unallocated(elrcn.spatial_module, (224, 224, 3), 5, frozen="fc6")
    assert count(module.non_trainable_weights) == 117_479_232
    assert count(module.trainable_variables) == 16_801_797


@pytest.mark.parametrize(("size", "parameters"), [(4096, 85_548_773), (8192, 134_700_773), (12_288, 183_852_773)])
def test_the_temporal_module_has_the_parameters_of_the_reference(size, parameters):
    module = unallocated(elrcn.temporal_module, (9, size), 5)
    assert module.count_params() == parameters
    kinds = [layer for layer in module.layers if isinstance(layer, layers.LSTM | layers.Dense)]
    assert [tuple(layer.output.shape[1:]) for layer in kinds] == [(3000,), (128,), (5,)]


@pytest.mark.parametrize("sizes", [(1024, 1024), (3000, 1024), (5000, 1024)])
def test_two_lstm_layers_have_the_parameters_of_the_closed_form(sizes):
    first, second = sizes
    gates = 4 * first * (4096 + first + 1) + 4 * second * (first + second + 1)
    dense = 128 * (second + 1) + 5 * 129
    module = unallocated(elrcn.temporal_module, (9, 4096), 5, lstm_units=sizes)
    assert module.count_params() == gates + dense


@pytest.mark.parametrize(
    ("variant", "spatial", "temporal"),
    [
        ("st", [134_281_029], 85_548_773),
        ("scratch", [134_281_029], 85_548_773),
        ("s", [134_281_029], None),
        ("nofine", [134_281_029], None),
        ("sf", [134_284_485], None),
        ("st4se", [134_281_605], 85_548_773),
        ("st5se", [134_282_181], 85_548_773),
        ("st4te", [134_281_029] * 2, 134_700_773),
        ("st5te", [134_281_029] * 3, 183_852_773),
    ],
)
def test_each_variant_has_the_modules_of_its_flag(variant, spatial, temporal):
    modules = unallocated(elrcn.parts, (9, 224, 224, CHANNELS[variant]), 5, variant=variant)
    assert [one.count_params() for one in modules.spatial] == spatial
    assert (modules.temporal and modules.temporal.count_params()) == temporal
    # Joined to a temporal module, a spatial one ends at fc7.
    unused = 20_485 * len(spatial) if temporal else 0
    model = unallocated(elrcn.build, (9, 224, 224, CHANNELS[variant]), 5, variant=variant)
    assert model.count_params() == sum(spatial) + (temporal or 0) - unused


def test_the_temporal_variant_takes_the_pixels_of_a_frame_as_its_vector():
    """50² · 3 of the reference."""
    model = unallocated(elrcn.build, (9, 50, 50, 3), 5, variant="t")
    assert model.count_params() == 4 * 3000 * (7500 + 3000 + 1) + 128 * 3001 + 5 * 129


def test_the_temporal_variant_equals_an_lstm_written_out():
    model = elrcn.build((4, 2, 3, 2), 3, variant="t", lstm_units=5)
    clip = np.random.default_rng(0).standard_normal((4, 2, 3, 2)).astype(np.float32)
    kernel, recurrent, bias, *dense = model.get_layer("temporal").get_weights()
    state = memory = np.zeros(5)
    for frame in clip:
        gates = frame.ravel() @ kernel + state @ recurrent + bias
        enter, forget, leave = (1 / (1 + np.exp(-gates[part : part + 5])) for part in (0, 5, 15))
        memory = forget * memory + enter * np.tanh(gates[10:15])
        state = leave * np.tanh(memory)
    powers = np.exp((state @ dense[0] + dense[1]).clip(min=0) @ dense[2] + dense[3])
    np.testing.assert_allclose(model.predict_on_batch(clip[None])[0], powers / powers.sum(), rtol=1e-4)


def test_the_published_sigmoid_has_the_published_loss_and_is_a_probability_per_class():
    module = elrcn.temporal_module((3, 6), 4, lstm_units=(5,), sigmoid=True)
    vectors = np.random.default_rng(0).standard_normal((7, 3, 6)).astype(np.float32)
    sigmoids = keras.Model(module.input, module.get_layer("output").output).predict_on_batch(vectors)
    probabilities = module.predict_on_batch(vectors)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert (sigmoids.sum(axis=1) > 1.2).all()
    truth = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0, 1, 2]]
    np.testing.assert_allclose(
        keras.losses.categorical_crossentropy(truth, probabilities),
        keras.losses.categorical_crossentropy(truth, sigmoids),
        rtol=1e-5,
    )


@pytest.mark.parametrize("variant", ["st", "st5te"])
def test_the_joined_model_is_the_two_stages_one_after_the_other(variant):
    channels = CHANNELS[variant]
    modules = elrcn.parts((2, 32, 32, channels), 3, variant=variant, **SMALL)
    samples = clips(channels)
    images = [samples]
    if variant == "st5te":
        images = [samples[..., :3], samples[..., [3, 3, 3]], samples[..., [4, 4, 4]]]
    vectors = np.zeros((2, 2, 4096 * len(images)), np.float32)
    for position, (module, image) in enumerate(zip(modules.spatial, images, strict=True)):
        for clip, frame in np.ndindex(2, 2):
            own = elrcn.fc7_of(module).predict_on_batch(image[clip, frame][None])[0]
            vectors[clip, frame, 4096 * position : 4096 * (position + 1)] = own
    expected = modules.temporal.predict_on_batch(vectors)
    np.testing.assert_allclose(elrcn.joined(modules).predict_on_batch(samples), expected, rtol=1e-4)
    assert np.ptp(expected, axis=0).max() > 0


def test_the_fc7_vector_is_what_the_softmax_sees():
    module = elrcn.spatial_module((32, 32, 3), 5)
    frames = clips(3)[0]
    kernel, bias = module.get_layer("fc8").get_weights()
    powers = np.exp(elrcn.fc7_of(module).predict_on_batch(frames) @ kernel + bias)
    np.testing.assert_allclose(module.predict_on_batch(frames), powers / powers.sum(axis=1, keepdims=True), rtol=1e-4)


def test_without_a_temporal_module_the_probabilities_of_the_frames_are_averaged():
    modules = elrcn.parts((2, 32, 32, 3), 3, variant="s")
    samples = clips(3)
    single = modules.spatial[0].predict_on_batch(samples.reshape(4, 32, 32, 3))
    np.testing.assert_allclose(
        elrcn.joined(modules).predict_on_batch(samples), single.reshape(2, 2, 3).mean(axis=1), rtol=1e-4
    )


def test_streams_of_gray_frames_are_their_channel_three_times():
    samples = clips(1)
    (images,) = elrcn.streams(samples, "st")
    np.testing.assert_array_equal(images, samples[..., [0, 0, 0]])


def test_spatial_enrichment_sees_all_channels_at_once():
    samples = clips(5)
    (images,) = elrcn.streams(samples, "st5se")
    np.testing.assert_array_equal(images, samples)


def test_the_channel_stack_has_the_frames_as_channels():
    samples = clips(1, frames=9)
    (images,) = elrcn.streams(samples, "sf")
    assert images.shape == (2, 32, 32, 9)
    for frame in range(9):
        np.testing.assert_array_equal(images[..., frame], samples[:, frame, ..., 0])


def given_pixels(**options) -> np.ndarray:
    """What the first convolution of a spatial module is given for one image."""
    module = unallocated(elrcn.spatial_module, (32, 32, 3), 5, **options)
    seen = keras.Model(module.input, module.get_layer("conv1_1").input)
    return np.asarray(seen(clips(3)[0, :1]))[0]


def test_the_mean_face_is_taken_away_per_channel():
    np.testing.assert_allclose(
        given_pixels(), clips(3)[0, 0] - np.array([129.1863, 104.7624, 93.5940]), rtol=1e-4, atol=1e-4
    )


def test_raw_pixels_are_reversed_in_their_channels_and_nothing_else():
    np.testing.assert_array_equal(given_pixels(pixels="raw"), clips(3)[0, 0][..., [2, 1, 0]])


def test_the_layout_bug_reads_the_numbers_of_an_image_as_if_channels_came_first():
    image = clips(3)[0, 0]
    blue_green_red = image[..., ::-1].ravel()
    expected = np.empty_like(image)
    for channel, row, column in np.ndindex(3, 32, 32):
        expected[row, column, channel] = blue_green_red[(channel * 32 + row) * 32 + column]
    np.testing.assert_array_equal(given_pixels(pixels="raw", layout_bug=True), expected)


def frozen_layers(model) -> list[list[str]]:
    nested = [one for one in model.layers if one.name.startswith("spatial")]
    return [[layer.name for layer in one.layers if layer.weights and not layer.trainable] for one in nested]


@pytest.mark.parametrize(
    ("variant", "last"), [("st", "fc6"), ("s", "fc6"), ("nofine", "fc7"), ("scratch", ""), ("st4te", "")]
)
def test_layers_with_vgg_face_weights_are_frozen_as_the_flag_says(variant, last, monkeypatch):
    monkeypatch.setattr(elrcn, "load_vgg_face", lambda network, file: None)
    shape = (2, 32, 32, CHANNELS[variant])
    model = unallocated(elrcn.build, shape, 3, variant=variant, weights="vgg.h5", **SMALL)
    frozen = list(LAYERS[: LAYERS.index(last) + 1]) if last else []
    assert frozen_layers(model) == [frozen] * (2 if variant == "st4te" else 1)


@pytest.mark.parametrize(("variant", "modules"), [("st", 1), ("s", 1), ("st5se", 1), ("st5te", 3)])
def test_random_layers_are_not_frozen(variant, modules):
    model = unallocated(elrcn.build, (2, 32, 32, CHANNELS[variant]), 3, variant=variant, **SMALL)
    assert frozen_layers(model) == [[]] * modules


def test_nofine_trains_the_softmax_alone():
    model = unallocated(elrcn.build, (2, 32, 32, 3), 3, variant="nofine")
    assert [one.path for one in model.trainable_variables] == ["spatial_flow/fc8/kernel", "spatial_flow/fc8/bias"]


def test_every_spatial_module_starts_from_the_weights_of_the_file(vgg_face_file):
    modules = elrcn.parts((2, 32, 32, 4), 3, variant="st4te", weights=str(vgg_face_file), **SMALL)
    with np.load(vgg_face_file) as stored:
        for module in modules.spatial:
            for name in LAYERS:
                kernel, bias = module.get_layer(name).get_weights()
                np.testing.assert_array_equal(kernel, stored[f"{name}_W"])
                np.testing.assert_array_equal(bias, stored[f"{name}_b"])


def test_weights_for_another_size_of_image_are_refused(vgg_face_file):
    with pytest.raises(UserError, match=r"where fc6 needs \(2048, 4096\)"):
        elrcn.build((2, 64, 64, 3), 3, weights=str(vgg_face_file), **SMALL)


def test_training_end_to_end_moves_what_is_not_frozen_and_only_that(vgg_face_file):
    model = elrcn.build((2, 32, 32, 3), 3, weights=str(vgg_face_file), pixels="raw", sigmoid=True, **SMALL)
    before = {one.path: keras.ops.convert_to_numpy(one) for one in model.weights}
    assert len(before) == len(model.weights)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", jit_compile=False)
    model.train_on_batch(clips(3) / 255, np.array([0, 2]))  # unscaled, the LSTM's gates saturate
    moved = {one.path for one in model.weights if (keras.ops.convert_to_numpy(one) != before[one.path]).any()}
    assert moved == {one.path for one in model.trainable_variables}


def test_no_two_variables_of_three_streams_share_a_path():
    model = unallocated(elrcn.build, (2, 32, 32, 5), 3, variant="st5te", **SMALL)
    assert len({one.path for one in model.weights}) == len(model.weights)


def test_parts_take_the_parameters_of_build():
    assert inspect.signature(elrcn.parts).parameters == inspect.signature(elrcn.build).parameters


def test_the_published_reading_passes_the_check_of_the_configuration():
    published = {"variant": "st5te", "sigmoid": True, "pixels": "raw", "layout_bug": True, "lstm_layers": 2}
    schedule = {"epochs": 100, "batch_size": 1, "learning_rate": 1e-5}
    check_models({"mine": ModelSpec(architecture="elrcn", parameters=published, **schedule)})
    model = unallocated(elrcn.build, (9, 224, 224, 5), 5, **published)
    assert model.output_shape == (None, 5)


@pytest.mark.parametrize(
    ("shape", "parameters", "message"),
    [
        ((9, 224, 224, 3), {"variant": "nofin"}, 'elrcn: no variant "nofin"; did you mean "nofine"?'),
        ((9, 224, 224, 3), {"pixels": "rw"}, 'elrcn: no way of scaling "rw" in pixels; did you mean "raw"?'),
        ((9, 224, 224, 3), {"lstm_layers": 3}, "elrcn: lstm_layers is 1 or 2 (given: 3)"),
        (
            (9, 224, 224, 4),
            {"variant": "st4se", "weights": "vgg.h5"},
            'elrcn: variant "st4se" starts from random weights; leave weights empty',
        ),
        (
            (9, 224, 224, 3),
            {"variant": "st4te"},
            'elrcn: variant "st4te" takes samples of frames × rows × columns × 4; '
            "this feature has 9 × 224 × 224 × 3. Name another feature.",
        ),
        (
            (28, 28, 3),
            {},
            'elrcn: variant "st" takes samples of frames × rows × columns × 1 or 3; '
            "this feature has 28 × 28 × 3. Name another feature.",
        ),
        (
            (9, 28, 28, 3),
            {},
            "elrcn: VGG takes 32 × 32 pixels and more; this feature has 28 × 28. Set its size, e.g. to 224.",
        ),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused(shape, parameters, message):
    with pytest.raises(UserError) as error:
        elrcn.build(shape, 5, **parameters)
    assert str(error.value) == message
