"""A copy of the workflow in a folder of its own, run by the real Snakemake."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
WORKFLOW = ("Snakefile", "rules", "scripts", "profiles", "envs", "docs")

TINY = {
    "datasets": {"demo": {"kind": "demo", "subjects": 3, "clips_per_emotion": 1}},
    "alignments": {"clip68": {"size": 64}},
    "flows": {"tvl1": {"preset": "fast"}},
    "features": {"uvs28": {"alignment": "clip68", "flow": "tvl1"}},
    "models": {
        "ststnet": {"architecture": "ststnet", "epochs": 2, "batch_size": 8, "learning_rate": 0.001},
    },
    "protocols": {"loso": {"split": "loso"}},
    "experiments": [
        {
            "datasets": ["demo"],
            "features": ["uvs28"],
            "models": ["ststnet"],
            "protocols": ["loso"],
            "labels": "three_class",
            "seeds": [0, 1],
        }
    ],
}
"""Three subjects, three clips each, two epochs, two seeds."""


@dataclass(frozen=True)
class Project:
    """A folder that holds the workflow, its configuration and its results."""

    folder: Path

    @classmethod
    def new(cls, folder: Path, config: dict[str, Any], source: Path = REPOSITORY) -> "Project":
        """A fresh copy of the workflow with new modification times, nothing built."""
        folder.mkdir(parents=True)
        without_caches = shutil.ignore_patterns("__pycache__")
        for name in WORKFLOW:
            if (source / name).is_dir():
                shutil.copytree(source / name, folder / name, copy_function=shutil.copyfile, ignore=without_caches)
            else:
                shutil.copyfile(source / name, folder / name)
        project = cls(folder)
        project.configure(config)
        return project

    def copy(self, folder: Path) -> "Project":
        """Everything, with its modification times and Snakemake's records."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)

    @property
    def raw(self) -> Path:
        """The raw clips of the demo."""
        return self.folder / "results" / "demo" / "raw"

    def configure(self, config: dict[str, Any]) -> None:
        """Write config.yaml."""
        (self.folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))

    def snakemake(self, *arguments: str, cores: int = 2) -> subprocess.CompletedProcess[str]:
        """Run Snakemake to its end."""
        command = [*self.command(), "--cores", str(cores), *arguments]
        return subprocess.run(command, cwd=self.folder, env=environment(), capture_output=True, text=True, check=False)

    def command(self) -> list[str]:
        """How Snakemake is started, with the interpreter of the tests."""
        return [sys.executable, "-m", "snakemake", "--nocolor"]

    def mexflow(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the `mexflow` command of this copy to its end."""
        command = [sys.executable, "-c", "from mexflow.cli.main import main; main()", *arguments]
        own = environment() | {"PYTHONPATH": str(self.folder / "scripts"), "COLUMNS": "120"}
        return subprocess.run(command, cwd=self.folder, env=own, capture_output=True, text=True, check=False)

    def build(self, *arguments: str) -> str:
        """Run Snakemake; it must succeed. What it printed."""
        done = self.snakemake(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def planned_jobs(self, *arguments: str) -> set[str]:
        """The jobs that Snakemake would run now, each as `rule: first output`; target rules are left out."""
        printed = self.build("--dry-run", *arguments)
        jobs = set()
        for block in re.split(r"\n(?=(?:local)?rule \w+:)", printed):
            head = re.match(r"(?:local)?rule (\w+):", block)
            output = re.search(r"^    output: ([^,\n]+)", block, re.MULTILINE)
            if head and output:
                jobs.add(f"{head[1]}: {output[1]}")
        assert jobs or "Nothing to be done" in printed, printed
        return jobs


def environment() -> dict[str, str]:
    """The environment of a user who has not activated anything."""
    kept = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return kept | {"PATH": os.defpath}
