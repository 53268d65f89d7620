"""`hhrec export onnx`: onnxruntime answers as torch does, by what the README says."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from stages import train
from stages.bert4rec.examples.histories import Histories
from stages.bundle import opening
from stages.bundle import stage as bundle
from stages.bundle.content import Content
from stages.core import kinds
from stages.core.item_ids import FIRST_ITEM
from stages.export import checking, extra, stage
from stages.export.checking import Lists, OnnxModel, by_torch, made_up
from stages.interface.errors import HhrecError, MissingInputError
from stages.params import validated
from tests.helpers.command import Type
from tests.worlds.little_model import TINY
from tests.worlds.served import Served

CLOSE = 1e-4


@pytest.fixture(scope="module")
def world(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A bundle without three vacancies, and its export. Read it only."""
    root = tmp_path_factory.mktemp("export")
    served = Served(small_artifacts, root)
    today = pl.read_parquet(served.vacancies).sort("vacancy_id")[3:]
    today.write_parquet(root / "today.parquet")
    given = {"vacancies": root / "today.parquet", "withdraw": True}
    bundle.run(served.params, **served.paths, **given, out=served.path)
    report = stage.run(bundle=served.path, out=root / "onnx")
    return SimpleNamespace(bundle=served.path, out=root / "onnx", report=report)


def test_the_report_and_the_notes_say_what_is_there(world: SimpleNamespace) -> None:
    assert world.report.vacancies == 300
    assert world.report.largest_difference < CLOSE
    assert kinds.foreign(world.out, kinds.ONNX) == []
    assert kinds.ONNX.proof(world.out)
    said = json.loads((world.out / "export.json").read_text(encoding="utf-8"))
    assert said["withdrawn"] == 3
    inputs = said["graphs"]["encoder.onnx"]["inputs"]
    assert [one["name"] for one in inputs] == ["items", "actions", "times", "sessions", "lengths"]
    assert inputs[0] == {"name": "items", "type": "int64", "shape": ["histories", "events"]}
    vectors = np.fromfile(world.out / "vectors.bin", dtype="<f4").reshape(-1, said["width"])
    content = opening.opened(world.bundle)
    assert np.array_equal(vectors[FIRST_ITEM:], content.matrix.exact[:300, :-2].numpy())


def test_lists_are_those_of_torch(world: SimpleNamespace) -> None:
    content = opening.opened(world.bundle)
    histories = made_up(content, 150, seed=3)
    assert_same(by_torch(content, histories, 50), answers(world.out, content, histories, 50))


@pytest.mark.slow
def test_a_thousand_lists_are_those_of_torch(world: SimpleNamespace) -> None:
    content = opening.opened(world.bundle)
    histories = made_up(content, 1_000, seed=4)
    assert_same(by_torch(content, histories, 100), answers(world.out, content, histories, 100))


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["causal", "mlm"])
def test_other_objectives(objective: str, small_artifacts: Path, tmp_path: Path) -> None:
    served = Served(small_artifacts, tmp_path)
    chosen = {**TINY, "objective": objective}
    params = validated({"train": chosen, "predict": {"fallback": "never"}}, where="test")
    tables = {name: path for name, path in served.paths.items() if name != "model"}
    train.run(params, **tables, out=tmp_path / "other", checkpoints=tmp_path / "c")
    served.paths["model"], served.params = tmp_path / "other", params
    served.write()
    report = stage.run(bundle=served.path, out=tmp_path / "onnx")
    assert report.largest_difference < CLOSE


def answers(out: Path, content: Content, histories: Histories, k: int) -> Lists:
    length = content.loaded.network.config.history_length
    return OnnxModel(out).rank(histories, np.arange(len(histories)), length=length, k=k)


def assert_same(expected: Lists, found: Lists) -> None:
    """Equal scores, and equal ids but where neighbours in a list have equal scores."""
    assert found[1] == pytest.approx(expected[1], abs=CLOSE)
    k = expected[0].shape[1]
    for row, place in zip(*np.nonzero(found[0] != expected[0]), strict=True):
        near = np.abs(expected[1][row] - expected[1][row, place]) < CLOSE
        near[k - 1] |= near[-1]
        assert found[0][row, place] in expected[0][row, near] or near[k - 1]


def test_the_example_of_the_readme_runs(
    world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (world.out / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(world.out)
    made: dict[str, Any] = {}
    exec(code, made)  # noqa: S102
    assert len(set(made["best"])) == 10
    assert (np.diff(made["scores"][0]) <= 0).all()


def test_what_torch_does_not_confirm_is_not_written(
    world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checking, "largest_difference", lambda *_: float("nan"))
    monkeypatch.setattr(stage, "write_all", lambda *_: {})
    with pytest.raises(HhrecError, match="onnxruntime's scores are nan"):
        stage.run(bundle=world.bundle, out=tmp_path / "onnx")
    assert not (tmp_path / "onnx").exists()


def test_what_is_no_bundle_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no bundle"):
        stage.run(bundle=tmp_path, out=tmp_path.parent / "onnx")


def test_without_the_extra_one_line_says_what_to_install(
    hhrec: Type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(extra, "NEEDED", ("onnx", "no_such_package"))
    typed = hhrec("export", "onnx", tmp_path, "--out", tmp_path / "onnx")
    assert typed.code == 1
    assert "no_such_package" in typed.said()
    assert "pip install 'hhrec[onnx]'" in typed.said()
