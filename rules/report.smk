rule contact_sheet:
    """The first aligned face of every clip, with its landmarks."""
    input:
        aligned=aligned_units,
    output:
        sheet=report(
            "results/{dataset}/{alignment}/contact_sheet.png",
            category="Aligned faces",
            labels={"dataset": "{dataset}", "alignment": "{alignment}"},
        ),
    log:
        "logs/{dataset}/{alignment}/contact_sheet.log",
    benchmark:
        "logs/{dataset}/{alignment}/contact_sheet.jsonl"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("contact_sheet"),
        runtime=minutes_for("contact_sheet"),
        disk_mb=disk_for("contact_sheet"),
        expected_s=seconds_for("contact_sheet"),
    params:
        stage=script("contact_sheet"),
        clips=all_rows_hash("contact_sheet"),
        faces=faces_shown,
        code=fingerprint("contact_sheet"),
    shell:
        "python {params.stage:q} results/{wildcards.dataset}/manifest.csv {output.sheet:q} {input.aligned:q}"
        " {params.faces} > {log:q} 2>&1"


rule flow_sheet:
    """Flow and strain of examples and means of every class."""
    input:
        aligned=aligned_units,
        flows=flow_units,
    output:
        sheet=report(
            "results/{dataset}/{alignment}/{flow}/{pairs}/flow_sheet_{labels}.png",
            category="Flow and strain",
            labels={
                "dataset": "{dataset}",
                "flow": "{flow}",
                "pairs": "{pairs}",
                "labels": "{labels}",
            },
        ),
    log:
        "logs/{dataset}/{alignment}/{flow}/{pairs}/flow_sheet_{labels}.log",
    benchmark:
        "logs/{dataset}/{alignment}/{flow}/{pairs}/flow_sheet_{labels}.jsonl"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("flow_sheet"),
        runtime=minutes_for("flow_sheet"),
        disk_mb=disk_for("flow_sheet"),
        expected_s=seconds_for("flow_sheet"),
    params:
        stage=script("flow_sheet"),
        clips=all_rows_hash("flow_sheet"),
        faces=faces_shown,
        code=fingerprint("flow_sheet"),
    shell:
        "python {params.stage:q} results/{wildcards.dataset}/manifest.csv {output.sheet:q}"
        " --aligned $(dirname {input.aligned[0]:q}) --flows $(dirname {input.flows[0]:q})"
        " --labels {wildcards.labels} {params.faces} > {log:q} 2>&1"


rule quality:
    """What is left of the head's motion in every clip, and the frames without a face."""
    input:
        aligned=aligned_units,
        flows=flow_units,
    output:
        table="results/{dataset}/{alignment}/{flow}/{pairs}/quality.csv",
        page=report(
            "results/{dataset}/{alignment}/{flow}/{pairs}/quality.html",
            category="Quality",
            labels={
                "dataset": "{dataset}",
                "alignment": "{alignment}",
                "flow": "{flow}",
                "pairs": "{pairs}",
            },
        ),
    log:
        "logs/{dataset}/{alignment}/{flow}/{pairs}/quality.log",
    benchmark:
        "logs/{dataset}/{alignment}/{flow}/{pairs}/quality.jsonl"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("quality"),
        runtime=minutes_for("quality"),
        disk_mb=disk_for("quality"),
        expected_s=seconds_for("quality"),
    params:
        stage=script("quality"),
        clips=all_rows_hash("quality"),
        faces=faces_shown,
        code=fingerprint("quality"),
    shell:
        "python {params.stage:q} results/{wildcards.dataset}/manifest.csv {output.table:q} {output.page:q}"
        " --aligned $(dirname {input.aligned[0]:q}) --flows $(dirname {input.flows[0]:q}) --pairs {wildcards.pairs}"
        " --title '{wildcards.dataset} · {wildcards.alignment} · {wildcards.flow} · {wildcards.pairs}'"
        " {params.faces} > {log:q} 2>&1"


rule figures:
    """Confusion matrix and learning curves of a run."""
    input:
        scores="results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/scores.json",
        curves=part_files("curves.csv"),
    output:
        confusion=report(
            "results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/confusion.png",
            category="Runs",
            subcategory="{dataset}",
            labels={
                "feature": "{feature}",
                "model": "{model}",
                "protocol": "{protocol}",
                "figure": "confusion",
            },
        ),
        curves=report(
            "results/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/learning_curves.png",
            category="Runs",
            subcategory="{dataset}",
            labels={
                "feature": "{feature}",
                "model": "{model}",
                "protocol": "{protocol}",
                "figure": "learning curves",
            },
        ),
    log:
        "logs/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/figures.log",
    benchmark:
        "logs/{dataset}/runs/{feature}/{labels}/{model}/{protocol}/figures.jsonl"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("figures"),
        runtime=minutes_for("figures"),
        disk_mb=disk_for("figures"),
        expected_s=seconds_for("figures"),
    params:
        stage=script("figures"),
        code=fingerprint("figures"),
    shell:
        "python {params.stage:q} {input.scores:q} {output.confusion:q} {output.curves:q} {input.curves:q}"
        " --title '{wildcards.dataset} · {wildcards.feature} · {wildcards.model} · {wildcards.protocol}' > {log:q} 2>&1"


rule scores:
    """The table of all runs."""
    input:
        scores=run_files("scores.json"),
    output:
        table="results/scores.csv",
        page=report("results/scores.html", category="Scores", labels={"table": "all runs"}),
    log:
        "logs/scores.log",
    benchmark:
        "logs/scores.jsonl"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("scores"),
        runtime=minutes_for("scores"),
        disk_mb=disk_for("scores"),
        expected_s=seconds_for("scores"),
    params:
        stage=script("scores"),
        code=fingerprint("scores"),
    shell:
        "python {params.stage:q} {output.table:q} {output.page:q} {input.scores:q} > {log:q} 2>&1"
