rule pack_pairs:
    """One tensor per frame pair (i, i + k) of the long videos of a unit."""
    input:
        flow=unit_of_flow,
        aligned=unit_of_faces,
    output:
        samples=ensure("results/{dataset}/features/{feature}/interval_{k}/{unit}.h5", non_empty=True),
    log:
        "logs/{dataset}/features/{feature}/interval_{k}/{unit}.log",
    benchmark:
        "logs/{dataset}/features/{feature}/interval_{k}/{unit}.jsonl"
    conda:
        "../envs/motion.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("pack_pairs"),
        runtime=minutes_for("pack_pairs"),
        disk_mb=disk_for("pack_pairs"),
        expected_s=seconds_for("pack_pairs"),
    params:
        stage=script("pack_pairs"),
        listing=listing,
        aligned=aligned_folder,
        spec=feature_spec,
        clips=rows_hash("pack_pairs"),
        code=fingerprint("pack_pairs"),
    shell:
        "python {params.stage:q} {params.listing:q} {output.samples:q} --unit {wildcards.unit:q}"
        " --flows $(dirname {input.flow:q}) --aligned {params.aligned:q} --spec {params.spec:q} --code {params.code}"
        " > {log:q} 2>&1"


rule measure_pairs:
    """The scores of frame pairs of a unit by a spotter that trains nothing."""
    input:
        flows=measured_flows,
    output:
        scores=ensure("results/{dataset}/measures/{feature}/{spotter}/interval_{k}/{unit}.h5", non_empty=True),
    log:
        "logs/{dataset}/measures/{feature}/{spotter}/interval_{k}/{unit}.log",
    benchmark:
        "logs/{dataset}/measures/{feature}/{spotter}/interval_{k}/{unit}.jsonl"
    conda:
        "../envs/motion.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("measure_pairs"),
        runtime=minutes_for("measure_pairs"),
        disk_mb=disk_for("measure_pairs"),
        expected_s=seconds_for("measure_pairs"),
    params:
        stage=script("measure_pairs"),
        listing=listing,
        flows=flow_of_pairs,
        spec=measure_spec,
        clips=rows_hash("pack_pairs"),
        code=fingerprint("measure_pairs"),
    shell:
        "python {params.stage:q} {params.listing:q} {output.scores:q} --unit {wildcards.unit:q}"
        " --flows {params.flows:q} --k {wildcards.k} --spec {params.spec:q} --code {params.code} > {log:q} 2>&1"


rule score_pairs:
    """How surely each frame pair belongs to an expression, by models that have not seen its subject."""
    input:
        pairs=pairs_of_folds,
    output:
        splits="results/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/{part}/splits.csv",
        curves="results/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/{part}/curves.csv",
        weights="results/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/{part}/weights.h5",
        audit="results/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/{part}/audit.json",
        scores="results/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/{part}/pair_scores.h5",
    log:
        "logs/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/{part}.log",
    benchmark:
        "logs/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/{part}.jsonl"
    wildcard_constraints:
        part=r"(test|inner)(_\d+of\d+)?",
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("score_pairs"),
        runtime=minutes_for("score_pairs"),
        disk_mb=disk_for("score_pairs"),
        expected_s=seconds_for("score_pairs"),
        gpu=whole_cards,
        gpu_percent=share_of_cards,
    params:
        stage=script("score_pairs"),
        features=pairs_folder,
        gpus=card_share,
        spec=scoring_spec,
        clips=video_rows_hash("score_pairs"),
        code=fingerprint("score_pairs"),
    shell:
        "python {params.stage:q} results/{wildcards.dataset}/manifest.csv results/{wildcards.dataset}/silent.csv"
        " $(dirname {output.scores:q}) --features {params.features:q} --spec {params.spec:q} --code {params.code}"
        " --threads {threads} --gpus {params.gpus} > {log:q} 2>&1"


rule spot:
    """Scores of frame pairs to intervals: smoothing, threshold, peaks."""
    input:
        scores=score_files(inner=False),
        inner=score_files(inner=True),
    output:
        spotted="results/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/spotted.csv",
        thresholds="results/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/thresholds.csv",
    log:
        "logs/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/spot.log",
    benchmark:
        "logs/{dataset}/spotting/{feature}/{spotter}/{protocol}/seed{seed}/{type}/spot.jsonl"
    conda:
        "../envs/spotting.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("spot"),
        runtime=minutes_for("spot"),
        disk_mb=disk_for("spot"),
        expected_s=seconds_for("spot"),
    params:
        stage=script("spot"),
        inner=inner_options,
        spec=spot_spec,
        clips=video_rows_hash("spot"),
        code=fingerprint("spot"),
    shell:
        "python {params.stage:q} results/{wildcards.dataset}/manifest.csv {output.spotted:q} {output.thresholds:q}"
        " {input.scores:q} {params.inner:q} --spec {params.spec:q} > {log:q} 2>&1"


rule evaluate_spotting:
    """Scores of a spotting run over its types and seeds, and its log of hits, misses and false alarms."""
    input:
        spotted=of_every_seed("spotted.csv"),
    output:
        scores="results/{dataset}/spotting/{feature}/{spotter}/{protocol}/scores.json",
        log="results/{dataset}/spotting/{feature}/{spotter}/{protocol}/intervals.csv",
    log:
        "logs/{dataset}/spotting/{feature}/{spotter}/{protocol}/evaluate.log",
    benchmark:
        "logs/{dataset}/spotting/{feature}/{spotter}/{protocol}/evaluate.jsonl"
    conda:
        "../envs/spotting.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("evaluate_spotting"),
        runtime=minutes_for("evaluate_spotting"),
        disk_mb=disk_for("evaluate_spotting"),
        expected_s=seconds_for("evaluate_spotting"),
    params:
        stage=script("evaluate_spotting"),
        spec=spotting_evaluation_spec,
        clips=video_rows_hash("evaluate_spotting"),
        code=fingerprint("evaluate_spotting"),
    shell:
        "python {params.stage:q} results/{wildcards.dataset}/manifest.csv results/{wildcards.dataset}/silent.csv"
        " {output.scores:q} {output.log:q} {input.spotted:q} --spec {params.spec:q} > {log:q} 2>&1"


rule spotting_scores:
    """The table of all spotting runs."""
    input:
        scores=spotting_files("scores.json"),
    output:
        table="results/spotting.csv",
        page=report("results/spotting.html", category="Scores", labels={"table": "spotting"}),
    log:
        "logs/spotting.log",
    benchmark:
        "logs/spotting.jsonl"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("spotting_scores"),
        runtime=minutes_for("spotting_scores"),
        disk_mb=disk_for("spotting_scores"),
        expected_s=seconds_for("spotting_scores"),
    params:
        stage=script("spotting_scores"),
        code=fingerprint("spotting_scores"),
    shell:
        "python {params.stage:q} {output.table:q} {output.page:q} {input.scores:q} > {log:q} 2>&1"


rule spotting_pages:
    """A picture and a page of every video: its curve to scroll through, and what moves around each peak."""
    input:
        scores=scores_of_first_seed,
        spotted=of_first_seed("spotted.csv"),
        thresholds=of_first_seed("thresholds.csv"),
        pictures=pictured_units,
    output:
        pages=report(
            directory("results/{dataset}/spotting/{feature}/{spotter}/{protocol}/videos"),
            htmlindex="index.html",
            category="Spotting",
            subcategory="{dataset}",
            labels={"feature": "{feature}", "spotter": "{spotter}", "protocol": "{protocol}"},
        ),
    log:
        "logs/{dataset}/spotting/{feature}/{spotter}/{protocol}/pages.log",
    benchmark:
        "logs/{dataset}/spotting/{feature}/{spotter}/{protocol}/pages.jsonl"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("spotting_pages"),
        runtime=minutes_for("spotting_pages"),
        disk_mb=disk_for("spotting_pages"),
        expected_s=seconds_for("spotting_pages"),
    params:
        stage=script("spotting_pages"),
        files=page_options,
        aligned=aligned_folder,
        flows=flow_of_pairs,
        how=page_settings,
        clips=video_rows_hash("spotting_pages"),
        faces=faces_shown,
        code=fingerprint("spotting_pages"),
    shell:
        "python {params.stage:q} {output.pages:q} --truth results/{wildcards.dataset}/manifest.csv"
        " --videos results/{wildcards.dataset}/manifest.csv --videos results/{wildcards.dataset}/silent.csv"
        " {params.files:q} --aligned {params.aligned:q} --flows {params.flows:q} {params.how} {params.faces}"
        " --title '{wildcards.dataset} · {wildcards.feature} · {wildcards.spotter} · {wildcards.protocol}'"
        " > {log:q} 2>&1"
