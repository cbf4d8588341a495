"""Which trainer a model needs."""

from mexflow.config.training import ModelSpec
from mexflow.models.registry import is_network
from mexflow.training.fitting import EstimatorTrainer, FoldTrainer, Trainer
from mexflow.training.two_stages import TwoStageTrainer
from mexflow.training.voting import FrameTrainer


def trainer_of(spec: ModelSpec, input_shape: tuple[int, ...], classes: int, carry_over: str = "nothing") -> Trainer:
    """What trains a model: a network in epochs, of frames that vote, in two stages, or a classifier at once.

    Parameters
    ----------
    spec : ModelSpec
    input_shape : tuple of int
        Of one sample.
    classes : int
    carry_over : str
        As of `mexflow.training.fitting.FoldTrainer`.

    Raises
    ------
    UserError
        If the architecture cannot work on such samples.
    """
    if not is_network(spec.architecture):
        return EstimatorTrainer(spec, classes)
    if spec.spatial is not None:
        return TwoStageTrainer(spec, input_shape, classes, carry_over)
    if spec.vote is not None:
        return FrameTrainer(spec.vote, FoldTrainer(spec, input_shape[1:], classes, carry_over))
    return FoldTrainer(spec, input_shape, classes, carry_over)
