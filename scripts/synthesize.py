"""The raw clips of one subject of the demo: frames and videos, and beside them their true motion."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.datasets import DemoSpec
from mexflow.datasets.demo_plan import planned_clips
from mexflow.synthesis.record import record_rendered
from mexflow.synthesis.render import render_clips


@stage
def main(rendered: Path, truth: Path, *, spec: DemoSpec, subject: str) -> None:
    clips = planned_clips(spec.subjects, spec.clips_per_emotion, spec.seed)
    own = [clip for clip in clips if clip.subject == subject]
    render_clips(own, rendered.parent, truth)
    record_rendered(own, rendered.parent, rendered)


if __name__ == "__main__":
    main()
