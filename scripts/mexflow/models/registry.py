"""Which architectures there are, and what can be set on each, told without importing Keras."""

import ast
import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mexflow.config.spec import nearest
from mexflow.config.training import ModelSpec
from mexflow.errors import UserError

if TYPE_CHECKING:
    import keras
    from sklearn.base import ClassifierMixin

_FOLDER = Path(__file__).parent
_SCHEDULE = ("epochs", "batch_size", "learning_rate")
_OF_NETWORKS = {
    *_SCHEDULE,
    *("optimizer", "momentum", "decay", "plateau", "early_stopping", "validation", "class_weights", "vote", "spatial"),
    *("precision", "tensorboard"),
}
_TWO_STAGES = "elrcn"
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}


def architectures() -> list[str]:
    """The names of all architectures: the modules of this package with a function `build`, or `estimator`.

    `build` makes a Keras network, `estimator` a classifier of scikit-learn.
    """
    return sorted(file.stem for file in _FOLDER.glob("*.py") if _build_of(file) is not None)


def is_network(architecture: str) -> bool:
    """Whether an architecture is trained in epochs; others are fitted at once."""
    build = _build_of(_FOLDER / f"{architecture}.py")
    return build is not None and build.name == "build"


def module_of(architecture: str) -> str:
    """The module of an architecture; its code belongs to the fingerprint of a training."""
    return f"mexflow.models.{architecture}"


def check_models(models: Mapping[str, ModelSpec], source: str = "config.yaml") -> None:
    """Check architectures and their parameters before any job starts.

    Raises
    ------
    UserError
        Naming the key and the nearest known word.
    """
    known = architectures()
    for name, spec in models.items():
        if spec.architecture not in known:
            where = f"{source}: models.{name}.architecture"
            raise UserError(f'{where}: no architecture "{spec.architecture}"{nearest(spec.architecture, known)}')
        build = _build_of(_FOLDER / f"{spec.architecture}.py")
        assert build is not None
        options, words = _options(build), _words(build)
        _check_schedule(f"{source}: models.{name}", spec, build.name == "build")
        for key, value in spec.parameters.items():
            where = f"{source}: models.{name}.parameters"
            if key not in options:
                raise UserError(f'{where}: {spec.architecture} has no parameter "{key}"{nearest(key, options)}')
            kind = options[key]
            if type(value) not in ((int, float) if kind is float else (kind,)):
                raise UserError(f"{where}.{key}: {_KINDS.get(kind, kind.__name__)} expected (given: {value!r})")
            if value not in words.get(key, (value,)):
                unknown = f'{where}.{key}: {spec.architecture} has no {key} "{value}"'
                raise UserError(unknown + nearest(value, words[key]))


def _check_schedule(where: str, spec: ModelSpec, network: bool) -> None:
    if network:
        for key in _SCHEDULE:
            if getattr(spec, key) is None:
                raise UserError(f"{where}.{key}: this key is missing; {spec.architecture} is trained in epochs")
    else:
        given = [key for key in spec.model_fields_set & _OF_NETWORKS if getattr(spec, key) is not None]
        if given:
            key = min(given, key=list(ModelSpec.model_fields).index)
            raise UserError(f"{where}.{key}: {spec.architecture} is fitted at once and has no such key; remove it")
    if spec.spatial is not None and spec.architecture != _TWO_STAGES:
        raise UserError(f"{where}.spatial: {spec.architecture} has one stage; the key belongs to {_TWO_STAGES}")
    if spec.spatial is not None and spec.vote is not None:
        raise UserError(f"{where}.vote: {_TWO_STAGES} sees whole clips; remove it")


def new_estimator(spec: ModelSpec, seed: int) -> "ClassifierMixin":
    """A new classifier of scikit-learn, not fitted."""
    return importlib.import_module(module_of(spec.architecture)).estimator(seed, **spec.parameters)


def build_model(spec: ModelSpec, input_shape: tuple[int, ...], classes: int) -> "keras.Model":
    """A new model, not compiled.

    Parameters
    ----------
    spec : ModelSpec
    input_shape : tuple of int
        Shape of one sample, channels last.
    classes : int

    Raises
    ------
    UserError
        If the architecture cannot work on such samples.
    """
    build = importlib.import_module(module_of(spec.architecture)).build
    try:
        return build(input_shape, classes, **spec.parameters)
    except ValueError as error:
        shape = " × ".join(map(str, input_shape))
        raise UserError(
            f"{spec.architecture} cannot work on samples of {shape} ({error}). Choose another feature."
        ) from error


def _options(build: ast.FunctionDef) -> dict[str, type]:
    """The parameters of an architecture, with the types of their defaults."""
    names = [argument.arg for argument in build.args.kwonlyargs]
    defaults = [ast.literal_eval(default) for default in build.args.kw_defaults if default is not None]
    return dict(zip(names, map(type, defaults), strict=True))


def _words(build: ast.FunctionDef) -> dict[str, tuple[str, ...]]:
    """What a parameter may be, where its annotation lists the words: `Literal["relu", "swish"]`."""
    listed = {argument.arg: argument.annotation for argument in build.args.kwonlyargs}
    return {
        name: ast.literal_eval(annotation.slice)
        for name, annotation in listed.items()
        if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Literal"
    }


@cache
def _build_of(file: Path) -> ast.FunctionDef | None:
    for node in ast.parse(file.read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name in {"build", "estimator"}:
            return node
    return None
