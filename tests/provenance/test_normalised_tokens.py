"""What counts as another program: not its layout, but everything else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexflow.provenance.fingerprint import normalised_tokens

PROGRAM = '''"""A module."""

import os  # for paths


class Frame:
    """A frame."""

    def area(self, width=1, height=2):
        """Its area.

        In px.
        """
        # careful
        if width > 0:
            return f"{width * height:.2f} px"
        return "none"


def first(names):
    return [name for name in names if name != 'x'][0]
'''

SAME = {
    "comment": (" # for paths", " # for nothing"),
    "comment of its own": ("        # careful\n", "        # careful\n# at the margin\n            # deep\n"),
    "no comment": ("        # careful\n", ""),
    "module docstring": ('"""A module."""', '"""Another text, "quoted" and longer."""'),
    "no module docstring": ('"""A module."""\n', ""),
    "class docstring": ('"""A frame."""', "'A picture.'"),
    "function docstring": ("In px.", "In px, of course."),
    "raw docstring": ('"""Its area.', 'r"""Its \\area.'),
    "blank lines": ("\n\n\nclass", "\n\n\n\n\n    \nclass"),
    "a line wrapped in brackets": ("width=1, height=2", "width=1,\n        height=2"),
    "a line wrapped by a backslash": ("if width > 0:", "if width \\\n      > 0:"),
    "blanks": ("width=1, height", "width = 1,height"),
    "wider indentation": ("    return [name", "        return [name"),
    "quotes": ("'x'", '"x"'),
    "triple quotes": ('"none"', '"""none"""'),
    "quotes of an f-string": ('f"{width * height:.2f} px"', "f'{width * height:.2f} px'"),
    "triple quotes of an f-string": ('f"{width * height:.2f} px"', 'F"""{width * height:.2f} px"""'),
    "an escape": ("'x'", "'\\x78'"),
    "a raw string": ('"none"', 'r"none"'),
}

DIFFERENT = {
    "operator": ("width * height", "width + height"),
    "comparison": ("width > 0", "width >= 0"),
    "name": ("(names):", "(titles):"),
    "number": ("height=2", "height=3"),
    "keyword": ("if name", "if not name"),
    "import": ("import os", "import io"),
    "string": ('"none"', '"None"'),
    "blank in a string": ('"none"', '"none "'),
    "comment sign in a string": ('"none"', '"none # not"'),
    "bytes for text": ('"none"', 'b"none"'),
    "expression in an f-string": ("{width * height:.2f}", "{width * width:.2f}"),
    "format in an f-string": (":.2f}", ":.3f}"),
    "text in an f-string": (' px"', ' pixels"'),
    "f-string for string": ('"none"', 'f"none"'),
    "raw f-string": ('f"{width', 'fr"{width'),
    "line moved out of a block": ('        return "none"', '            return "none"'),
    "statement removed": ("import os  # for paths\n", ""),
    "name in a comprehension": ("return [name for name in", "return [names for names in"),
    "argument removed": ("width=1, ", ""),
    "decorator": ("    def area", "    @staticmethod\n    def area"),
    "docstring made a value": ('"""A frame."""', 'text = """A frame."""'),
    "index": ("[0]", "[1]"),
}


def changed(old: str, new: str) -> str:
    assert PROGRAM.count(old) == 1
    return PROGRAM.replace(old, new)


@pytest.mark.parametrize("change", SAME.values(), ids=SAME.keys())
def test_layout_does_not_count(change):
    compile(changed(*change), "changed", "exec")
    assert normalised_tokens(changed(*change)) == normalised_tokens(PROGRAM)


@pytest.mark.parametrize("change", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_any_real_change_counts(change):
    compile(changed(*change), "changed", "exec")
    assert normalised_tokens(changed(*change)) != normalised_tokens(PROGRAM)


IN_DOCSTRING = {n for n, line in enumerate(PROGRAM.splitlines()) if line.strip() in ("In px.", '"""', "")}


@given(st.dictionaries(st.integers(0, PROGRAM.count("\n") - 1), st.text("ab =:'\"(){}\\#", max_size=8), max_size=6))
def test_a_comment_on_any_line_does_not_count(comments):
    lines = PROGRAM.splitlines()
    for number, comment in comments.items():
        if number not in IN_DOCSTRING and '"""Its area.' not in lines[number]:
            lines[number] += f"  # {comment}"
    assert normalised_tokens("\n".join(lines)) == normalised_tokens(PROGRAM)


@given(st.text(max_size=20), st.text(max_size=20))
def test_two_strings_are_equal_tokens_only_if_they_are_equal_strings(one, other):
    tokens = [normalised_tokens(f"x = {text!r}") for text in (one, other)]
    assert (tokens[0] == tokens[1]) == (one == other)


@given(st.text(max_size=20))
def test_a_string_has_the_same_tokens_in_every_notation(text):
    assert normalised_tokens(f"x = {text!a}") == normalised_tokens(f"x = {text!r}")


def test_a_missing_last_line_break_does_not_count():
    assert normalised_tokens(PROGRAM.rstrip()) == normalised_tokens(PROGRAM)


def test_an_empty_module_has_no_tokens():
    assert normalised_tokens("") == normalised_tokens('"""Only this."""\n\n# and this\n') == ""


# What Python's tokenizers have disagreed on: f-strings (whole until 3.11, in pieces since 3.12), and within them
# everything that can stand in one; lines that only str.splitlines takes for lines.
DIFFICULT = r'''
def report(run, width, digits=3):
    name = f"{run['name']!r:>{width}} {{literal}}" if width else f'{run!s}'
    table = f"""first {run.name:<{width}.{digits}f}
        second {', '.join(f"{key}={value:{width}}" for key, value in run.items())}
    # no comment {run.end:%H:%M:%S}"""
    odd = rf"\d+{name}\n" f'{name = }' "plain" u"text", B"bytes".decode()
    parts = (f"{name}" "and" f"{table!a}" 'é\u00e9' r"\é"), Rb"\x00" b'\x00' BR'"'
    lines = "line separator: <LS>", f"{odd} <FF> {odd}", "after"
    empty = f"", f"{{}}", f"{ {1: 2}[1] }", f"{(lambda x: x)(1)}"
    return f"{name}{table}" \
        f"{parts}", 0x1F, 1_000, 1e-3, 2j, ..., lines[::2], empty
'''.replace("<LS>", "\u2028").replace("<FF>", "\f")


def test_every_python_sees_the_same_tokens():
    compile(DIFFICULT, "difficult", "exec")
    assert hashlib.sha256(normalised_tokens(DIFFICULT).encode()).hexdigest()[:16] == "11a9997e7508d77f"
