rule pack:
    """One tensor per sample of a dataset: a labelled expression, or a frame pair of a long video."""
    input:
        flows=feature_flows,
        aligned=feature_faces,
    output:
        feature=ensure("results/{dataset}/features/{feature}.h5", non_empty=True),
    log:
        "logs/{dataset}/features/{feature}.log",
    benchmark:
        "logs/{dataset}/features/{feature}.jsonl"
    wildcard_constraints:
        dataset=one_of(RAW_DATASETS),
    conda:
        "../envs/motion.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("pack"),
        runtime=minutes_for("pack"),
        disk_mb=disk_for("pack"),
        expected_s=seconds_for("pack"),
    params:
        stage=script("pack"),
        flows=flow_folder,
        aligned=aligned_folder,
        spec=feature_spec,
        clips=all_rows_hash("pack"),
        code=fingerprint("pack"),
    shell:
        "python {params.stage:q} results/{wildcards.dataset}/manifest.csv {output.feature:q}"
        " --flows {params.flows:q} --aligned {params.aligned:q} --spec {params.spec:q} --code {params.code} > {log:q} 2>&1"


rule import_feature:
    """The samples of a dataset that consists of features."""
    output:
        feature=ensure("results/{dataset}/features/as_given.h5", non_empty=True),
    log:
        "logs/{dataset}/features/as_given.log",
    benchmark:
        "logs/{dataset}/features/as_given.jsonl"
    wildcard_constraints:
        dataset=one_of(GIVEN_DATASETS),
    conda:
        "../envs/motion.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("import_feature"),
        runtime=minutes_for("import_feature"),
        disk_mb=disk_for("import_feature"),
        expected_s=seconds_for("import_feature"),
    params:
        stage=script("import_feature"),
        root=raw_folder,
        spec=given_spec,
        clips=all_rows_hash("import_feature"),
        code=fingerprint("import_feature"),
    shell:
        "python {params.stage:q} results/{wildcards.dataset}/manifest.csv {output.feature:q}"
        " --root {params.root:q} --spec {params.spec:q} --code {params.code} > {log:q} 2>&1"


rule compose:
    """One tensor per labelled expression of a composite: those of its members that take part."""
    input:
        members=member_features,
    output:
        feature=ensure("results/{dataset}/features/{feature}.h5", non_empty=True),
    log:
        "logs/{dataset}/features/{feature}.log",
    benchmark:
        "logs/{dataset}/features/{feature}.jsonl"
    wildcard_constraints:
        dataset=one_of(CONFIG.composites),
    conda:
        "../envs/motion.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("compose"),
        runtime=minutes_for("compose"),
        disk_mb=disk_for("compose"),
        expected_s=seconds_for("compose"),
    params:
        stage=script("compose"),
        spec=composite_spec,
        clips=all_rows_hash("pack"),
        code=fingerprint("compose"),
    shell:
        "python {params.stage:q} results/{wildcards.dataset}/manifest.csv {output.feature:q} {input.members:q}"
        " --spec {params.spec:q} --code {params.code} > {log:q} 2>&1"


rule features:
    """Every feature that an experiment uses."""
    input:
        packed_features(),
    localrule: True
