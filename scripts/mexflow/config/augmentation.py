"""Extra copies of training samples: which kind of changes, and how many copies for which class."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import Field, NonNegativeInt, model_validator

from mexflow.config.spec import Spec
from mexflow.errors import UserError

Family = Literal["joshi_volumes", "joshi_frames", "softnet", "elrcn"]

# Copies per clip in the published code of Joshi, "Spatio-temporal CNNs on SAMM" (2021), as its volumes and its single
# frames have them; the names are those of the label schemes `seven_class` and `binary`.
JOSHI_VOLUMES_SEVEN_CLASS: Final[Mapping[str, int]] = {
    "happiness": 1,
    "surprise": 3,
    "anger": 0,
    "fear": 5,
    "disgust": 5,
    "contempt": 4,
    "sadness": 7,
}
JOSHI_VOLUMES_BINARY: Final[Mapping[str, int]] = {"positive": 2, "negative": 0}
JOSHI_FRAMES_SEVEN_CLASS: Final[Mapping[str, int]] = {
    "happiness": 1,
    "surprise": 2,
    "anger": 0,
    "fear": 3,
    "disgust": 3,
    "contempt": 3,
    "sadness": 4,
}

_PUBLISHED: Final[Mapping[str, tuple[Mapping[str, int], ...]]] = {
    "joshi_volumes": (JOSHI_VOLUMES_SEVEN_CLASS, JOSHI_VOLUMES_BINARY),
    "joshi_frames": (JOSHI_FRAMES_SEVEN_CLASS,),
}
_KINDS: Final = {"softnet": 3, "elrcn": 12}
"""Copies that differ in kind, one of each; the other families draw at random, as many as one likes."""


class AugmentationSpec(Spec):
    """Copies of training samples with small changes: a `family` of changes, `copies` per sample of a class.

    `joshi_volumes` shifts, turns and adds noise to whole volumes, `joshi_frames` frame by frame (gray, 0–255).
    `softnet` mirrors, blurs and adds noise (values in 0–1, or 8-bit); `elrcn` turns, scales, shifts and mirrors
    (gray, or flow with its sign). `mexflow.training.augmentation.augmented` says how exactly.
    Classes that `copies` does not name get none. Without `copies`, softnet makes 3 of every sample and elrcn 12, one
    of each kind (asked for fewer, the first ones); the Joshi families make the published numbers of the class.
    """

    family: Family
    copies: dict[str, NonNegativeInt] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _no_more_than_there_are_kinds(self) -> "AugmentationSpec":
        most = _KINDS.get(self.family)
        for name, number in self.copies.items():
            if most is not None and number > most:
                raise ValueError(f"copies: family {self.family} has {most} kinds of copies; {name} asks for {number}")
        return self

    def copies_per_class(self, classes: Sequence[str]) -> tuple[int, ...]:
        """How many copies each sample gets, by the number of its class.

        Names in `copies` that are no class are left alone: a dataset may lack a class of the published list.

        Raises
        ------
        UserError
            If `copies` is empty and the family has no number for one of the classes.

        Examples
        --------
        >>> AugmentationSpec(family="joshi_volumes").copies_per_class(["positive", "negative"])
        (2, 0)
        """
        if self.copies:
            return tuple(self.copies.get(name, 0) for name in classes)
        if self.family in _KINDS:
            return (_KINDS[self.family],) * len(classes)
        for published in _PUBLISHED[self.family]:
            if set(classes) <= set(published):
                return tuple(published[name] for name in classes)
        raise UserError(
            f"The augmentation {self.family} was published for other classes than {', '.join(classes)}; "
            f"say how many copies each gets: copies: {{{classes[0]}: 1}}."
        )
