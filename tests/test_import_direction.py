"""Imports go downwards only: between the folders of `stages`, inside `bert4rec`, and by module."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import stages

ROOT = Path(__file__).parents[1] / "stages"
ORDER = [
    line.split("/ ")[0]
    for line in (stages.__doc__ or "").partition("lowest first")[2].splitlines()
    if "/ " in line
]
MODEL = ["examples", "retrieval", "batching", "loss", "network", "ranking"]
DATA = {"explode", "filter", "vocab", "features", "sequences", "data"}


def name_of(file: Path) -> str:
    parts = file.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file): file for file in sorted(ROOT.rglob("*.py"))}


def imported(file: Path) -> Iterator[str]:
    """Modules of `stages` that a file imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stages"):
            assert not node.level
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


GRAPH = {name: set(imported(file)) - {name} for name, file in MODULES.items()}


def folder(module: str) -> str:
    return [*module.split("."), ""][1]


def edges() -> Iterator[tuple[str, str]]:
    """Pairs of modules in different folders, the first importing the second."""
    for name, others in GRAPH.items():
        yield from ((name, other) for other in others if folder(name) != folder(other))


def test_stages_holds_folders_only_and_each_is_in_the_order() -> None:
    found = [path.name for path in ROOT.iterdir() if path.name != "__pycache__"]
    assert sorted(found) == sorted([*ORDER, "__init__.py", "py.typed"])
    assert [path.name for path in ROOT.glob("*.py")] == ["__init__.py"]


def test_folders_import_only_lower_ones() -> None:
    wrong = [
        (name, other)
        for name, other in edges()
        if ORDER.index(folder(name)) <= ORDER.index(folder(other))
    ]
    assert not wrong


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert list(TopologicalSorter(GRAPH).static_order())


@pytest.mark.parametrize(
    ("low", "allowed"),
    [
        ("interface", set()),
        ("core", {"interface"}),
        ("params", {"interface"}),
        ("bert4rec", {"core", "interface"}),
    ],
)
def test_what_is_lowest_knows_little(low: str, allowed: set[str]) -> None:
    found = {folder(other) for name, other in edges() if folder(name) == low}
    assert found <= allowed


def test_data_stages_do_not_know_the_model() -> None:
    wrong = [(n, o) for n, o in edges() if folder(n) in DATA and folder(o) == "bert4rec"]
    assert not wrong


def test_the_model_is_in_reading_order() -> None:
    folders = {path.name for path in (ROOT / "bert4rec").iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == set(MODEL)
    inner = [
        (name, other)
        for name, others in GRAPH.items()
        for other in others
        if name.startswith("stages.bert4rec.") and other.startswith("stages.bert4rec.")
    ]
    place = {f"stages.bert4rec.{name}": number for number, name in enumerate(MODEL)}
    wrong = [
        (name, other)
        for name, other in inner
        if place[other.rpartition(".")[0]] > place.get(name.rpartition(".")[0], len(MODEL))
    ]
    assert not wrong


def test_the_model_knows_no_yaml_and_no_paths_of_artifacts() -> None:
    for file in sorted((ROOT / "bert4rec").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        strings = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
        assert not [s for s in strings if isinstance(s, str) and "artifacts/" in s], file
        assert "import yaml" not in file.read_text(encoding="utf-8"), file


@pytest.mark.parametrize("name", ORDER)
def test_each_folder_says_in_one_line_what_it_is_and_the_readme_says_the_same(name: str) -> None:
    text = (ROOT / name / "__init__.py").read_text(encoding="utf-8")
    said = (ast.get_docstring(ast.parse(text)) or "").splitlines()
    assert len(said) == 1
    readme = (ROOT.parent / "README.md").read_text(encoding="utf-8")
    for told in (readme, stages.__doc__ or ""):
        lines = [
            line.split("/ ", 1)[1].strip() for line in told.splitlines() if f"{name}/ " in line
        ]
        assert said[0] in lines
