"""A hash of the code that a stage runs.

Snakemake's own `code` trigger fires when a script is merely touched and does not see imported modules. This
hash goes into each rule's params instead: it changes when, and only when, the meaning of the stage's script or
of a project module that it imports may have changed.
"""

import ast
import functools
import hashlib
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2]
_PACKAGE = "mexflow"
_LAYOUT = {tokenize.NEWLINE: "\n", tokenize.INDENT: "{", tokenize.DEDENT: "}"}
_STRING = re.compile(r"""(?P<prefix>\w*)(?P<quote>\"{3}|'{3}|"|')(?P<body>.*)(?P=quote)""", re.DOTALL)
_IGNORED = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER}


def fingerprint(stage: str, *modules: str) -> str:
    """Hash of the code of one stage.

    Parameters
    ----------
    stage : str
        Name of a script in `scripts/`, without its ending.
    *modules : str
        Further project modules that the stage loads by name at run time (a model's, say).

    Returns
    -------
    str
        16 hexadecimal digits over the token streams of the script and of every project module that it imports,
        directly or not. Comments, docstrings and layout do not count. The same on every supported Python.

    Raises
    ------
    FileNotFoundError
        If there is no such script or module.
    """
    files = closure(SCRIPTS / f"{stage}.py", *modules)
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{_tokens_of(files[name])}\0".encode())
    return digest.hexdigest()[:16]


def closure(script: Path, *modules: str) -> dict[str, Path]:
    """The script and all project modules that it imports, directly or not: name → file."""
    files = {script.name: script}
    waiting = list(_imports(script)) + list(modules)
    while waiting:
        name = waiting.pop()
        if name in files:
            continue
        files[name] = _module_file(name)
        waiting += _imports(files[name])
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    return files


def _module_file(name: str) -> Path:
    path = SCRIPTS.joinpath(*name.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"no module {name} in {SCRIPTS}")


@functools.cache
def _imports(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_bytes(), filename=str(file))
    package = file.relative_to(SCRIPTS).parent.parts
    return frozenset(name for node in ast.walk(tree) for name in _imported_by(node, package))


def _imported_by(node: ast.AST, package: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.split(".")[0] == _PACKAGE)
    elif isinstance(node, ast.ImportFrom):
        above = package[: len(package) - node.level + 1] if node.level else ()
        module = ".".join([*above, *([node.module] if node.module else [])])
        if module.split(".")[0] == _PACKAGE:
            yield module
            yield from (name for name in (f"{module}.{alias.name}" for alias in node.names) if _is_module(name))


def _is_module(name: str) -> bool:
    path = SCRIPTS.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


@functools.cache
def _tokens_of(file: Path) -> str:
    return normalised_tokens(file.read_text(encoding="utf-8"))


def normalised_tokens(source: str) -> str:
    """The token stream of Python source, less comments, docstrings and layout.

    A string literal is reduced to its value, so that a formatter's choice of quotes does not count. From Python
    3.12 on an f-string arrives in pieces; it is put together again.
    """
    lines: list[str] = []
    line: list[str] = []
    only_strings = True
    for kind, text in _joined_f_strings(source):
        if kind in _IGNORED:
            continue
        if kind == tokenize.NEWLINE:
            if line and not only_strings:
                lines += [*line, "\n"]
            line, only_strings = [], True
        elif kind in _LAYOUT:
            lines.append(_LAYOUT[kind])
        elif kind == tokenize.STRING:
            line.append(_literal(text))
        else:
            line.append(text)
            only_strings = False
    return "\x1f".join(lines)


def _literal(text: str) -> str:
    """A string literal less its choice of quotes. `ascii`: what `repr` escapes depends on Python's Unicode version."""
    match = _STRING.fullmatch(text)
    assert match is not None
    prefix = "".join(sorted(match["prefix"].lower()))
    return f"{prefix}:{match['body']}" if set(prefix) & set("ft") else ascii(ast.literal_eval(text))


def _joined_f_strings(source: str) -> Iterator[tuple[int, str]]:
    opening = {getattr(tokenize, name) for name in ("FSTRING_START", "TSTRING_START") if hasattr(tokenize, name)}
    closing = {getattr(tokenize, name) for name in ("FSTRING_END", "TSTRING_END") if hasattr(tokenize, name)}
    rows = io.StringIO(source).readlines()  # what tokenize takes for lines; str.splitlines splits at more
    depth, start = 0, (0, 0)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in opening:
            start = start if depth else token.start
            depth += 1
        elif token.type in closing:
            depth -= 1
            if depth == 0:
                yield tokenize.STRING, _between(rows, start, token.end)
        elif depth == 0:
            yield token.type, token.string


def _between(rows: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    (first, left), (last, right) = start, end
    if first == last:
        return rows[first - 1][left:right]
    return "".join([rows[first - 1][left:], *rows[first : last - 1], rows[last - 1][:right]])
