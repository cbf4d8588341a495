"""mexflow: facial micro-expressions, from raw clips to honest scores.

`snakemake --cores all` builds what config.yaml asks for; other targets are listed in the README.
"""

from snakemake.utils import min_version

min_version("9.20")


configfile: "config.yaml"


report: "docs/report.rst"


include: "rules/common.smk"
include: "rules/spotting_grid.smk"
include: "rules/resources.smk"
include: "rules/synthesize.smk"
include: "rules/align.smk"
include: "rules/flow.smk"
include: "rules/pack.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/spotting.smk"
include: "rules/report.smk"
include: "rules/attention.smk"
include: "rules/tables.smk"


rule all:
    """Everything that the experiments ask for."""
    default_target: True
    input:
        recognition_tables(),
        spotting_tables(),
        run_files("confusion.png"),
        attention_files(),
        spotting_pages(),
        sheets(),
    localrule: True


rule demo:
    """The runs on demo datasets alone, whatever else is configured."""
    input:
        run_files("confusion.png", kind="demo"),
    localrule: True


rule finished:
    """What is there of it already: a report can be made of that while other runs have failed or are not begun."""
    input:
        finished_files,
    localrule: True


onstart:
    end_jobs_of_a_killed_run()


onsuccess:
    remove_failures(RESULTS)


onerror:
    tell_failures()
