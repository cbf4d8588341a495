rule train:
    """One model, one protocol, one seed or several: every fold in one process, or a part of them."""
    input:
        feature="results/{dataset}/features/{feature}.h5",
    output:
        splits="results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/{part}/splits.csv",
        curves="results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/{part}/curves.csv",
        times="results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/{part}/times.csv",
        weights="results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/{part}/weights.h5",
        audit="results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/{part}/audit.json",
        predictions="results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/{part}/predictions.csv",
    log:
        "logs/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/{part}.log",
    benchmark:
        "logs/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/{part}.jsonl"
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("train"),
        runtime=minutes_for("train"),
        disk_mb=disk_for("train"),
        expected_s=seconds_for("train"),
        gpu=whole_cards,
        gpu_percent=share_of_cards,
    params:
        stage=script("train"),
        gpus=card_share,
        spec=training_spec,
        code=training_code,
    shell:
        "python {params.stage:q} {input.feature:q} $(dirname {output.predictions:q})"
        " --spec {params.spec:q} --code {params.code} --threads {threads} --gpus {params.gpus} > {log:q} 2>&1"
