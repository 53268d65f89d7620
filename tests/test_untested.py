"""The list of `make untested` is empty, each reason in it is in use, and every command is typed."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
import typer

from hhrec_cli._reference import leaves
from hhrec_cli.main import app
from tests.helpers.source import ROOT
from tests.helpers.untested import reasons, untested

COMMANDS = [path for path, _ in leaves(typer.main.get_command(app), "hhrec")]


def test_every_public_name_is_tested_or_exempt() -> None:
    left = untested()
    exempt = reasons()
    assert [name for name in left if not any(fnmatch(name, one) for one in exempt)] == []
    assert [one for one in exempt if not any(fnmatch(name, one) for name in left)] == []
    assert all(exempt.values())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "stages/__init__.py": "",
        "stages/a/__init__.py": "from stages.a.one import run\n",
        "stages/a/one.py": (
            "from stages.a import two\nfrom stages.b import far\n"
            "def run():\n    return _own(), two.used, far.away()\n"
            "def _own():\n    return deep()\n"
            "def deep(): ...\n"
            "def alone():\n    return named()\n"
            "def named(): ...\n"
        ),
        "stages/a/two.py": "class Kind: ...\ndef used() -> Kind: ...\ndef unused(): ...\n",
        "stages/a/below/three.py": "def three(): ...\n",
        "stages/b/far.py": "def away(): ...\nTABLE = {'x': lambda: inside()}\ndef inside(): ...\n",
        "hhrec.py": "def open(): ...\ndef shut(): ...\n",
        "hhrec_cli/main.py": (
            "from hhrec_cli import other\napp = object()\napp.command('x')(other.typed)\n"
            "@app.callback()\ndef root(): ...\ndef main():\n    app()\n"
        ),
        "hhrec_cli/other.py": "def typed(): ...\ndef forgotten(): ...\n",
        "tests/benchmarks/test_c.py": "from stages.b.far import away\n",
        "tests/stages/a/test_one.py": (
            "import hhrec\nfrom hhrec_cli.main import main\nfrom stages import a\nfrom stages.b import far\n"
            "def test():\n    a.run()\n    far.TABLE\n    hhrec.open()\n"
        ),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_names_are_followed_through_their_own_folder_and_no_further(project: Path) -> None:
    assert untested(project) == [
        "hhrec.shut",
        "hhrec_cli.other.forgotten",
        "stages.a.below.three.three",
        "stages.a.one.alone",
        "stages.a.one.named",
        "stages.a.two.unused",
        "stages.b.far.away",
    ]


def typed(file: Path) -> Iterator[str]:
    """Yield the words that calls, lists and tuples of a file begin with."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call | ast.Tuple | ast.List):
            words = []
            for part in node.args if isinstance(node, ast.Call) else node.elts:
                if not (isinstance(part, ast.Constant) and isinstance(part.value, str)):
                    break
                words.append(part.value)
            yield " ".join(words)


@cache
def everything_typed() -> tuple[str, ...]:
    """What all tests type, each with a space behind it; test_data.py types to `hhrec data` alone."""
    files = sorted((ROOT / "tests").rglob("*.py"))
    own = {"test_data.py": "data "}
    return tuple(f"{own.get(file.name, '')}{line} " for file in files for line in typed(file))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_typed_by_a_test(command: str) -> None:
    words = command.removeprefix("hhrec ")
    assert any(line.startswith(f"{words} ") for line in everything_typed())
