"""Event files hold what the learning curves say."""

from pathlib import Path

import pandas as pd
import tensorflow as tf

from mexflow.training.tensorboard import write_events

CURVES = pd.DataFrame(
    {
        "seed": [0, 0, 0],
        "fold": [0, 0, 1],
        "held_out": ["a", "a", "b"],
        "epoch": [1, 2, 1],
        "loss": [0.5, 0.25, 1.0],
        "validation_loss": [0.75, float("nan"), 2.0],
    }
)


def scalars(folder: Path) -> dict[tuple[str, int], float]:
    """(name, step) → value, of all event files in a folder."""
    found = {}
    for file in folder.glob("events*"):
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            for value in event.summary.value:
                found[value.tag, event.step] = value.simple_value
    return found


def test_every_fold_of_every_seed_has_its_scalars_and_what_was_there_before_is_gone(tmp_path):
    for curves in (CURVES.assign(loss=9.0), pd.concat([CURVES, CURVES.assign(seed=7, loss=8.0)])):
        write_events(curves, tmp_path)
    assert scalars(tmp_path / "seed0_fold0") == {("loss", 1): 0.5, ("loss", 2): 0.25, ("validation_loss", 1): 0.75}
    assert scalars(tmp_path / "seed0_fold1") == {("loss", 1): 1.0, ("validation_loss", 1): 2.0}
    assert scalars(tmp_path / "seed7_fold1") == {("loss", 1): 8.0, ("validation_loss", 1): 2.0}
