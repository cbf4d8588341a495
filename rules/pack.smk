rule pack:
    """One tensor per labelled expression of a dataset."""
    input:
        flows=feature_units,
    output:
        feature=ensure("results/{dataset}/features/{feature}.h5", non_empty=True),
    log:
        "logs/{dataset}/features/{feature}.log",
    benchmark:
        "logs/{dataset}/features/{feature}.jsonl"
    wildcard_constraints:
        dataset=one_of(CONFIG.datasets),
    conda:
        "../envs/motion.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("pack"),
        runtime=minutes_for("pack"),
    params:
        stage=script("pack"),
        spec=feature_spec,
        clips=all_rows_hash("pack"),
        code=fingerprint("pack"),
    shell:
        "python {params.stage:q} results/{wildcards.dataset}/manifest.csv {output.feature:q} {input.flows:q}"
        " --spec {params.spec:q} --code {params.code} > {log:q} 2>&1"


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
        mem_mb=memory_for("pack"),
        runtime=minutes_for("pack"),
    params:
        stage=script("compose"),
        spec=feature_spec,
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
