"""The grid: configuration, manifests, and the functions that rules take their input and params from."""

import gc
import hashlib
import sys
from datetime import datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

import pandas as pd
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from mexflow.config.attention import AttentionSpec, leaves_maps
from mexflow.config.configuration import AS_GIVEN, Run, load_configuration
from mexflow.config.datasets import GivenStageSpec, PrecomputedSpec
from mexflow.config.evaluation import EvaluationSpec
from mexflow.config.features import FeatureStageSpec
from mexflow.config.flow import FlowStageSpec
from mexflow.config.pairs import PAIRS_PATTERN, per_expression
from mexflow.config.paper_tables import PaperTableSpec
from mexflow.config.parts import PART_PATTERN, Part, parts_of
from mexflow.config.training import TrainingStageSpec
from mexflow.datasets.demo import subject_recipe
from mexflow.datasets.identities import shared_people
from mexflow.datasets.index import RESULTS, index_composite, index_dataset, index_silent_videos
from mexflow.datasets.index import indexed_dataset, indexed_silent_videos, raw_root
from mexflow.datasets.index import rows_hash as hash_of_rows, unit_hashes
from mexflow.datasets.labels import classes_of
from mexflow.datasets.precomputed import without_folder
from mexflow.datasets.manifest import SCHEMES
from mexflow.errors import UserError
from mexflow.models.registry import check_models, is_network, module_of
from mexflow.provenance.fingerprint import fingerprint
from mexflow.provenance.installation import check_installation, put_interpreter_first
from mexflow.report.failures import PAGE, FailedJob, JobErrors, failures_table, read_failures
from mexflow.report.failures import remove_failures, summary, waiting_runs, write_failures
from mexflow.report.published import TABLES, tabled_runs

# Snakemake makes millions of objects that live to its end. Looking for garbage among them, as often as Python does by
# itself, takes a fifth of the time in which it finds out that nothing is to be done.
gc.set_threshold(100_000, 50, 50)


@cache
def manifest(dataset):
    # Jobs that Snakemake starts, here or on a node, read the manifest that the main process has left.
    if not workflow.is_main_process:
        return indexed_dataset(dataset)
    if dataset in CONFIG.composites:
        members = {name: manifest(name) for name in CONFIG.members(dataset)}
        for warning in shared_people(members, {name: CONFIG.datasets[name].kind for name in members}):
            logger.warning(f"composites.{dataset}: {warning}")
        return index_composite(dataset, CONFIG.composites[dataset], members, CONFIG.datasets)
    return index_dataset(dataset, CONFIG.datasets[dataset])


@cache
def silent(dataset):
    """The long videos of a dataset that hold no expression, if it is spotted in; no others need them."""
    if dataset not in SPOTTED_DATASETS:
        return manifest(dataset).iloc[:0]
    if not workflow.is_main_process:
        return indexed_silent_videos(dataset)
    return index_silent_videos(dataset, CONFIG.datasets[dataset])


def one_of(names):
    """A constraint for a wildcard that stands for one of these names, and for nothing if there is none."""
    return "|".join(names) or "(?!)"


try:
    put_interpreter_first()
    check_installation()
    CONFIG = load_configuration(config, source=", ".join(str(path) for path in workflow.configfiles))
    check_models(CONFIG.models)
    RUNS = CONFIG.runs()
    SPOTTING_RUNS = CONFIG.spotting_runs()
    SPOTTED_DATASETS = sorted({run.dataset for run in SPOTTING_RUNS})
    for dataset in sorted({run.dataset for run in RUNS} | set(SPOTTED_DATASETS)):
        manifest(dataset)
    for dataset in SPOTTED_DATASETS:
        silent(dataset)
except UserError as error:
    raise WorkflowError(str(error)) from None


GIVEN_DATASETS = [name for name, spec in CONFIG.datasets.items() if isinstance(spec, PrecomputedSpec)]
RAW_DATASETS = [name for name in CONFIG.datasets if name not in GIVEN_DATASETS]


wildcard_constraints:
    dataset=one_of([*CONFIG.datasets, *CONFIG.composites]),
    alignment=one_of(CONFIG.alignments),
    flow=one_of(CONFIG.flows),
    pairs=PAIRS_PATTERN,
    feature=one_of([*CONFIG.features, AS_GIVEN]),
    labels=one_of(SCHEMES),
    model=one_of(CONFIG.models),
    protocol=one_of([*CONFIG.protocols, *CONFIG.spotting_protocols]),
    part=PART_PATTERN,
    spotter=one_of(CONFIG.spotters),
    seed=r"\d+",
    type="macro|micro",
    k=r"\d+",
    unit="[^/]+",


# Targets


def run_files(name, kind=None):
    """The file of that name of every run, or of those on datasets of one kind."""
    pattern = "results/{run.dataset}/runs/{run.feature}/{run.labels}/{run.model}/{run.protocol}/{name}"
    kinds = {run: {CONFIG.datasets[name].kind for name in CONFIG.members(run.dataset)} for run in RUNS}
    wanted = [run for run in RUNS if kind is None or kinds[run] == {kind}]
    return [pattern.format(run=run, name=name) for run in wanted]


def recognition_tables():
    """The table of all runs of recognition, if there is one."""
    return ["results/scores.csv"] if RUNS else []


def sheets():
    """The contact sheet of every alignment, and the quality page and flow sheet of every flow that a run uses."""
    found = set()
    for run in [run for run in RUNS if run.feature != AS_GIVEN]:
        feature = CONFIG.features[run.feature]
        for dataset in CONFIG.members(run.dataset):
            alignment = f"results/{dataset}/{feature.alignment}"
            found.add(f"{alignment}/contact_sheet.png")
            if feature.needs_flow():
                flow = f"{alignment}/{feature.flow}/{feature.pairs}"
                found.add(f"{flow}/quality.html")
                if feature.pairs == "onset_apex":
                    found.add(f"{flow}/flow_sheet_{run.labels}.png")
    return sorted(found)


def packed_features():
    """The packed feature of every run."""
    return sorted({f"results/{run.dataset}/features/{run.feature}.h5" for run in RUNS})


def attention_files():
    """The attention sheet of every run whose network has kept its weights."""
    pattern = "results/{run.dataset}/runs/{run.feature}/{run.labels}/{run.model}/{run.protocol}/attention.png"
    return [pattern.format(run=run) for run in RUNS if has_attention(run)]


def has_attention(run):
    if run.feature == AS_GIVEN:
        return False
    model = CONFIG.models[run.model]
    left = leaves_maps(CONFIG.features[run.feature], model, CONFIG.protocols[run.protocol])
    return left and is_network(model.architecture)


# Input


@cache
def units(dataset):
    return sorted(manifest(dataset).unit.unique())


def rendered_clips(wildcards):
    """What must be there before a unit can be aligned: nothing, unless its clips are still to be rendered."""
    if CONFIG.datasets[wildcards.dataset].kind != "demo":
        return []
    subjects = rows(wildcards).subject.unique()
    return [f"results/{wildcards.dataset}/raw/{subject}.json" for subject in sorted(subjects)]


def aligned_units(wildcards):
    pattern = "results/{dataset}/{alignment}/aligned/{unit}.h5"
    return expand(pattern, unit=units(wildcards.dataset), **wildcards)


def flow_units(wildcards):
    pattern = "results/{dataset}/{alignment}/{flow}/{pairs}/{unit}.h5"
    return expand(pattern, unit=units(wildcards.dataset), **wildcards)


def flow_folder(wildcards):
    """Where the flow of a feature lies, whether it needs one or not."""
    feature = CONFIG.features[wildcards.feature]
    folder = f"results/{wildcards.dataset}/{feature.alignment}"
    return f"{folder}/{feature.flow}/{feature.pairs}" if feature.needs_flow() else folder


def aligned_folder(wildcards):
    return f"results/{wildcards.dataset}/{CONFIG.features[wildcards.feature].alignment}/aligned"


def feature_flows(wildcards):
    if not CONFIG.features[wildcards.feature].needs_flow():
        return []
    return [f"{flow_folder(wildcards)}/{unit}.h5" for unit in units(wildcards.dataset)]


def feature_faces(wildcards):
    if not CONFIG.features[wildcards.feature].needs_faces():
        return []
    return [f"{aligned_folder(wildcards)}/{unit}.h5" for unit in units(wildcards.dataset)]


def member_features(wildcards):
    members = CONFIG.members(wildcards.dataset)
    return [f"results/{name}/features/{wildcards.feature}.h5" for name in members]


@cache
def labelled(dataset, labels):
    """The rows of a dataset that a label scheme gives a class."""
    table = manifest(dataset)
    return table[table[labels].isin(classes_of(labels, table[labels]))]


@cache
def number_of_folds(run):
    protocol = CONFIG.protocols[run.protocol]
    match protocol.split:
        case "loso":
            return len(labelled(run.dataset, run.labels).drop_duplicates(["dataset", "subject"]))
        case "k_fold":
            return protocol.folds
        case "hde":
            return 2
        case "given":
            return pd.read_csv(protocol.file, dtype=str).fold.nunique()
    return 1


def parts(run):
    """What the training jobs of a run make: so many seeds each, with all folds or where they are shared some of them."""
    model = CONFIG.models[run.model]
    alone = model.folds_per_job is None or CONFIG.protocols[run.protocol].carry_over != "nothing"
    jobs = 1 if alone else -(-number_of_folds(run) // model.folds_per_job)
    return parts_of(RUNS[run], model.seeds_per_job or 1, jobs)


def part_files(name):
    """That file of every part of a run."""

    def files(wildcards):
        run = Run(**wildcards)
        if run not in RUNS:
            raise WorkflowError(f"No experiment of the configuration asks for the run {dict(wildcards)}.")
        pattern = "results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/{part}/{name}"
        return expand(pattern, part=[part.name for part in parts(run)], name=name, **wildcards)

    return files


def first_seed(wildcards):
    return RUNS[Run(**wildcards)][0]


def first_seed_files(name):
    """That file of every part of a run that holds its first seed."""

    def files(wildcards):
        found, seed = part_files(name)(wildcards), first_seed(wildcards)
        return [file for file in found if seed in Part.named(Path(file).parent.name).seeds]

    return files


def folders_behind(wildcards):
    """The folders of the aligned faces that the maps are drawn over, by dataset."""
    alignment = CONFIG.features[wildcards.feature].alignment
    return {name: f"results/{name}/{alignment}/aligned" for name in CONFIG.members(wildcards.dataset)}


def faces_behind(wildcards):
    folders = folders_behind(wildcards)
    return [f"{folder}/{unit}.h5" for name, folder in folders.items() for unit in units(name)]


def tabled(table):
    """The runs of the configuration that belong to a paper's table."""
    runs = tabled_runs(CONFIG, table)
    if not runs:
        raise WorkflowError(
            f"No experiment of the configuration belongs to the table of {TABLES[table].title}. Add one that names its"
            f" systems (mexflow systems lists them), or take the ready one: --configfile config/table_{table}.yaml"
        )
    return runs


def tabled_scores(wildcards):
    pattern = "results/{run.dataset}/runs/{run.feature}/{run.labels}/{run.model}/{run.protocol}/scores.json"
    return [pattern.format(run=run) for run in tabled(wildcards.table)]


# Params. What must make a job run again takes `wildcards` only: Snakemake does not compare what takes `input`.


def script(stage):
    """The script of a stage. Where it lies does not matter, so it is not compared."""
    path = Path(workflow.basedir) / "scripts" / f"{stage}.py"
    return lambda wildcards, input: str(path)


def raw_folder(wildcards, input):
    return str(raw_root(wildcards.dataset, CONFIG.datasets[wildcards.dataset]))


def rows(wildcards):
    """The rows of a unit in the manifest, or among the silent videos."""
    return rows_of_units(wildcards.dataset).get(wildcards.unit, manifest(wildcards.dataset).iloc[:0])


@cache
def rows_of_units(dataset):
    return dict(tuple(silent(dataset).groupby("unit"))) | dict(tuple(manifest(dataset).groupby("unit")))


@cache
def labelled_units(dataset):
    return frozenset(manifest(dataset).unit)


def listing(wildcards, input):
    """The table that has the rows of a unit. Which of the two it is does not matter, so it is not compared."""
    labelled = wildcards.unit in labelled_units(wildcards.dataset)
    return f"results/{wildcards.dataset}/{'manifest' if labelled else 'silent'}.csv"


# A grid has thousands of jobs and far fewer tables: what is read of a table is hashed once for all jobs.
@cache
def hashes_of_units(dataset, stage):
    return unit_hashes(silent(dataset), stage) | unit_hashes(manifest(dataset), stage)


@cache
def hash_of_dataset(dataset, stage):
    return hash_of_rows(manifest(dataset), stage)


def rows_hash(stage):
    """What a stage reads of the rows of its unit."""
    return lambda wildcards: hashes_of_units(wildcards.dataset, stage).get(wildcards.unit, "")


def flow_rows_hash(wildcards):
    """What the flow stage reads of the rows of its unit: of whole videos their names alone."""
    return rows_hash("flow" if per_expression(wildcards.pairs) else "flow_of_videos")(wildcards)


def all_rows_hash(stage):
    """What a stage reads of all rows of its dataset."""
    return lambda wildcards: hash_of_dataset(wildcards.dataset, stage)


def demo_spec(wildcards, input):
    return CONFIG.datasets[wildcards.dataset].canonical()


def recipe(wildcards):
    return subject_recipe(CONFIG.datasets[wildcards.dataset], wildcards.subject)


def alignment_spec(wildcards):
    return CONFIG.alignments[wildcards.alignment].canonical()


def flow_spec(wildcards):
    return FlowStageSpec(flow=CONFIG.flows[wildcards.flow], pairs=wildcards.pairs).canonical()


def given_spec(wildcards):
    return GivenStageSpec(dataset=without_folder(CONFIG.datasets[wildcards.dataset])).canonical()


def composite_spec(wildcards):
    return CONFIG.composites[wildcards.dataset].canonical()


def feature_spec(wildcards):
    return FeatureStageSpec(feature=CONFIG.features[wildcards.feature]).canonical()


def classes(wildcards):
    return classes_of_dataset(wildcards.dataset, wildcards.labels)


@cache
def classes_of_dataset(dataset, labels):
    return classes_of(labels, manifest(dataset)[labels])


def files_digest(model, protocol):
    """Hash of the files that a training reads besides its feature: given folds, given weights. Dates do not matter."""
    files = [protocol.file, model.parameters.get("weights")]
    digest = hashlib.sha256()
    for file in [Path(one) for one in files if one]:
        try:
            digest.update(file.read_bytes())
        except OSError as error:
            raise WorkflowError(f"{file} cannot be read ({error.strerror}). Correct the path.") from None
    return digest.hexdigest()[:16] if any(files) else ""


def training_of(wildcards, part):
    return TrainingStageSpec(
        model=CONFIG.models[wildcards.model],
        protocol=CONFIG.protocols[wildcards.protocol],
        labels=wildcards.labels,
        classes=classes(wildcards),
        seeds=part.seeds,
        job=part.job,
        files_digest=files_digest(CONFIG.models[wildcards.model], CONFIG.protocols[wildcards.protocol]),
    )


def training_spec(wildcards):
    return training_of(wildcards, Part.named(wildcards.part)).canonical()


@cache
def code_with_architecture(stage, architecture):
    return fingerprint(stage, module_of(architecture))


def training_code(wildcards):
    """The code of the train stage and of the one architecture that it loads."""
    return code_with_architecture("train", CONFIG.models[wildcards.model].architecture)


def evaluation_spec(wildcards):
    protocol = CONFIG.protocols[wildcards.protocol]
    return EvaluationSpec(
        labels=wildcards.labels,
        classes=classes(wildcards),
        permute_labels=protocol.permute_labels,
        every_clip=protocol.tests_every_clip,
        both_ways=protocol.split == "hde",
    ).canonical()


def faces_shown(wildcards):
    return "--faces" if CONFIG.datasets[wildcards.dataset].show_faces else "--no-faces"


def attention_spec(wildcards):
    (training,) = training_of(wildcards, Part((first_seed(wildcards),))).trainings()
    return AttentionSpec(feature=CONFIG.features[wildcards.feature], training=training).canonical()


def attention_code(wildcards):
    """The code of the attention stage and of the one architecture that it loads."""
    return code_with_architecture("attention", CONFIG.models[wildcards.model].architecture)


def aligned_options(wildcards):
    return " ".join(f"--aligned {folder}" for folder in folders_behind(wildcards).values())


def all_faces_shown(wildcards):
    """Whether all members of a composite, or the one dataset, may be shown."""
    shown = all(CONFIG.datasets[name].show_faces for name in CONFIG.members(wildcards.dataset))
    return "--faces" if shown else "--no-faces"


def paper_table_spec(wildcards):
    return PaperTableSpec(table=wildcards.table, runs=tuple(tabled_runs(CONFIG, wildcards.table))).canonical()


# Failures. Snakemake's scheduler knows which jobs failed for good, its log what was said of them.

if workflow.is_main_process and not workflow.output_settings.dryrun:
    JOB_ERRORS = JobErrors()
    logger.addHandler(JOB_ERRORS)


def tell_failures():
    """Write results/failed.html and failed.csv, if jobs failed; a run that was interrupted has none."""
    jobs = [job for one in workflow.scheduler.failed for job in (one.jobs if one.is_group() else [one])]
    if not jobs:
        return
    table = failures_table([failed_job(job) for job in jobs], JOB_ERRORS.since)
    try:
        write_failures(table, RESULTS, datetime.now())
        logger.error(f"{summary(table)}. See {RESULTS / PAGE}")
    except UserError as error:
        logger.error(str(error))


def failed_job(job):
    behind = workflow.dag.bfs(workflow.dag.depending, job)
    waiting = {str(Path(one.output[0]).parent) for one in behind if one.rule.name in ("evaluate", "evaluate_spotting")}
    log = Path(job.log[0]) if job.log else None
    said = JOB_ERRORS.said.get(job.jobid)
    return FailedJob(job.rule.name, tuple(job.wildcards), job.output[0], log, said, tuple(waiting))


def finished_files(wildcards):
    """What a report shows, as far as it is there and nothing that it is made of has failed."""
    waiting = waiting_runs(read_failures(RESULTS))
    tables = [] if waiting else [*recognition_tables(), *spotting_tables()]
    wanted = [*tables, *run_files("confusion.png"), *attention_files(), *spotting_pages(), *sheets()]
    return [file for file in wanted if Path(file).exists() and str(Path(file).parent) not in waiting]
