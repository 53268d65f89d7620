"""Nothing from outside is run: said at every place that reads a model, by a look at the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.source import ROOT

FILES = sorted(file for part in ("stages", "hhrec_cli") for file in (ROOT / part).rglob("*.py"))
SAID = {"trust_remote_code": False, "local_files_only": True}
FORBIDDEN = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve", "marshal"}


def calls(file: Path) -> Iterator[ast.Call]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    return ast.unparse(call.func)


def test_every_model_directory_is_read_without_its_code_and_from_disk() -> None:
    found = {
        f"{file.name}:{call.lineno}": {
            word.arg: word.value.value
            for word in call.keywords
            if isinstance(word.value, ast.Constant)
        }
        for file in FILES
        for call in calls(file)
        if name_of(call).endswith(".from_pretrained")
    }
    assert len(found) > 4  # so that a new spelling does not empty the test
    assert not {place for place, words in found.items() if not SAID.items() <= words.items()}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_nothing_is_unpickled_evaluated_or_loaded_as_full_yaml(file: Path) -> None:
    for call in calls(file):
        name = name_of(call)
        assert name not in {"eval", "exec", "torch.load", "yaml.unsafe_load", "yaml.full_load"}
        assert not (
            name in {"np.load", "numpy.load"}
            and any(
                word.arg == "allow_pickle" and ast.unparse(word.value) != "False"
                for word in call.keywords
            )
        )
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not FORBIDDEN & {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.module not in FORBIDDEN
