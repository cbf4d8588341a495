rule flow:
    """Dense optical flow and strain for the frame pairs of one unit."""
    input:
        aligned="results/{dataset}/{alignment}/aligned/{unit}.h5",
    output:
        flow=ensure("results/{dataset}/{alignment}/{flow}/{pairs}/{unit}.h5", non_empty=True),
    log:
        "logs/{dataset}/{alignment}/{flow}/{pairs}/{unit}.log",
    benchmark:
        "logs/{dataset}/{alignment}/{flow}/{pairs}/{unit}.jsonl"
    conda:
        "../envs/motion.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("flow"),
        runtime=minutes_for("flow"),
        disk_mb=disk_for("flow"),
        expected_s=seconds_for("flow"),
    params:
        stage=script("flow"),
        listing=listing,
        spec=flow_spec,
        clips=flow_rows_hash,
        code=fingerprint("flow"),
    shell:
        "python {params.stage:q} {params.listing:q} {input.aligned:q} {output.flow:q}"
        " --unit {wildcards.unit:q} --spec {params.spec:q} --code {params.code} --threads {threads} > {log:q} 2>&1"
