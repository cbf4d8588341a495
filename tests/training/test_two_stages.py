"""ELRCN's two stages on small frames."""

import keras
import numpy as np
import pytest
from sklearn.svm import LinearSVC

from mexflow.config.training import EarlyStoppingSpec, ModelSpec, SpatialStageSpec
from mexflow.errors import UserError
from mexflow.models import elrcn
from mexflow.training.trainers import trainer_of
from mexflow.training.two_stages import TwoStageTrainer

FRAMES, SIZE = 2, 32
LABELS = np.array([0, 1, 2, 0, 1, 2])


def clips(channels: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, FRAMES, SIZE, SIZE, channels)).astype(np.float32)


def spec_of(variant: str, **keys) -> ModelSpec:
    return ModelSpec(
        architecture="elrcn",
        parameters={"variant": variant, "lstm_units": 4} | keys.pop("parameters", {}),
        epochs=2,
        batch_size=4,
        learning_rate=1e-4,
        spatial=SpatialStageSpec(epochs=1, batch_size=4, **keys),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "channels", "stages"),
    [
        ("st", 3, ["spatial_flow", "temporal", "temporal"]),
        ("s", 3, ["spatial_flow"]),
        ("t", 3, ["temporal", "temporal"]),
        ("st4te", 4, ["spatial_flow", "spatial_strain", "temporal", "temporal"]),
    ],
)
def test_each_stage_is_trained_in_its_turn_and_predicts(variant, channels, stages):
    trainer = trainer_of(spec_of(variant), (FRAMES, SIZE, SIZE, channels), 3)
    assert isinstance(trainer, TwoStageTrainer)
    told = []
    curve = trainer.fit(clips(channels), LABELS, 1, lambda: told.append(1))
    assert curve["stage"].tolist() == stages
    assert curve["epoch"].tolist() == list(range(1, len(stages) + 1))
    assert len(told) == trainer.steps == len(stages)
    probabilities = trainer.predict(clips(channels))
    assert probabilities.shape == (6, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    again = trainer.fit(clips(channels), LABELS, 1, lambda: None)
    np.testing.assert_array_equal(trainer.predict(clips(channels)), probabilities)
    assert again.equals(curve)


@pytest.mark.slow
def test_the_stages_joined_are_the_joined_model():
    """Kept weights, put into the parts of one model, predict alike."""
    trainer = trainer_of(spec_of("st"), (FRAMES, SIZE, SIZE, 3), 3)
    trainer.fit(clips(3), LABELS, 1, lambda: None)
    modules = elrcn.parts((FRAMES, SIZE, SIZE, 3), 3, variant="st", lstm_units=4)
    kept = trainer.weights()
    for module in (*modules.spatial, modules.temporal):
        module.set_weights([kept[one.path] for one in module.weights])
    np.testing.assert_allclose(
        elrcn.joined(modules).predict_on_batch(clips(3)), trainer.predict(clips(3)), rtol=1e-4, atol=1e-6
    )


@pytest.mark.slow
def test_nofine_is_scikit_learn_s_linear_machine_on_fc7():
    trainer = trainer_of(spec_of("nofine"), (FRAMES, SIZE, SIZE, 3), 3)
    curve = trainer.fit(clips(3), LABELS, 5, lambda: None)
    assert curve["stage"].tolist() == ["machine"]
    keras.utils.set_random_seed(5)
    (module,) = elrcn.parts((FRAMES, SIZE, SIZE, 3), 3, variant="nofine").spatial
    vectors = elrcn.fc7_of(module).predict_on_batch(clips(3).reshape(-1, SIZE, SIZE, 3))
    machine = LinearSVC(C=1.0, random_state=5, max_iter=20_000).fit(vectors, np.repeat(LABELS, FRAMES))
    distances = machine.decision_function(vectors)
    powers = np.exp(distances - distances.max(axis=1, keepdims=True))
    shares = (powers / powers.sum(axis=1, keepdims=True)).reshape(6, FRAMES, 3).mean(axis=1)
    np.testing.assert_allclose(trainer.predict(clips(3)), shares, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_the_spatial_stage_ends_when_its_training_loss_rises():
    stopping = EarlyStoppingSpec(monitor="training_loss", patience=0, restore_best=False)
    spec = spec_of("s", early_stopping=stopping).model_copy(update={"learning_rate": 0.05})
    spatial = spec.spatial.model_copy(update={"epochs": 12})
    trainer = trainer_of(spec.model_copy(update={"spatial": spatial}), (FRAMES, SIZE, SIZE, 3), 3)
    losses = trainer.fit(clips(3), LABELS, 1, lambda: None)["loss"].to_numpy()
    assert len(losses) < 12
    assert losses[-1] >= losses[:-1].min()
    assert (np.diff(losses[:-1]) < 0).all()


def test_a_variant_of_one_network_has_no_stages():
    with pytest.raises(UserError, match="variant sf is one network for all frames of a clip"):
        trainer_of(spec_of("sf"), (FRAMES, SIZE, SIZE, 1), 3)
