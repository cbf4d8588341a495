rule align:
    """Aligned faces of one unit: each raw clip under one transform, or under one per window or frame."""
    input:
        rendered_clips,
    output:
        aligned=ensure("results/{dataset}/{alignment}/aligned/{unit}.h5", non_empty=True),
    log:
        "logs/{dataset}/{alignment}/aligned/{unit}.log",
    benchmark:
        "logs/{dataset}/{alignment}/aligned/{unit}.jsonl"
    conda:
        "../envs/faces.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("align"),
        runtime=minutes_for("align"),
        disk_mb=disk_for("align"),
        expected_s=seconds_for("align"),
    params:
        stage=script("align"),
        listing=listing,
        root=raw_folder,
        spec=alignment_spec,
        clips=rows_hash("align"),
        code=fingerprint("align"),
    shell:
        "python {params.stage:q} {params.listing:q} {output.aligned:q}"
        " --unit {wildcards.unit:q} --root {params.root:q} --spec {params.spec:q} --code {params.code} > {log:q} 2>&1"
