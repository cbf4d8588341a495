"""ELRCN in its two published stages: single frames first, then the sequences of what each frame has become."""

import importlib
from collections.abc import Callable

import keras
import numpy as np
import pandas as pd

from mexflow.config.training import ModelSpec
from mexflow.errors import UserError
from mexflow.models.registry import module_of
from mexflow.training.fitting import EstimatorTrainer, FoldTrainer, Labelled
from mexflow.training.voting import frame_by_frame

_LINEAR_SVM = ModelSpec(architecture="svm", parameters={"kernel": "linear", "c": 1.0})


class TwoStageTrainer:
    """Each spatial module learns single frames with the class of their clip; then the temporal module learns clips.

    Where there is no temporal module, a clip is the mean of its frames. In the variant `nofine` nothing is trained but
    a linear support vector machine on the frames' fc7 vectors.

    Parameters
    ----------
    spec : ModelSpec
        Its `spatial` is the schedule of the first stage; optimizer, learning rate and decay are those of both.
    input_shape : tuple of int
        frames, rows, columns, channels of a clip.
    classes : int
    carry_over : str
        As of `FoldTrainer`, in both stages.

    Raises
    ------
    UserError
        If the variant has one stage only, or cannot work on such samples.

    References
    ----------
    Khor et al., "Enriched long-term recurrent convolutional network for facial micro-expression recognition", FG 2018,
    section III, and its published code.
    """

    def __init__(
        self, spec: ModelSpec, input_shape: tuple[int, ...], classes: int, carry_over: str = "nothing"
    ) -> None:
        assert spec.spatial is not None
        assert spec.epochs is not None
        self._variant = spec.parameters.get("variant", "st")
        if self._variant == "sf":
            raise UserError("elrcn: variant sf is one network for all frames of a clip; leave out the key spatial.")
        # The code of an architecture belongs to the trainings that use it: it is not imported by name.
        architecture = importlib.import_module(module_of(spec.architecture))
        self._streams = architecture.streams
        new = architecture.makers(input_shape, classes, **spec.parameters)
        first = spec.model_copy(update=spec.spatial.model_dump(exclude={"early_stopping"})).model_copy(
            update={"early_stopping": spec.spatial.early_stopping}
        )
        self._spatial = [FoldTrainer(first, (), classes, carry_over, new_model=make) for make in new.spatial]
        self._vectors = [architecture.fc7_of(trainer.model) for trainer in self._spatial]
        self._batch_size = spec.spatial.batch_size
        self._temporal = None
        if new.temporal is not None:
            self._temporal = FoldTrainer(spec, (), classes, carry_over, new_model=new.temporal)
        self._machine = EstimatorTrainer(_LINEAR_SVM, classes) if self._variant == "nofine" else None
        spatial = 0 if self._machine else len(self._spatial) * spec.spatial.epochs
        self.steps = spatial + (spec.epochs if self._temporal else 0) + (1 if self._machine else 0)

    def fit(
        self,
        tensors: np.ndarray,
        labels: np.ndarray,
        seed: int,
        on_epoch: Callable[[], None],
        validation: Labelled | None = None,
        watched: Labelled | None = None,
    ) -> pd.DataFrame:
        """Train both stages from scratch; parameters as of `FoldTrainer.fit`.

        Returns
        -------
        DataFrame
            As of `FoldTrainer.fit`, the epochs of one stage after those of another, with a column `stage`:
            `spatial_flow`, `spatial_strain`, `spatial_gray`, `temporal` or `machine`.
        """
        images = self._images(tensors)
        curves = []
        if self._machine is None:
            # Where a temporal module follows, the epoch is chosen there.
            kept, chosen = self._frames_of(validation), self._frames_of(None if self._temporal else watched)
            for trainer, image, *own in zip(self._spatial, images, kept, chosen, strict=True):
                curve = trainer.fit(*frame_by_frame(image, labels), seed, on_epoch, *own)
                curves.append(curve.assign(stage=trainer.model.name))
        else:
            for trainer in self._spatial:
                trainer.restart(seed)
            vectors = self._fc7(tensors)
            curves.append(self._machine.fit(*frame_by_frame(vectors, labels), seed, on_epoch).assign(stage="machine"))
        if self._temporal is not None:
            parts = [None if one is None else (self._fc7(one[0]), one[1]) for one in (validation, watched)]
            curve = self._temporal.fit(self._fc7(tensors), labels, seed, on_epoch, *parts)
            curves.append(curve.assign(stage="temporal"))
        whole = pd.concat(curves, ignore_index=True)
        return whole.assign(epoch=np.arange(1, len(whole) + 1))

    def predict(self, tensors: np.ndarray) -> np.ndarray:
        """Class probabilities (n, classes) float32 of clips."""
        if self._temporal is not None:
            return self._temporal.predict(self._fc7(tensors))
        if self._machine is not None:
            vectors = self._fc7(tensors)
            single = self._machine.predict(vectors.reshape(-1, vectors.shape[-1]))
            return single.reshape(*vectors.shape[:2], -1).mean(axis=1)
        (images,) = self._images(tensors)
        single = self._spatial[0].predict(images.reshape(-1, *images.shape[2:]))
        return single.reshape(*images.shape[:2], -1).mean(axis=1)

    def weights(self) -> dict[str, np.ndarray]:
        """Those of all modules, by their paths, which begin with the module's name."""
        trained = [*self._spatial, self._temporal or self._machine]
        return {name: array for one in trained if one is not None for name, array in one.weights().items()}

    def _images(self, clips: np.ndarray) -> list[np.ndarray]:
        """What each spatial module sees, (n, frames, rows, columns, channels)."""
        if self._variant == "t":
            return []
        return [keras.ops.convert_to_numpy(one) for one in self._streams(clips, self._variant)]

    def _frames_of(self, clips: Labelled | None) -> list[Labelled] | list[None]:
        """The frames for each spatial module."""
        if clips is None:
            return [None] * len(self._spatial)
        return [frame_by_frame(image, clips[1]) for image in self._images(clips[0])]

    def _fc7(self, clips: np.ndarray) -> np.ndarray:
        """The vectors of all streams, (n, frames, size); of `t` the pixels themselves."""
        if self._variant == "t":
            return clips.reshape(*clips.shape[:2], -1)
        found = [self._vectors_of(*both) for both in zip(self._vectors, self._images(clips), strict=True)]
        return np.concatenate(found, axis=-1)

    def _vectors_of(self, module: keras.Model, images: np.ndarray) -> np.ndarray:
        frames = images.reshape(-1, *images.shape[2:])
        starts = range(0, len(frames), self._batch_size)
        parts = [module.predict_on_batch(frames[start : start + self._batch_size]) for start in starts]
        return np.concatenate(parts).reshape(*images.shape[:2], -1)
