"""The scores of one run over its seeds: predictions and audits in; scores, all predictions and the MEGC logs out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.evaluation import EvaluationSpec
from mexflow.evaluation.megc_log import write_megc_logs
from mexflow.evaluation.run import evaluate_run
from mexflow.store.predictions import write_predictions
from mexflow.store.records import write_record


@stage
def main(scores: Path, pooled: Path, predictions: list[Path], *, spec: EvaluationSpec) -> None:
    found, frame = evaluate_run([path.parent for path in predictions], spec)
    write_predictions(frame, pooled)
    write_megc_logs(frame, scores.parent)
    write_record(found, scores)


if __name__ == "__main__":
    main()
