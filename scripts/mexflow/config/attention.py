"""Whose attention is looked at, and on what."""

from mexflow.config.features import AnyFeatureSpec, FlowFeatureSpec, GrayFeatureSpec
from mexflow.config.spec import Spec
from mexflow.config.training import ModelSpec, ProtocolSpec, TrainingSpec


class AttentionSpec(Spec):
    """What the attention stage reads.

    The feature tells where in the face a sample lies; the training is that of the seed whose weights are looked at.
    """

    feature: AnyFeatureSpec
    training: TrainingSpec


def leaves_maps(feature: AnyFeatureSpec, model: ModelSpec, protocol: ProtocolSpec) -> bool:
    """Whether a network's training leaves all that maps of its attention are made from.

    Samples that lie in the face, the weights of every fold, and predictions of clips that these were not trained on;
    the variant `nofine` of ELRCN in two stages ends in a support vector machine.
    """
    ends_in_machine = model.spatial is not None and model.parameters.get("variant") == "nofine"
    held_out = protocol.scored == "test" and protocol.augmentation == "in_training"
    in_face = isinstance(feature, FlowFeatureSpec | GrayFeatureSpec)
    return in_face and model.keep_weights and not ends_in_machine and held_out
