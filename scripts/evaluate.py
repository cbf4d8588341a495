"""The scores of one run over its seeds: predictions and audits in, scores.json and the per-clip logs out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.evaluation import EvaluationSpec
from mexflow.evaluation.run import evaluate_run
from mexflow.store.records import write_record


@stage
def main(scores: Path, predictions: list[Path], *, spec: EvaluationSpec) -> None:
    seeds = [path.parent for path in predictions]
    write_record(evaluate_run(seeds, spec, logs=scores.parent), scores)


if __name__ == "__main__":
    main()
