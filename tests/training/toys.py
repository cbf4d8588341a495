"""Small data sets, in which each class moves another part of the face."""

import numpy as np
import pandas as pd

from mexflow.config.training import ModelSpec, ProtocolSpec, TrainingSpec
from mexflow.store.packed import Layout, PackedFeature

CLASSES = ("negative", "positive", "surprise")
SHAPE = (8, 8, 3)


def clip_table(subjects, clips_each=6, dataset="demo") -> pd.DataFrame:
    rows = [
        (dataset, subject, f"c{number}", CLASSES[number % 3]) for subject in subjects for number in range(clips_each)
    ]
    return pd.DataFrame(rows, columns=["dataset", "subject", "clip", "three_class"])


def tensors_of(classes, seed=0) -> np.ndarray:
    """Noise of 0.3 px; each class has 1 px more in a corner of its own."""
    tensors = 0.3 * np.random.default_rng(seed).standard_normal((len(classes), *SHAPE))
    for tensor, number in zip(tensors, classes, strict=True):
        rows, columns = ((slice(0, 4), slice(0, 4)), (slice(4, 8), slice(0, 4)), (slice(4, 8), slice(4, 8)))[number]
        tensor[rows, columns] += 1
    return tensors.astype(np.float32)


def feature_of(clips) -> PackedFeature:
    """A packed feature for the table; clips without a class get the first one's motion."""
    classes = [CLASSES.index(name) if name in CLASSES else 0 for name in clips["three_class"]]
    return PackedFeature(tensors_of(classes), clips, Layout(("u", "v", "strain"), ("px", "px", "1")))


def training_spec(*, epochs=3, seed=0, permute=False, keep_weights=False, **parameters) -> TrainingSpec:
    model = ModelSpec(
        architecture="ststnet",
        parameters=parameters,
        epochs=epochs,
        batch_size=8,
        learning_rate=0.01,
        keep_weights=keep_weights,
    )
    protocol = ProtocolSpec(split="loso", permute_labels=permute)
    return TrainingSpec(model=model, protocol=protocol, labels="three_class", classes=CLASSES, seed=seed)
