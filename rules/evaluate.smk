rule evaluate:
    """Scores of a run over all its seeds, its predictions in one table, and its per-clip logs."""
    input:
        predictions=part_files("predictions.csv"),
        splits=part_files("splits.csv"),
        audits=part_files("audit.json"),
    output:
        scores="results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/scores.json",
        predictions="results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/predictions.csv",
    log:
        "logs/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/evaluate.log",
    benchmark:
        "logs/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/evaluate.jsonl"
    conda:
        "../envs/evaluation.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("evaluate"),
        runtime=minutes_for("evaluate"),
        disk_mb=disk_for("evaluate"),
        expected_s=seconds_for("evaluate"),
    params:
        stage=script("evaluate"),
        spec=evaluation_spec,
        code=fingerprint("evaluate"),
    shell:
        "python {params.stage:q} {output.scores:q} {output.predictions:q} {input.predictions:q}"
        " --spec {params.spec:q} > {log:q} 2>&1"
