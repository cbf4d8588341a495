"""Learning curves: the median is the median, and odd runs are drawn as well."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from mexflow.report.learning_curves import learning_curves_figure


def curves_of(seeds, folds, epochs):
    rng = np.random.default_rng(0)
    rows = [(seed, fold, epoch) for seed in range(seeds) for fold in range(folds) for epoch in range(1, epochs + 1)]
    table = pd.DataFrame(rows, columns=["seed", "fold", "epoch"])
    loss, accuracy = rng.uniform(0.1, 1, len(rows)), rng.uniform(0, 1, len(rows))
    return table.assign(held_out="s" + table.fold.astype(str), loss=loss, accuracy=accuracy)


@pytest.fixture
def saved(monkeypatch):
    """The figures that are saved."""
    figures = []
    save = Figure.savefig

    def remember(figure, *arguments, **options):
        figures.append(figure)
        save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", remember)
    return figures


def test_the_thick_line_is_the_median_over_folds_and_seeds(saved, tmp_path):
    curves = curves_of(seeds=2, folds=3, epochs=5)
    learning_curves_figure(curves, "a run", tmp_path / "figure.png")
    expected = curves.groupby("epoch")[["loss", "accuracy"]].median()
    for axes, quantity in zip(saved[0].axes, ("loss", "accuracy"), strict=True):
        np.testing.assert_allclose(axes.lines[0].get_ydata(), expected[quantity])
        assert len(axes.collections[0].get_paths()) == 6


def test_how_jobs_have_shared_folds_and_seeds_does_not_matter(saved, tmp_path):
    whole = curves_of(2, 3, 5)
    parts = [whole[(whole.fold % 2 == job) & (whole.seed == seed)] for job in range(2) for seed in range(2)]
    for number, curves in enumerate([whole, pd.concat(parts)]):
        learning_curves_figure(curves, "a run", tmp_path / f"{number}.png")
        assert "3 folds × 2 seeds." in " ".join(text.get_text() for text in saved[number].texts)
        np.testing.assert_allclose(saved[number].axes[0].lines[0].get_ydata(), whole.groupby("epoch").loss.median())


def test_the_median_on_clips_kept_back_is_drawn_beside(saved, tmp_path):
    curves = curves_of(2, 3, 5)
    kept = curves.assign(validation_loss=curves.loss + 0.1, validation_accuracy=0.5)
    learning_curves_figure(kept, "a run", tmp_path / "figure.png")
    expected = kept.groupby("epoch")["validation_loss"].median()
    loss, accuracy = saved[0].axes
    lines = {line.get_label(): line.get_ydata() for line in loss.lines}
    np.testing.assert_allclose(lines["median on clips kept back"], expected)
    assert "median on clips kept back" in {line.get_label() for line in accuracy.lines}


def test_the_picture_says_that_no_test_clip_is_in_it(saved, tmp_path):
    learning_curves_figure(curves_of(2, 3, 5), "a run", tmp_path / "figure.png")
    notes = " ".join(text.get_text() for text in saved[0].texts)
    assert "training clips" in notes and "held out take no part" in notes
    assert saved[0].axes[0].get_yscale() == "log"


@pytest.mark.parametrize(("seeds", "folds", "epochs"), [(1, 1, 1), (1, 2, 3)])
def test_short_runs_are_drawn(seeds, folds, epochs, tmp_path):
    learning_curves_figure(curves_of(seeds, folds, epochs), "a run", tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 0


def test_a_loss_of_zero_does_not_break_the_log_axis(tmp_path):
    curves = curves_of(1, 2, 4)
    curves.loc[curves.epoch == 4, "loss"] = 0.0
    learning_curves_figure(curves, "a run", tmp_path / "figure.png")
    assert (tmp_path / "figure.png").exists()


def test_the_same_curves_give_the_same_bytes(tmp_path):
    for name in ("one", "again"):
        learning_curves_figure(curves_of(2, 3, 4), "a run", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "again").read_bytes()


def test_nothing_is_left_when_drawing_fails(tmp_path):
    with pytest.raises(KeyError):
        learning_curves_figure(curves_of(1, 1, 2).drop(columns="accuracy"), "", tmp_path / "figure.png")
    assert list(tmp_path.iterdir()) == []
