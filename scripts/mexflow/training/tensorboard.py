"""Learning curves as TensorBoard reads them."""

import shutil
from pathlib import Path

import pandas as pd
from tensorboardX import SummaryWriter

_KEYS = {"seed", "fold", "held_out", "epoch", "stage"}


def write_events(curves: pd.DataFrame, folder: Path) -> None:
    """Write one event file per seed and fold, `<folder>/seed<S>_fold<N>/events…`, a scalar per column and epoch.

    Show them with `tensorboard --logdir results` (of the package of that name). What was in the folder is removed.

    Parameters
    ----------
    curves : DataFrame
        As of `mexflow.training.run.TrainedRun`.
    folder : Path
    """
    shutil.rmtree(folder, ignore_errors=True)
    for (seed, fold), own in curves.groupby(["seed", "fold"]):
        with SummaryWriter(str(folder / f"seed{seed}_fold{fold}")) as writer:
            for row in own.to_dict("records"):
                for name in row.keys() - _KEYS:
                    if pd.notna(row[name]):
                        writer.add_scalar(name, row[name], int(row["epoch"]))
