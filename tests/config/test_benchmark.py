"""config/benchmark.yaml asks for everything that there is."""

from pathlib import Path
from typing import get_args

import yaml

from mexflow.config.configuration import Configuration, SystemExperiment, load_configuration
from mexflow.config.datasets import ReleasedKind
from mexflow.config.systems import SYSTEMS, VARIANTS

REPOSITORY = Path(__file__).resolve().parents[2]


def benchmark() -> Configuration:
    """As Snakemake merges it with config.yaml."""
    base, own = (yaml.safe_load((REPOSITORY / name).read_text()) for name in ("config.yaml", "config/benchmark.yaml"))
    merged = {key: {**base.get(key, {}), **own.get(key, {})} for key in {*base, *own} if key != "experiments"}
    return load_configuration({**merged, "experiments": own["experiments"]}, "config/benchmark.yaml")


def test_every_dataset_and_every_system_is_in_it() -> None:
    configuration = benchmark()
    asked = [one for one in configuration.experiments if isinstance(one, SystemExperiment)]
    assert {configuration.datasets[name].kind for name in configuration.datasets} - {"demo"} == set(
        get_args(ReleasedKind)
    )
    assert {name for one in asked for name in one.systems} == set(SYSTEMS)
    assert all(one.variants == VARIANTS and len(one.seeds) == 5 for one in asked)


def test_every_spotter_runs_as_published_and_without_leaks() -> None:
    runs = benchmark().spotting_runs()
    assert {(run.dataset, run.spotter, run.protocol) for run in runs} == {
        (dataset, spotter, protocol)
        for dataset in ("casme_sq_long", "samm_lv_long")
        for spotter in ("softnet", "flow_strain", "mdmd")
        for protocol in ("as_published", "leak_free")
    }
