"""Modules and functions stay short; what CONTRIBUTING says of it is what is held here.

Counted are lines of code: no blank lines, comments or docstrings; of a function its body alone, for
the named paths and options of a signature are its contract.
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(file for part in ("stages", "hhrec_cli") for file in (ROOT / part).rglob("*.py"))
MODULE, FUNCTION = 150, 40
EXCEPTIONS: dict[str, str] = {}
LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code(text: str) -> set[int]:
    """Numbers of the lines that hold code."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {
        line
        for token in tokens
        if token.type not in LAYOUT
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Each function and method with the lines of its body."""
    lines = code(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = range(node.body[0].lineno, (node.end_lineno or 0) + 1)
            yield node.name, len(lines.intersection(body))


def too_long() -> set[str]:
    found = set()
    for file in FILES:
        text, name = file.read_text(encoding="utf-8"), file.relative_to(ROOT).as_posix()
        if len(code(text)) > MODULE:
            found.add(name)
        found |= {f"{name}:{one}" for one, lines in functions(text) if lines > FUNCTION}
    return found


def test_modules_and_functions_keep_to_the_limits() -> None:
    """A name that is too much: cut it. One that lacks: it is short now, drop the exception."""
    assert too_long() == set(EXCEPTIONS)


def test_contributing_says_the_limits() -> None:
    text = " ".join((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    assert f"at most {MODULE} lines of code, a function's body at most {FUNCTION}" in text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", 0),
        ('"""What it is."""\n\n# why\nx = 1  # so\n', 1),
        ("x = (\n    1,\n\n    # two\n    2,\n)\n", 4),
        ('def f():\n    """Say.\n\n    More.\n    """\n    return """a\nb"""\n', 3),
    ],
)
def test_lines_of_code_are_counted(text: str, lines: int) -> None:
    assert len(code(text)) == lines


def test_a_signature_is_no_part_of_a_functions_length() -> None:
    text = "def f(\n    a,\n    b,\n):\n    # why\n    def g():\n        return a\n    return g\n"
    assert dict(functions(text)) == {"f": 3, "g": 1}
