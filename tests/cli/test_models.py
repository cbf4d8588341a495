"""`mexflow models`, run as a user runs it."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from mexflow.cli.main import main
from mexflow.models.catalogue import CATALOGUE
from mexflow.provenance.fingerprint import SCRIPTS


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[int], list[str]]:
    """The lines on a terminal of so many columns."""

    def run(columns: int) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["mexflow", "models"])
        with pytest.raises(SystemExit) as caught:
            main()
        assert caught.value.code == 0
        return capsys.readouterr().out.splitlines()

    return run


def test_a_variant_is_a_line_with_its_parameters_sample_classes_feature_and_size(listed):
    lines = [" ".join(line.split()) for line in listed(160)]
    assert "variant: st5te, sigmoid: true 9 × 224 × 224 × 5 5 elrcn_flow_strain_gray224 586,634,405" in lines
    assert "– 96 × 64 × 64 × 1 3 stcnn_gray64x96 44,241,667" in lines
    assert (
        "fusion: late, dense_activation: linear 96 × 32 × 32 × 2 3 fusenet_eyes_mouth32, length: 96, start: 72 "
        "177,221,123" in lines
    )
    assert "kernel: linear, c: 10000 177 5 lbp_top –" in lines
    assert lines.count("variant: seven_class, kernel_depth: 1 9 × 128 × 128 × 1 7 joshi_gray128x9 16,608,391") == 1


def test_variants_stand_under_their_architecture_and_its_source(listed):
    lines = [" ".join(line.split()) for line in listed(160)]
    heading = lines.index("ststnet STSTNet: Liong et al., FG 2019 (arXiv 1902.03634), table I")
    assert lines[heading + 1].startswith("– 28 × 28 × 3 3 uvs28")
    assert {line.split()[0] for line in lines if line} >= {entry.architecture for entry in CATALOGUE}


@pytest.mark.parametrize("columns", [80, 100, 120, 160])
def test_no_line_is_wider_than_the_terminal_and_every_size_is_there_uncut(listed, columns):
    lines = listed(columns)
    assert max(map(len, lines)) <= columns
    words = {line.split()[-1] for line in lines if line.strip()}
    assert {f"{entry.weights:,}" for entry in CATALOGUE if entry.weights is not None} <= words


@pytest.mark.parametrize("columns", [100, 160])
def test_from_100_columns_on_no_name_is_cut_and_no_key_parted_from_its_value(listed, columns):
    text = "\n".join(listed(columns))
    for entry in CATALOGUE:
        assert entry.feature.get("ready", "kind: gray") in text
        for key, value in entry.parameters.items():
            assert f"{key}: {str(value).lower()}" in text


def test_the_list_is_made_without_importing_keras():
    code = (
        "import sys; from mexflow.cli.models import models; models();"
        "sys.exit(bool({'keras', 'tensorflow', 'sklearn'} & set(sys.modules)))"
    )
    command, environment = [sys.executable, "-c", code], os.environ | {"PYTHONPATH": str(SCRIPTS)}
    assert subprocess.run(command, capture_output=True, check=False, env=environment).returncode == 0
