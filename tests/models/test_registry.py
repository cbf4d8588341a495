"""What is told about architectures before any job starts, and without Keras."""

import subprocess
import sys

import pytest

from mexflow.config.training import ModelSpec
from mexflow.errors import UserError
from mexflow.models.registry import architectures, build_model, check_models, module_of
from mexflow.provenance.fingerprint import SCRIPTS


def model(architecture="ststnet", **parameters) -> ModelSpec:
    return ModelSpec(architecture=architecture, parameters=parameters, epochs=1, batch_size=1, learning_rate=1)


def test_architectures_are_the_modules_that_make_a_model():
    assert {"ststnet", "svm"} <= set(architectures())
    assert "registry" not in architectures()


def test_each_architecture_has_its_module():
    for name in architectures():
        assert SCRIPTS.joinpath(*module_of(name).split(".")).with_suffix(".py").is_file()


def test_an_unknown_architecture_is_refused_with_the_nearest_one():
    with pytest.raises(UserError) as error:
        check_models({"good": model(), "mine": model("ststnett")}, "my.yaml")
    assert str(error.value) == (
        'my.yaml: models.mine.architecture: no architecture "ststnett"; did you mean "ststnet"?'
    )


def test_an_unknown_architecture_like_no_other_is_refused_with_the_list():
    with pytest.raises(UserError, match=r'no architecture "vgg"; known: .*ststnet'):
        check_models({"mine": model("vgg")})


def test_a_module_without_build_is_no_architecture():
    with pytest.raises(UserError, match='no architecture "registry"'):
        check_models({"mine": model("registry")})


def test_an_unknown_parameter_is_refused_with_the_nearest_one():
    with pytest.raises(UserError) as error:
        check_models({"mine": model(dense_unit=400)})
    assert str(error.value) == (
        'config.yaml: models.mine.parameters: ststnet has no parameter "dense_unit"; did you mean "dense_units"?'
    )


@pytest.mark.parametrize("name", ["input_shape", "classes"])
def test_what_the_data_decide_is_no_parameter(name):
    with pytest.raises(UserError, match=f'has no parameter "{name}"'):
        check_models({"mine": model(**{name: 3})})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"dense_units": "many"}, "dense_units: a whole number expected (given: 'many')"),
        ({"dense_units": 400.0}, "dense_units: a whole number expected (given: 400.0)"),
        ({"dense_units": True}, "dense_units: a whole number expected (given: True)"),
        ({"dropout": "5e-1"}, "dropout: a number expected (given: '5e-1')"),
        ({"dropout": False}, "dropout: a number expected (given: False)"),
        ({"dropout": None}, "dropout: a number expected (given: None)"),
        ({"batch_norm": 1}, "batch_norm: true or false expected (given: 1)"),
        ({"batch_norm": "yes"}, "batch_norm: true or false expected (given: 'yes')"),
    ],
    ids=str,
)
def test_a_parameter_of_the_wrong_type_is_refused(parameters, message):
    with pytest.raises(UserError) as error:
        check_models({"mine": model(**parameters)})
    assert str(error.value) == f"config.yaml: models.mine.parameters.{message}"


@pytest.mark.parametrize(
    "parameters", [{}, {"dense_units": 400}, {"dropout": 0.5}, {"dropout": 0}, {"batch_norm": True}], ids=str
)
def test_good_parameters_pass_and_build(parameters):
    check_models({"mine": model(**parameters)})
    assert build_model(model(**parameters), (28, 28, 3), 3).output_shape == (None, 3)


def test_the_registry_tells_all_this_without_importing_keras():
    code = (
        "import sys; from mexflow.models.registry import architectures, check_models;"
        "from mexflow.config.training import ModelSpec;"
        "check_models({'m': ModelSpec(architecture='ststnet', epochs=1, batch_size=1, learning_rate=1)});"
        "print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_word_that_a_parameter_does_not_know_is_refused_with_the_nearest_one():
    with pytest.raises(UserError) as error:
        check_models({"mine": model("micro_exp_fusenet", fusion="lat")})
    assert str(error.value) == (
        'config.yaml: models.mine.parameters.fusion: micro_exp_fusenet has no fusion "lat"; did you mean "late"?'
    )
