rule paper_table:
    """Our runs of a paper's systems beside what it published."""
    input:
        scores=tabled_scores,
    output:
        table="results/tables/{table}.csv",
        page=report("results/tables/{table}.html", category="Papers", labels={"table": "{table}"}),
    log:
        "logs/tables/{table}.log",
    benchmark:
        "logs/tables/{table}.jsonl"
    wildcard_constraints:
        table=one_of(TABLES),
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("paper_table"),
        runtime=minutes_for("paper_table"),
        disk_mb=disk_for("paper_table"),
        expected_s=seconds_for("paper_table"),
    params:
        stage=script("paper_table"),
        spec=paper_table_spec,
        code=fingerprint("paper_table"),
    shell:
        "python {params.stage:q} {output.table:q} {output.page:q} {input.scores:q} --spec {params.spec:q} > {log:q} 2>&1"


rule table_stcnn:
    """MicroExpSTCNN and MicroExpFuseNet beside Reddy et al., IJCNN 2019."""
    input:
        "results/tables/stcnn.html",
    localrule: True


rule table_dubey:
    """The 3D-CNN with ReLU and Swish beside Dubey et al., 2020."""
    input:
        "results/tables/dubey.html",
    localrule: True


rule table_elrcn:
    """ELRCN beside Khor et al., FG 2018, and MEGC 2018."""
    input:
        "results/tables/elrcn.html",
    localrule: True


rule table_joshi:
    """Joshi's networks beside what is published of them."""
    input:
        "results/tables/joshi.html",
    localrule: True


rule table_megc2019:
    """STSTNet and OFF-ApexNet beside their papers and the others on MEGC 2019."""
    input:
        "results/tables/megc2019.html",
    localrule: True
