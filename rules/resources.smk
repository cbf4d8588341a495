"""What jobs ask for: memory, time, disk and GPUs, from the size of their input, and more with every attempt."""

from math import ceil

from mexflow.config.features import FlowFeatureSpec
from mexflow.config.spotting import SoftnetSpec
from mexflow.datasets.index import source_extents
from mexflow.features.shapes import sample_shape
from mexflow.planning import work
from mexflow.planning.sizes import frames_of, pairs_of
from mexflow.provenance.left_jobs import comment_of, end_left_jobs
from mexflow.training.cards import visible_cards

# On one machine two trainings never meet on one card: its cards are a resource of this run. A cluster hands out its own.
if visible_cards():
    workflow.register_resource("gpu_percent", 100 * len(visible_cards()))

# Size of the input


@cache
def extents(dataset):
    return source_extents(dataset)


@cache
def frames_of_unit(dataset, unit):
    """Frames of a unit, and their bytes. Those of videos without a label in a file are taken for as many as others'."""
    rows = rows_of_units(dataset)[unit]
    frames, size = frames_of(rows, extents(dataset))
    unknown = (rows.offset < 0).any() and frames <= rows.source.nunique()
    return (mean_frames(dataset) if unknown else frames), size


@cache
def mean_frames(dataset):
    table = manifest(dataset)
    return frames_of(table, extents(dataset))[0] // max(table.source.nunique(), 1)


@cache
def frames_of_dataset(dataset):
    return sum(frames_of_unit(dataset, unit)[0] for unit in rows_of_units(dataset))


def clips_of(wildcards):
    return len(manifest(wildcards.dataset))


def crop_pixels(alignment):
    width, height = CONFIG.alignments[alignment].crop
    return width * height


def feature_shape(feature, dataset):
    """The shape of one sample; features from elsewhere are taken for images of a common size."""
    return (28, 28, 3) if feature == AS_GIVEN else sample_shape(CONFIG.features[feature])


# Expected work


def synthesis_work(wildcards):
    rows = manifest(wildcards.dataset)
    own = rows[rows.subject == wildcards.subject]
    return work.work_of_synthesis(frames_of(own, {})[0])


def alignment_work(wildcards):
    frames, size = frames_of_unit(wildcards.dataset, wildcards.unit)
    clips = rows_of_units(wildcards.dataset)[wildcards.unit].source.nunique()
    return work.work_of_alignment(CONFIG.alignments[wildcards.alignment], frames, size, clips)


def unit_pairs(wildcards, pairs):
    rows = rows_of_units(wildcards.dataset)[wildcards.unit]
    return pairs_of(rows, pairs, frames_of_unit(wildcards.dataset, wildcards.unit)[0])


def flow_work(wildcards):
    pairs = unit_pairs(wildcards, wildcards.pairs)
    return work.work_of_flow(CONFIG.flows[wildcards.flow], pairs, crop_pixels(wildcards.alignment))


def packing_work(wildcards):
    name = vars(wildcards).get("feature", AS_GIVEN)  # import_feature has one feature only
    feature = CONFIG.features.get(name)
    rows = manifest(wildcards.dataset)
    samples = len(rows)
    if isinstance(feature, FlowFeatureSpec) and not per_expression(feature.pairs):
        samples = pairs_of(rows, feature.pairs, frames_of_dataset(wildcards.dataset))
    pixels = crop_pixels(feature.alignment) if feature else 0
    return work.work_of_packing(samples, feature_shape(name, wildcards.dataset), pixels)


def pairs_packing_work(wildcards):
    feature = CONFIG.features[wildcards.feature]
    pairs = unit_pairs(wildcards, f"interval_{wildcards.k}")
    return work.work_of_packing(pairs, sample_shape(feature), crop_pixels(feature.alignment))


def measuring_work(wildcards):
    pairs = unit_pairs(wildcards, f"interval_{wildcards.k}")
    return work.work_of_measuring(pairs, crop_pixels(CONFIG.features[wildcards.feature].alignment))


def run_of(wildcards):
    return Run(*(vars(wildcards)[name] for name in ("dataset", "feature", "labels", "model", "protocol")))


def training_work(wildcards):
    part = Part.named(wildcards.part)
    run = run_of(wildcards)
    return whole_training(run, len(part.seeds), part.job[1] if part.job else 1)


@cache
def whole_training(run, seeds, jobs):
    """The work of one of so many jobs that share the folds of so many seeds."""
    folds = ceil(number_of_folds(run) / jobs)
    shape = feature_shape(run.feature, run.dataset)
    return work.work_of_training(CONFIG.models[run.model], shape, len(labelled(run.dataset, run.labels)), folds, seeds)


def scoring_work(wildcards):
    folds = folds_of_part(**vars(wildcards))
    return work.work_of_scoring(spotter_of(wildcards), frames_of_dataset(wildcards.dataset), len(folds))


def attention_work(wildcards):
    run = run_of(wildcards)
    return work.work_of_attention(whole_training(run, 1, 1), clips_of(wildcards))


def pages_work(wildcards):
    return work.work_of_pages(clips_of(wildcards) if "dataset" in vars(wildcards) else len(RUNS))


WORK = {
    "synthesize": synthesis_work,
    "align": alignment_work,
    "flow": flow_work,
    "pack": packing_work,
    "import_feature": packing_work,
    "compose": packing_work,
    "pack_pairs": pairs_packing_work,
    "measure_pairs": measuring_work,
    "train": training_work,
    "score_pairs": scoring_work,
    "attention": attention_work,
}
"""By rule; the others make tables, pages and pictures."""


@cache
def known_work(rule, names):
    return WORK.get(rule, pages_work)(SimpleNamespace(**dict(names)))


def expected(rule, wildcards):
    return known_work(rule, tuple(sorted(dict(wildcards).items())))


def work_of_job(rule, wildcards):
    """What a job is expected to take, and how many GPUs it asks for; for `mexflow plan`."""
    asks = rule in ("train", "score_pairs", "attention")
    return expected(rule, wildcards), cards(wildcards) if asks else 0


def cards(wildcards):
    """How many GPUs a training asks for: a fraction of one where models share a card."""
    if "spotter" in dict(wildcards):
        spotter = spotter_of(wildcards)
        return spotter.gpus_per_job if isinstance(spotter, SoftnetSpec) else 0
    model = CONFIG.models[wildcards.model]
    return model.gpus_per_job if is_network(model.architecture) else 0


# What rules state


def memory_for(rule):
    return lambda wildcards, attempt: ceil(1.3 * expected(rule, wildcards).memory_mb * attempt)


def minutes_for(rule):
    """Several times the expected time: another machine may be slower."""
    return lambda wildcards, attempt: ceil(10 + 5 * expected(rule, wildcards).seconds / 60) * attempt


def disk_for(rule):
    return lambda wildcards: ceil(expected(rule, wildcards).disk_mb)


def seconds_for(rule):
    """What `mexflow plan` and `mexflow costs` compare with."""
    return lambda wildcards: ceil(expected(rule, wildcards).seconds)


def whole_cards(wildcards):
    """For a cluster, which hands out whole cards."""
    return ceil(cards(wildcards))


def share_of_cards(wildcards):
    """In hundredths, for the cards of this machine; what a cluster's nodes have is not this run's to count."""
    return 0 if workflow.non_local_exec else round(100 * cards(wildcards))


def card_share(wildcards, input):
    """For the training itself: how much of a card's memory it may take."""
    return cards(wildcards)


# Clusters


def end_jobs_of_a_killed_run():
    """Before the first job is submitted: no two jobs ever write the same files."""
    if workflow.local_exec or not workflow.is_main_process:
        return
    comments = {comment_of(job.rule.name, job.wildcards) for job in workflow.dag.needrun_jobs()}
    try:
        left = end_left_jobs(comments, Path.cwd())
    except UserError as error:
        raise WorkflowError(str(error)) from None
    if left:
        logger.info(f"Cancelled {len(left)} jobs that a killed run had left on the cluster: {', '.join(left)}.")
