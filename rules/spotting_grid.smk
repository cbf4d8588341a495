"""The grid of spotting: what its rules take their input and params from. The general part is in common.smk."""

from mexflow.config.configuration import SpottingRun
from mexflow.config.spotting import MdmdSpec, MeasureSpec, ScoringSpec, SoftnetSpec
from mexflow.config.spotting import SpotSpec, SpottingEvaluationSpec, published
from mexflow.training.spotting_folds import long_videos, spotting_folds

# Targets


def spotting_files(name):
    """The file of that name of every spotting run."""
    pattern = "results/{run.dataset}/spotting/{run.feature}/{run.spotter}/{run.protocol}/{name}"
    return [pattern.format(run=run, name=name) for run in SPOTTING_RUNS]


def spotting_tables():
    return ["results/spotting.csv"] if SPOTTING_RUNS else []


def spotting_pages():
    return spotting_files("videos")


# Input


def spotting_run(wildcards):
    """The run that wildcards belong to."""
    run = SpottingRun(**{name: wildcards[name] for name in ("dataset", "feature", "spotter", "protocol")})
    if run not in SPOTTING_RUNS:
        raise WorkflowError(f"No experiment of the configuration asks for the spotting run {vars(run)}.")
    return run


def spotter_of(wildcards):
    return CONFIG.spotters[wildcards.spotter]


def spotting_protocol(wildcards):
    return CONFIG.spotting_protocols[wildcards.protocol]


def kept_rate(wildcards):
    """The share of a dataset's frames that the feature's alignment keeps."""
    fps = CONFIG.alignments[CONFIG.features[wildcards.feature].alignment].fps
    return 1.0 if fps is None else min(fps / manifest(wildcards.dataset).fps.iloc[0], 1.0)


def chosen_k(wildcards):
    """A number of frames at the dataset's full rate, or whose labels it follows."""
    spotter = spotter_of(wildcards)
    k = spotter.k if isinstance(spotter, MdmdSpec) else spotting_protocol(wildcards).k
    if k == "published":
        k = published(spotter.method, CONFIG.datasets[wildcards.dataset].kind).k
    return k[wildcards.type] if isinstance(k, dict) else k


def scoring(wildcards):
    protocol, spotter = spotting_protocol(wildcards), spotter_of(wildcards)
    inner, *job = wildcards.part.split("_")
    return ScoringSpec(
        spotter=spotter,
        type=wildcards.type,
        k=chosen_k(wildcards),
        rate=kept_rate(wildcards),
        videos=protocol.videos,
        cut_off=protocol.cut_off,
        shift_labels=protocol.shift_labels,
        inner_share=protocol.inner_share if inner == "inner" else None,
        seed=int(wildcards.seed),
        job=job_of_part(job[0]) if job else None,
    )


def job_of_part(text):
    """The number of a job, from 0, and how many share the folds: "1of3" is (0, 3)."""
    number, jobs = map(int, text.split("of"))
    return number - 1, jobs


@cache
def folds_of_part(dataset, feature, spotter, protocol, seed, type, part):
    wildcards = SimpleNamespace(
        dataset=dataset, feature=feature, spotter=spotter, protocol=protocol, seed=seed, type=type, part=part
    )
    spec = scoring(wildcards)
    try:
        folds = spotting_folds(long_videos(manifest(dataset), silent(dataset)), manifest(dataset), spec)
    except UserError as error:
        raise WorkflowError(f"datasets.{dataset}: {error}") from None
    first, step = spec.job or (0, 1)
    return folds[first::step]


def pairs_folder(wildcards):
    """Where the samples of pairs lie, or their scores where nothing is trained."""
    if isinstance(spotter_of(wildcards), SoftnetSpec):
        return f"results/{wildcards.dataset}/features/{wildcards.feature}"
    return f"results/{wildcards.dataset}/measures/{wildcards.feature}/{wildcards.spotter}"


def pairs_of_folds(wildcards):
    """The samples of all videos that the folds of a part are trained on or score, each with the k of its fold."""
    videos = long_videos(manifest(wildcards.dataset), silent(wildcards.dataset))
    trains = spotter_of(wildcards).is_trained
    wanted = {
        (fold.k, video)
        for fold in folds_of_part(**dict(wildcards))
        for video in [*fold.scored, *(fold.train if trains else ())]
    }
    return [f"{pairs_folder(wildcards)}/interval_{k}/{videos.unit[video]}.h5" for k, video in sorted(wanted)]


def flow_of_pairs(wildcards):
    """The folder of a feature's flow, without its pairs."""
    feature = CONFIG.features[wildcards.feature]
    return f"results/{wildcards.dataset}/{feature.alignment}/{feature.flow}"


def unit_of_flow(wildcards):
    return f"{flow_of_pairs(wildcards)}/interval_{wildcards.k}/{wildcards.unit}.h5"


def unit_of_faces(wildcards):
    if "gray" not in CONFIG.features[wildcards.feature].channels:
        return []
    return f"{aligned_folder(wildcards)}/{wildcards.unit}.h5"


def measured_flows(wildcards):
    """MDMD looks at pairs 2k apart, too."""
    times = (1, 2) if isinstance(spotter_of(wildcards), MdmdSpec) else (1,)
    return [f"{flow_of_pairs(wildcards)}/interval_{n * int(wildcards.k)}/{wildcards.unit}.h5" for n in times]


def score_paths(inner, names):
    """The pair scores of a run of one type and seed: of test videos, or of the inner ones, if p is chosen by them."""
    wildcards = SimpleNamespace(**names)
    if inner and chosen_p(wildcards) != "inner_subjects":
        return []
    part = "inner" if inner else "test"
    folds = len(folds_of_part(part=part, **names))
    jobs = -(-folds // (getattr(spotter_of(wildcards), "folds_per_job", None) or folds))
    parts = [part] if jobs < 2 else [f"{part}_{job}of{jobs}" for job in range(1, jobs + 1)]
    return expand(
        "results/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/{part}/pair_scores.h5",
        part=parts,
        **names,
    )


def score_files(inner):
    return lambda wildcards: score_paths(inner, dict(wildcards))


def of_every_seed(name):
    """That file of every seed and type of a spotting run."""

    def files(wildcards):
        task = SPOTTING_RUNS[spotting_run(wildcards)]
        pattern = "results/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/{name}"
        return expand(pattern, seed=task.seeds, type=task.types, name=name, **wildcards)

    return files


def of_first_seed(name):
    """That file of every type of the first seed of a spotting run."""

    def files(wildcards):
        task = SPOTTING_RUNS[spotting_run(wildcards)]
        pattern = "results/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/{name}"
        return expand(pattern, seed=task.seeds[0], type=task.types, name=name, **wildcards)

    return files


def scores_of_first_seed(wildcards):
    """The scores of test videos of the first seed of a spotting run, type by type."""
    task = SPOTTING_RUNS[spotting_run(wildcards)]
    names = [{**wildcards, "seed": str(task.seeds[0]), "type": type} for type in task.types]
    return [file for one in names for file in score_paths(False, one)]


def pictured_units(wildcards):
    """What the pictures of a spotting run are made of: the faces, or the flow of the k that scored the video."""
    videos = long_videos(manifest(wildcards.dataset), silent(wildcards.dataset))
    if CONFIG.datasets[wildcards.dataset].show_faces:
        return [f"{aligned_folder(wildcards)}/{unit}.h5" for unit in videos.unit]
    task = SPOTTING_RUNS[spotting_run(wildcards)]
    folds = [
        fold
        for type in task.types
        for fold in folds_of_part(**wildcards, seed=str(task.seeds[0]), type=type, part="test")
    ]
    wanted = {(fold.k, videos.unit[video]) for fold in folds for video in fold.scored}
    return [f"{flow_of_pairs(wildcards)}/interval_{k}/{unit}.h5" for k, unit in sorted(wanted)]


# Params


def measure_spec(wildcards):
    return MeasureSpec(spotter=spotter_of(wildcards), feature=CONFIG.features[wildcards.feature]).canonical()


def scoring_spec(wildcards):
    spec = scoring(wildcards)
    return spec.model_copy(update={"files_digest": weights_digest(wildcards, spec)}).canonical()


def weights_digest(wildcards, spec):
    """Hash of given weights, fold by fold. Dates do not matter."""
    weights = getattr(spec.spotter, "weights", None)
    if weights is None:
        return ""
    digest = hashlib.sha256()
    for fold in folds_of_part(**dict(wildcards)):
        file = Path(weights.format(fold=fold.number + 1, type=spec.type, dataset=wildcards.dataset))
        try:
            digest.update(file.read_bytes())
        except OSError as error:
            raise WorkflowError(f"{file} cannot be read ({error.strerror}). Correct weights of the spotter.") from None
    return digest.hexdigest()[:16]


@cache
def hash_of_videos(dataset, stage):
    return hash_of_rows(pd.concat([manifest(dataset), silent(dataset)]), stage)


def video_rows_hash(stage):
    """What a stage reads of all rows of its dataset, silent videos, too."""
    return lambda wildcards: hash_of_videos(wildcards.dataset, stage)


def chosen_p(wildcards):
    spotter = spotter_of(wildcards)
    return spotter.p if isinstance(spotter, MdmdSpec) else spotting_protocol(wildcards).p


def accepted_lengths(wildcards):
    """Of MDMD's intervals, in frames that are kept."""
    spotter = spotter_of(wildcards)
    if not isinstance(spotter, MdmdSpec):
        return None
    lengths = spotter.lengths
    if lengths == "published":
        lengths = published("mdmd", CONFIG.datasets[wildcards.dataset].kind).lengths
    rate = kept_rate(wildcards)
    return tuple(end and max(round(end * rate), 1) for end in lengths[wildcards.type])


def spot_spec(wildcards):
    protocol = spotting_protocol(wildcards)
    return SpotSpec(
        type=wildcards.type,
        p=chosen_p(wildcards),
        merge=protocol.merge,
        iou=protocol.iou,
        lengths=accepted_lengths(wildcards),
        cut_off=protocol.cut_off,
    ).canonical()


def inner_options(wildcards, input):
    return [f"--inner={file}" for file in input.get("inner", [])]


def page_options(wildcards, input):
    """The files that pages are made of, as options: scores, each with its type, intervals and thresholds."""
    return [
        *(f"--types={Path(file).parts[-3]}" for file in input.scores),
        *(f"--pair-scores={file}" for file in input.scores),
        *(f"--spotted={file}" for file in input.spotted),
        *(f"--thresholds={file}" for file in input.thresholds),
    ]


def page_settings(wildcards):
    """How curves are drawn and hits are picked."""
    protocol = spotting_protocol(wildcards)
    smoothing = "--no-smoothing" if isinstance(spotter_of(wildcards), MdmdSpec) else "--smoothing"
    return f"{smoothing} --matching {protocol.matching} --iou {protocol.iou} --cut-off {protocol.cut_off}"


def spotting_evaluation_spec(wildcards):
    protocol = spotting_protocol(wildcards)
    return SpottingEvaluationSpec(
        kind=CONFIG.datasets[wildcards.dataset].kind,
        types=SPOTTING_RUNS[spotting_run(wildcards)].types,
        matching=protocol.matching,
        iou=protocol.iou,
        videos=protocol.videos,
        cut_off=protocol.cut_off,
        shifted_labels=protocol.shift_labels,
        as_published=protocol.leaks(),
    ).canonical()
