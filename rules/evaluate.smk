rule evaluate:
    """Scores of a run over all its seeds, and its per-clip logs."""
    input:
        predictions=seed_files("predictions.csv"),
        splits=seed_files("splits.csv"),
        audits=seed_files("audit.json"),
    output:
        scores="results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/scores.json",
    log:
        "logs/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/evaluate.log",
    benchmark:
        "logs/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/evaluate.jsonl"
    conda:
        "../envs/evaluation.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("report"),
        runtime=minutes_for("report"),
    params:
        stage=script("evaluate"),
        spec=evaluation_spec,
        code=fingerprint("evaluate"),
    shell:
        "python {params.stage:q} {output.scores:q} {input.predictions:q} --spec {params.spec:q} > {log:q} 2>&1"
