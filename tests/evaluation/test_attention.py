"""Maps of a network's attention against NumPy, and on faces of which it is known where they move."""

from dataclasses import replace

import cv2
import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from mexflow.config.training import ModelSpec, ProtocolSpec, TrainingSpec
from mexflow.errors import UserError
from mexflow.evaluation.attention import attention_of_run, grad_cam, hires_cam, saliency
from mexflow.models.gradients import open_network
from mexflow.store.packed import Layout, PackedFeature
from mexflow.store.predictions import write_predictions
from mexflow.store.weights import write_weights
from mexflow.training.backend import configure_backend
from mexflow.training.fitting import FoldTrainer
from mexflow.training.samples import Normaliser
from models.miniatures import MINIATURES
from models.tiny_network import CLASSES, SHAPE, literal_convolved, literal_scores, tiny_network

NAMES = ("negative", "positive", "surprise")
QUADRANTS = ((slice(0, 14), slice(0, 14)), (slice(14, 28), slice(0, 14)), (slice(14, 28), slice(14, 28)))
STSTNET = ModelSpec(architecture="ststnet", epochs=20, batch_size=16, learning_rate=0.005, keep_weights=True)


@pytest.fixture(scope="module", autouse=True)
def backend():
    """TensorFlow takes the number of threads only before its first tensor."""
    configure_backend(threads=1)


def samples_of(shape, number=2) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((number, *shape))


def scaled(image) -> np.ndarray:
    return image / image.max() if image.max() > 0 else image


def literal_map(sample, number, weights_of) -> np.ndarray:
    """The class-activation map of the tiny network; the gradient of a logit is a column of its dense layer."""
    network = tiny_network()
    convolved = literal_convolved(network, sample)
    gradient = network.layers[-1].get_weights()[0][:, number].reshape(convolved.shape)
    found = (weights_of(gradient) * convolved).sum(axis=-1).clip(min=0)
    rows, columns, _ = SHAPE
    return scaled(cv2.resize(found, (columns, rows), interpolation=cv2.INTER_LINEAR))


def test_grad_cam_is_the_same_written_out():
    samples, numbers = samples_of(SHAPE, 12), np.arange(12) % CLASSES
    found = grad_cam(open_network(tiny_network()), samples, numbers)
    expected = [literal_map(*one, lambda g: g.mean(axis=(0, 1))) for one in zip(samples, numbers, strict=True)]
    assert found.shape == (12, *SHAPE[:2])
    assert (found.max(axis=(1, 2)) > 0).sum() > 4
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_hires_cam_is_the_same_written_out():
    samples, numbers = samples_of(SHAPE, 12), np.arange(12) % CLASSES
    found = hires_cam(open_network(tiny_network()), samples, numbers)
    expected = [literal_map(*one, lambda g: g) for one in zip(samples, numbers, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_saliency_is_the_same_written_out():
    network, sample, number, step = tiny_network(), samples_of(SHAPE, 1)[0], 2, 1e-5
    slopes = np.zeros(SHAPE)
    for place in np.ndindex(SHAPE):
        away = np.zeros(SHAPE)
        away[place] = step
        both = [literal_scores(network, sample + sign * away)[number] for sign in (1, -1)]
        slopes[place] = (both[0] - both[1]) / (2 * step)
    found = saliency(open_network(network), sample[None], np.array([number]))
    np.testing.assert_allclose(found[0], scaled(np.abs(slopes).max(axis=-1)), atol=1e-5)


@pytest.mark.parametrize("miniature", MINIATURES, ids=lambda one: one.name)
def test_every_architecture_has_maps_in_the_grid_of_its_samples_unless_it_has_no_convolution(miniature):
    network = open_network(miniature.build())
    samples, numbers = miniature.samples, np.array([0, 1, 2, 1])
    kinds = {kind: kind(network, samples, numbers) for kind in (grad_cam, hires_cam, saliency)}
    if miniature.name.startswith("elrcn-t-"):
        assert kinds.pop(grad_cam) is None
        assert kinds.pop(hires_cam) is None
    for maps in kinds.values():
        assert maps.shape == samples.shape[:-1]
        assert maps.dtype == np.float32
        assert set(maps.max(axis=tuple(range(1, maps.ndim)))) <= {0, 1}
        assert maps.min() >= 0
    assert kinds[saliency].max() == 1


def test_a_sample_does_not_change_the_map_of_another():
    network = open_network(tiny_network())
    samples, numbers = samples_of(SHAPE, 20), np.arange(20) % CLASSES
    for kind in (grad_cam, hires_cam, saliency):
        alone = [kind(network, samples[k : k + 1], numbers[k : k + 1])[0] for k in (3, 19)]
        np.testing.assert_allclose(kind(network, samples, numbers)[[3, 19]], alone, atol=1e-6)


def test_a_place_that_a_network_does_not_read_has_no_saliency():
    inputs = keras.Input((8, 8, 1))
    features = layers.Flatten()(layers.Conv2D(4, 3)(layers.Cropping2D(((0, 4), (0, 0)))(inputs)))
    network = open_network(keras.Model(inputs, layers.Dense(3, activation="softmax")(features)))
    found = saliency(network, samples_of((8, 8, 1)), np.array([0, 1]))
    np.testing.assert_array_equal(found[:, 4:], 0)
    assert (found[:, :4] > 0).all()


def test_a_score_that_depends_on_nothing_has_maps_of_zeros():
    network = tiny_network()
    network.layers[-1].set_weights([0 * one for one in network.layers[-1].get_weights()])
    for kind in (grad_cam, hires_cam, saliency):
        np.testing.assert_array_equal(kind(open_network(network), samples_of(SHAPE), np.array([0, 1])), 0)


def test_each_frame_of_a_clip_has_the_map_that_it_has_alone():
    """Where the network takes single frames and the clips have several."""
    network = open_network(tiny_network())
    clips = samples_of((3, *SHAPE))
    for kind in (grad_cam, hires_cam, saliency):
        found = kind(network, clips, np.array([0, 2]))
        assert found.shape == (2, 3, *SHAPE[:2])
        np.testing.assert_allclose(found[1], kind(network, clips[1], np.array([2, 2, 2])), atol=1e-6)


def moving_quadrants(numbers, own_channel, seed=0) -> np.ndarray:
    """Noise of 0.1 px; each class has 1 px more in its quadrant, in a channel of its own or in all three."""
    samples = 0.1 * np.random.default_rng(seed).standard_normal((len(numbers), 28, 28, 3)).astype(np.float32)
    for sample, number in zip(samples, numbers, strict=True):
        rows, columns = QUADRANTS[number]
        sample[rows, columns, number if own_channel else slice(None)] += 1
    return samples


def written_run(folder, own_channel, keep=True) -> tuple[PackedFeature, TrainingSpec]:
    """A run on three subjects with 24 clips each: two folds trained here, in two folders that hold a seed more."""
    rows = [("demo", f"s{k // 24}", f"c{k % 24}", NAMES[k % 3]) for k in range(72)]
    clips = pd.DataFrame(rows, columns=["dataset", "subject", "clip", "three_class"])
    numbers = np.arange(72) % 3
    feature = PackedFeature(
        moving_quadrants(numbers, own_channel), clips, Layout(("u", "v", "strain"), ("px", "px", "1"))
    )
    trainer = FoldTrainer(STSTNET, (28, 28, 3), 3)
    for fold in (0, 1):
        test = np.flatnonzero(clips.subject == f"s{fold}")
        train = np.setdiff1d(np.arange(72), test)
        normalise = Normaliser.of(feature.samples[train])
        trainer.fit(normalise(feature.samples[train]), numbers[train], fold, on_epoch=lambda: None)
        kept = {"input_mean": normalise.mean, "input_deviation": normalise.deviation}
        kept |= trainer.weights() if keep else {}
        part = folder / f"seeds0+4_job{fold + 1}of2"
        part.mkdir(parents=True)
        of_other = {name: np.zeros_like(array) for name, array in kept.items()}
        write_weights({f"4/{fold}": of_other, f"0/{fold}": kept}, part / "weights.h5", "{}", "")
        told = clips.iloc[test][["dataset", "subject", "clip"]].assign(fold=fold, seed=0, y_true=numbers[test])
        probabilities = trainer.predict(normalise(feature.samples[test]))
        columns = {f"p_{index}": column for index, column in enumerate(probabilities.T)}
        told = told.assign(y_pred=probabilities.argmax(axis=1), **columns)
        write_predictions(pd.concat([told.assign(seed=4), told], ignore_index=True), part / "predictions.csv")
    spec = TrainingSpec(model=STSTNET, protocol=ProtocolSpec(split="loso"), labels="three_class", classes=NAMES, seed=0)
    return feature, spec


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Whether each class has a channel of its own → folders, feature and spec of a run."""
    written = {}
    for own_channel in (True, False):
        folder = tmp_path_factory.mktemp("run")
        feature, spec = written_run(folder, own_channel)
        written[own_channel] = sorted(folder.iterdir()), feature, spec
    return written


def share_in_quadrants(maps) -> list[float]:
    return [float(maps[name][place].sum() / maps[name].sum()) for name, place in zip(NAMES, QUADRANTS, strict=True)]


def test_ststnet_looks_at_the_quadrant_in_which_a_class_moves(runs):
    folders, feature, spec = runs[True]
    maps = attention_of_run(feature, spec, folders)
    assert list(maps) == list(NAMES)
    assert min(share_in_quadrants({name: one.grad_cam for name, one in maps.items()})) > 0.5
    assert min(share_in_quadrants({name: one.hires_cam for name, one in maps.items()})) > 0.5


def test_hires_cam_finds_the_quadrant_where_only_the_place_tells_the_classes_apart_and_grad_cam_does_not(runs):
    """So both are drawn: the mean over positions is blind to what dense layers know of places."""
    folders, feature, spec = runs[False]
    maps = attention_of_run(feature, spec, folders)
    assert min(share_in_quadrants({name: one.hires_cam for name, one in maps.items()})) > 0.5
    assert max(share_in_quadrants({name: one.grad_cam for name, one in maps.items()})) < 0.25


def test_the_mean_is_over_the_clips_that_each_fold_of_the_seed_held_out(runs):
    folders, feature, spec = runs[True]
    found = attention_of_run(feature, spec, folders)
    assert [one.clips for one in found.values()] == [16, 16, 16]
    other = replace(feature, samples=feature.samples.copy())
    other.samples[48:] = 7  # s2 is held out by no fold of these folders
    for name, one in attention_of_run(other, spec, folders).items():
        np.testing.assert_array_equal(one.saliency, found[name].saliency)


def test_folders_weigh_as_many_clips_as_they_have(runs):
    folders, feature, spec = runs[True]
    both = attention_of_run(feature, spec, folders)
    first, second = (attention_of_run(feature, spec, [folder]) for folder in folders)
    for name in NAMES:
        for kind in ("grad_cam", "hires_cam", "saliency"):
            mean = (getattr(first[name], kind) + getattr(second[name], kind)) / 2
            np.testing.assert_allclose(getattr(both[name], kind), mean, atol=1e-6)
    assert np.abs(first["negative"].grad_cam - second["negative"].grad_cam).max() > 0.01


def test_a_run_without_kept_weights_is_refused(tmp_path):
    feature, spec = written_run(tmp_path, own_channel=True, keep=False)
    with pytest.raises(
        UserError, match=r"weights\.h5 does not hold the weights of this network\. Set keep_weights: tr"
    ):
        attention_of_run(feature, spec, sorted(tmp_path.iterdir()))


def test_a_support_vector_machine_is_refused(runs):
    folders, feature, spec = runs[True]
    machine = spec.model_copy(update={"model": ModelSpec(architecture="svm", keep_weights=True)})
    with pytest.raises(UserError, match="svm is no network: there are no gradients to draw maps from"):
        attention_of_run(feature, machine, folders)


def test_predictions_of_another_feature_are_refused(runs):
    folders, feature, spec = runs[True]
    other = replace(feature, clips=feature.clips.assign(dataset="other"))
    with pytest.raises(UserError, match=r"predictions\.csv: demo/s0/c0 is no clip of this feature"):
        attention_of_run(other, spec, folders)
