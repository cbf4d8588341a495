"""The confusion figure: what stands in it is what the scores say."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from mexflow.evaluation.recognition import score
from mexflow.report.confusion import confusion_figure


def scores_of(classes, clips=40, subjects=4, seeds=2):
    rng = np.random.default_rng(classes)
    truth = rng.integers(0, max(classes - 1, 2), clips)  # the last class is absent if there are more than two
    parts = [
        pd.DataFrame(
            {
                "dataset": "demo",
                "subject": [f"s{i % subjects}" for i in range(clips)],
                "clip": [f"c{i}" for i in range(clips)],
                "fold": [str(i % subjects) for i in range(clips)],
                "seed": seed,
                "y_true": truth,
                "y_pred": rng.integers(0, classes, clips),
            }
        )
        for seed in range(seeds)
    ]
    names = [f"class{i}" for i in range(classes)]
    return score(pd.concat(parts, ignore_index=True), names, draws=50)


@pytest.fixture
def written(monkeypatch):
    """All texts of the figures that are saved."""
    texts = []
    save = Figure.savefig

    def remember(figure, *arguments, **options):
        texts.extend(text.get_text() for text in figure.findobj(lambda one: hasattr(one, "get_text")))
        save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", remember)
    return texts


@pytest.mark.parametrize("classes", [3, 8])
def test_counts_shares_and_metrics_are_those_of_the_scores(classes, written, tmp_path):
    scores = scores_of(classes)
    confusion_figure(scores, "a run", tmp_path / "figure.png")
    counts = np.array(scores["confusion"])
    cells = [text for text in written if text.isdigit()]
    assert sorted(cells) == sorted(str(count) for count in counts.ravel())
    assert f"{counts[0, 0] / counts[0].sum():.0%}" in written
    heading = "\n".join(written)
    assert "a run" in heading and "40 clips of 4 subjects; 2 seeds" in heading
    metric = scores["metrics"]["uf1"]
    assert f"UF1 {metric['mean']:.3f} [{metric['ci'][0]:.3f}, {metric['ci'][1]:.3f}]" in heading
    assert f"class0\n{scores['class_counts'][0]} clips" in written


def test_one_subject_has_no_interval(written, tmp_path):
    confusion_figure(scores_of(3, subjects=1, seeds=1), "a run", tmp_path / "figure.png")
    heading = "\n".join(written)
    assert "of 1 subject; 1 seed" in heading and "[" not in heading


def test_a_control_is_called_one(written, tmp_path):
    confusion_figure(scores_of(3) | {"permuted_labels": True}, "a run", tmp_path / "figure.png")
    assert any("Control" in text for text in written)


def test_the_same_scores_give_the_same_bytes(tmp_path):
    for name in ("one", "again"):
        confusion_figure(scores_of(3), "a run", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "again").read_bytes()


def test_what_a_protocol_as_published_leaks_is_written_below(written, tmp_path):
    reasons = ["clips of one subject are in training and in the test", "input statistics are those of all clips"]
    scores = scores_of(3) | {"leak_audit": {"passed": True, "as_published": reasons}}
    confusion_figure(scores, "a run", tmp_path / "figure.png")
    told = " ".join("\n".join(written).split())
    assert f"As published; such scores flatter: {'; '.join(reasons)}." in told
    written.clear()
    confusion_figure(scores_of(3) | {"leak_audit": {"passed": True, "as_published": []}}, "a run", tmp_path / "2.png")
    assert written
    assert not any("As published" in text for text in written)
