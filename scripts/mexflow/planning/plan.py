"""The jobs that a configuration asks for, and which of them would run: Snakemake's own graph, nothing executed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snakemake.api import SnakemakeApi
from snakemake.exceptions import WorkflowError
from snakemake.settings.enums import Quietness, RerunTrigger
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings

from mexflow.config.configuration import Configuration
from mexflow.errors import UserError
from mexflow.planning.estimate import PlannedJob
from mexflow.provenance.fingerprint import SCRIPTS

_TRIGGERS = frozenset({RerunTrigger.MTIME, RerunTrigger.PARAMS, RerunTrigger.INPUT, RerunTrigger.SOFTWARE_ENV})
"""As in profiles/default."""


@dataclass(frozen=True)
class Plan:
    """What would run.

    Attributes
    ----------
    configuration : Configuration
    jobs : list of PlannedJob
        Of all rules but those of targets, in the order of the rules.
    """

    configuration: Configuration
    jobs: list[PlannedJob]


def planned(configfiles: Sequence[Path] = ()) -> Plan:
    """Let Snakemake build its graph of jobs in the working folder, and read it.

    Parameters
    ----------
    configfiles : sequence of Path
        On top of config.yaml, as of `snakemake --configfile`.

    Raises
    ------
    UserError
        If the configuration, a dataset or the graph cannot be.
    """
    for file in configfiles:
        if not file.is_file():
            raise UserError(f"{file} is missing. Name a configuration file, or none for config.yaml alone.")
    here = Path("Snakefile")
    settings = OutputSettings(quiet={Quietness.ALL})
    try:
        with SnakemakeApi(settings) as api:
            workflow = api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=ConfigSettings(configfiles=tuple(configfiles)),
                snakefile=here if here.exists() else SCRIPTS.parent / "Snakefile",
            )
            workflow.dag(DAGSettings(rerun_triggers=_TRIGGERS))
            # As Snakemake's `--summary` does; its public interface prints the graph but does not give it.
            inner: Any = workflow._workflow
            inner._prepare_dag(forceall=False, ignore_incomplete=True, lock_warn_only=True)
            # A plan needs no environments, and telling which one each job has takes a tenth of the time.
            inner.dag.update_conda_envs = inner.dag.update_container_imgs = lambda: None
            inner._build_dag()
            return Plan(inner.globals["CONFIG"], _jobs_of(inner))
    except WorkflowError as error:
        raise UserError(str(error)) from None


def _jobs_of(workflow: Any) -> list[PlannedJob]:
    needed = set(workflow.dag.needrun_jobs())
    places = {rule.name: place for place, rule in enumerate(workflow.rules)}
    ordered = sorted((job for job in workflow.dag.jobs if job.output), key=lambda job: places[job.rule.name])
    # Not `job.resources`: Snakemake takes milliseconds to evaluate those of one job.
    work_of_job = workflow.globals["work_of_job"]
    return [_job(job, job in needed, work_of_job) for job in ordered]


def _job(job: Any, needed: bool, work_of_job: Any) -> PlannedJob:
    names = dict(job.wildcards_dict)
    if not needed:
        return PlannedJob(job.rule.name, names, needed=False)
    work, gpus = work_of_job(job.rule.name, job.wildcards)
    return PlannedJob(job.rule.name, names, True, work.seconds, job.rule.resources["_cores"].value, gpus, work.disk_mb)
