"""One order everywhere, one graph, and a face that imports nothing heavy."""

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

import pytest
import typer
import yaml

from hhrec_cli._reference import leaves
from hhrec_cli.main import app
from stages import STAGES
from stages.params import Params
from tests.helpers.command import Type
from tests.helpers.source import ROOT

COMMANDS = dict(leaves(typer.main.get_command(app), "hhrec"))
DVC = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
CONFIGURED = ["hhrec " + name for name in STAGES if name not in {"vocab", "features", "sequences"}]
CONFIGURED += ["hhrec vocab build", "hhrec features build", "hhrec sequences build"]
CONFIGURED += ["hhrec evaluate", "hhrec baseline", "hhrec report", "hhrec run", "hhrec params"]


def in_order(names: Iterator[str] | list[str]) -> list[str]:
    """Stages among `names`, each where it first appears."""
    return list(dict.fromkeys(name for name in names if name in STAGES))


def test_one_order_everywhere(hhrec: Type) -> None:
    helped = re.findall(r"^. (\w+) ", hhrec("--help").out, flags=re.MULTILINE)
    parameters = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `hhrec (\w+)", readme, flags=re.MULTILINE)
    assert in_order(helped) == in_order(table) == in_order(list(DVC)) == list(STAGES)
    assert in_order(list(parameters)) == in_order(list(Params.model_fields)) == list(STAGES)


@pytest.mark.parametrize("path", CONFIGURED)
def test_options_that_every_stage_has(path: str) -> None:
    options = {option for param in COMMANDS[path].params for option in param.opts}
    assert {"--params", "--set", "--quiet", "--json"} <= options


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_speaks_json_and_explains_each_option(path: str) -> None:
    params = COMMANDS[path].params
    assert any("--json" in param.opts for param in params)
    assert COMMANDS[path].help
    assert [param.name for param in params if not param.help] == []


@pytest.mark.parametrize("name", STAGES)
def test_stage_modules_have_one_run_with_named_paths(name: str) -> None:
    pytest.importorskip("torch")
    first, *others = inspect.signature(import_module(f"stages.{name}").run).parameters.values()
    assert first.name == "params"
    assert {param.kind for param in others} == {inspect.Parameter.KEYWORD_ONLY}


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, json\nfrom hhrec_cli.main import main\nsys.argv = ['hhrec', '--help']\n"
        "try: main()\nexcept SystemExit as stop: assert not stop.code\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in json.loads(shown.stderr)}
    assert "typer" in loaded
    assert not loaded & {"torch", "polars", "numpy", "transformers", "accelerate", "tokenizers"}


def test_stages_never_print_and_know_no_typer() -> None:
    for file in sorted((ROOT / "stages").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"^\s*print\(|\btyper\b|hhrec_cli", text, flags=re.MULTILINE), file


def test_version(hhrec: Type) -> None:
    try:
        expected = version("hhrec")
    except PackageNotFoundError:
        pytest.skip("hhrec is not installed here")
    assert hhrec("--version").out == f"hhrec {expected}\n"
