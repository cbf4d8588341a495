rule attention:
    """Grad-CAM, HiResCAM and saliency of each class, of clips held out, by the weights of the first seed."""
    input:
        feature="results/{dataset}/features/{feature}.h5",
        aligned=faces_behind,
        weights=first_seed_files("weights.h5"),
        predictions=first_seed_files("predictions.csv"),
    output:
        maps="results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/attention.h5",
        sheet=report(
            "results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/attention.png",
            category="Runs",
            subcategory="{dataset}",
            labels={
                "feature": "{feature}",
                "model": "{model}",
                "protocol": "{protocol}",
                "figure": "attention",
            },
        ),
    log:
        "logs/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/attention.log",
    benchmark:
        "logs/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/attention.jsonl"
    conda:
        "../envs/attention.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("attention"),
        runtime=minutes_for("attention"),
        disk_mb=disk_for("attention"),
        expected_s=seconds_for("attention"),
        gpu=whole_cards,
        gpu_percent=share_of_cards,
    params:
        stage=script("attention"),
        spec=attention_spec,
        clips=all_rows_hash("attention"),
        folders=aligned_options,
        faces=all_faces_shown,
        code=attention_code,
    shell:
        "python {params.stage:q} results/{wildcards.dataset}/manifest.csv {input.feature:q} {output.maps:q}"
        " {output.sheet:q} $(dirname {input.weights:q}) {params.folders} --spec {params.spec:q} --code {params.code}"
        " --title '{wildcards.dataset} · {wildcards.feature} · {wildcards.model} · {wildcards.protocol}'"
        " {params.faces} --threads {threads} > {log:q} 2>&1"
