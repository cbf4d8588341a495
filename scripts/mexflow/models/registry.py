"""Which architectures there are, and what can be set on each, told without importing Keras."""

import ast
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mexflow.config.spec import nearest
from mexflow.config.training import ModelSpec
from mexflow.errors import UserError

if TYPE_CHECKING:
    import keras

_FOLDER = Path(__file__).parent
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}


def architectures() -> list[str]:
    """The names of all architectures: the modules of this package that have a function `build`."""
    return sorted(file.stem for file in _FOLDER.glob("*.py") if _build_of(file) is not None)


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
        options = _options(build)
        for key, value in spec.parameters.items():
            where = f"{source}: models.{name}.parameters"
            if key not in options:
                raise UserError(f'{where}: {spec.architecture} has no parameter "{key}"{nearest(key, options)}')
            kind = options[key]
            if type(value) not in ((int, float) if kind is float else (kind,)):
                raise UserError(f"{where}.{key}: {_KINDS.get(kind, kind.__name__)} expected (given: {value!r})")


def build_model(spec: ModelSpec, input_shape: tuple[int, ...], classes: int) -> "keras.Model":
    """A new model, not compiled.

    Parameters
    ----------
    spec : ModelSpec
    input_shape : tuple of int
        Shape of one sample, channels last.
    classes : int
    """
    build = importlib.import_module(module_of(spec.architecture)).build
    return build(input_shape, classes, **spec.parameters)


def _options(build: ast.FunctionDef) -> dict[str, type]:
    """The parameters of an architecture, with the types of their defaults."""
    names = [argument.arg for argument in build.args.kwonlyargs]
    defaults = [ast.literal_eval(default) for default in build.args.kw_defaults if default is not None]
    return dict(zip(names, map(type, defaults), strict=True))


def _build_of(file: Path) -> ast.FunctionDef | None:
    for node in ast.parse(file.read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name == "build":
            return node
    return None
