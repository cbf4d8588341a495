"""Turn a function into the command of a stage."""

import inspect
import logging
import sys
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer
from pydantic import ValidationError

from mexflow.config.mistakes import mistakes_in_words
from mexflow.config.spec import Spec
from mexflow.errors import UserError
from mexflow.provenance.caches import keep_caches_here

keep_caches_here()  # a script imports this module before any other


def stage(function: Callable[..., None]) -> Callable[[], None]:
    """Make a function the command of its script.

    Positional parameters become arguments, keyword-only ones options (`threads` → `--threads`); a parameter
    whose type is a part of the configuration is given as JSON. A user's mistake ends with its one message and
    exit code 1; any other exception keeps its traceback.
    """
    parameters = [_parameter(one) for one in _typed_parameters(function)]

    def call(**arguments: Any) -> None:
        function(**arguments)

    call.__doc__ = inspect.getmodule(function).__doc__ if inspect.getmodule(function) else function.__doc__
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters}

    def command() -> None:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command()(call)
        try:
            app()
        except UserError as error:
            sys.exit(f"Error: {error}")

    return command


def _typed_parameters(function: Callable[..., None]) -> list[inspect.Parameter]:
    hints = get_type_hints(function)
    return [one.replace(annotation=hints[one.name]) for one in inspect.signature(function).parameters.values()]


def _parameter(parameter: inspect.Parameter) -> inspect.Parameter:
    kind = parameter.annotation
    if inspect.isclass(kind) and issubclass(kind, Spec):
        option = typer.Option(f"--{parameter.name}", parser=_json_parser(kind), metavar="JSON")
        return parameter.replace(annotation=Annotated[kind, option])
    if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
        name = parameter.name.replace("_", "-")
        option = typer.Option(f"--{name}/--no-{name}" if kind is bool else f"--{name}")
    else:
        option = typer.Argument()
    return parameter.replace(annotation=Annotated[kind, option])


def _json_parser(kind: type[Spec]) -> Callable[[str], Spec]:
    def parse(text: str) -> Spec:
        try:
            return kind.model_validate_json(text)
        except ValidationError as error:
            raise typer.BadParameter("\n".join(mistakes_in_words(error))) from None

    return parse
