"""A small configuration as a person writes it, and ways to change it."""

import yaml

from mexflow.config.configuration import Configuration, load_configuration

YAML = """
datasets:
  demo: {kind: demo}
  own: {kind: custom, root: /data/own}
alignments:
  clip68: {mode: per_clip}
flows:
  tvl1: {method: tvl1}
features:
  uvs28: {alignment: clip68, flow: tvl1}
models:
  ststnet: {architecture: ststnet, epochs: 500, batch_size: 256, learning_rate: 5.0e-5}
protocols:
  loso: {split: loso}
experiments:
  - {datasets: [demo], features: [uvs28], models: [ststnet], protocols: [loso], labels: three_class}
"""


def loaded(*changes: tuple[str, str]) -> Configuration:
    """The configuration with some of its text replaced."""
    text = YAML
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return load_configuration(yaml.safe_load(text))
