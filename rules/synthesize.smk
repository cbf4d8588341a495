rule synthesize:
    """The raw clips of one subject of the demo, and their true motion."""
    output:
        rendered="results/{dataset}/raw/{subject}.json",
        truth="results/{dataset}/raw/truth/{subject}.h5",
    log:
        "logs/{dataset}/synthesize/{subject}.log",
    benchmark:
        "logs/{dataset}/synthesize/{subject}.jsonl"
    conda:
        "../envs/faces.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("synthesize"),
        runtime=minutes_for("synthesize"),
        disk_mb=disk_for("synthesize"),
        expected_s=seconds_for("synthesize"),
    params:
        stage=script("synthesize"),
        spec=demo_spec,
        clips=recipe,
        code=fingerprint("synthesize"),
    shell:
        "python {params.stage:q} {output.rendered:q} {output.truth:q}"
        " --subject {wildcards.subject:q} --spec {params.spec:q} > {log:q} 2>&1"
