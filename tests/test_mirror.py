"""Tests stand where the code stands, and what they share stands apart from them."""

import ast
from pathlib import Path

import pytest

from tests.helpers.source import ROOT, imported

TESTS = ROOT / "tests"
FILES = sorted(file.relative_to(TESTS).as_posix() for file in TESTS.rglob("*.py"))


def modules(folder: Path) -> list[str]:
    """Names that a test of a module in this folder may have after `test_`."""
    return [file.stem.lstrip("_") for file in folder.glob("*.py") if file.stem != "__init__"]


def is_test(module: str) -> bool:
    """Whether a dotted name has a test module in it."""
    return any(part.startswith("test_") for part in module.split("."))


@pytest.mark.parametrize(
    "name", [one for one in FILES if one.split("/")[0] in {"stages", "hhrec_cli"}]
)
def test_a_test_has_the_path_of_its_module(name: str) -> None:
    """`tests/stages/a/test_b.py` is about `stages/a/b.py`; more of it is `test_b_<topic>.py`."""
    file = ROOT / name
    if file.name == "conftest.py":
        assert file.parent.is_dir()
        return
    assert file.name.startswith("test_"), "a helper: tests/worlds, helpers, oracles or launched"
    about = file.stem.removeprefix("test_")
    found = [one for one in modules(file.parent) if about == one or about.startswith(one + "_")]
    assert found, f"{file.parent.relative_to(ROOT)} has no module that {file.name} is about"


def test_worlds_helpers_oracles_and_launched_hold_no_test() -> None:
    shared = ("worlds/", "helpers/", "oracles/", "launched/")
    assert not [name for name in FILES if name.startswith(shared) and is_test(Path(name).stem)]


@pytest.mark.parametrize("name", FILES)
def test_no_test_module_is_imported(name: str) -> None:
    """Nor named in code that a test runs in another process."""
    file = TESTS / name
    ours = [module for module in imported(file) if module.startswith("tests.")]
    assert not [module for module in ours if is_test(module) or module.endswith("conftest")]
    texts = [
        node.value
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [text for text in texts if "import" in text and "tests.stages" in text]
