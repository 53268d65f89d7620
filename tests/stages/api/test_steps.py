"""`hhrec.parameters` and `hhrec.run_step`."""

from pathlib import Path

import pytest

from stages.api.steps import parameters, run_step
from stages.interface.errors import HhrecError, MissingInputError, UsageError
from stages.params import Params


def test_keys_are_laid_over_what_is_below(tmp_path: Path) -> None:
    assert parameters() == Params()
    file = tmp_path / "p.yaml"
    file.write_text("seed: 7\ntrain: {layers: 1}\n", encoding="utf-8")
    for base in (file, str(file), parameters(file)):
        found = parameters(base, train={"epochs": 3}, predict={"seen": {"view": "hide"}})
        assert (found.seed, found.train.layers, found.train.epochs) == (7, 1, 3)
        assert (found.predict.seen.view, found.predict.seen.response) == ("hide", "auto")


def test_wrong_parameters_are_named() -> None:
    with pytest.raises(HhrecError, match=r"train\.layers[\s\S]*train\.nonsense"):
        parameters(train={"layers": -1, "nonsense": 2})
    with pytest.raises(HhrecError, match="seed: not a section"):
        parameters(seed={"a": 1})
    with pytest.raises(HhrecError, match="nowhere"):
        parameters(nowhere={"a": 1})


def test_a_step_needs_its_name_and_what_it_reads(raw_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such step; expected one of explode, filter"):
        run_step("explod", raw_dir, tmp_path)
    with pytest.raises(MissingInputError, match="events"):
        run_step("filter", raw_dir, tmp_path)


def test_a_step_keeps_to_one_set_of_input_files(raw_dir: Path, tmp_path: Path) -> None:
    artifacts, other = tmp_path / "artifacts", tmp_path / "other"
    assert run_step("explode", raw_dir, artifacts).model_dump()["users"] > 0
    other.mkdir()
    for file in raw_dir.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    run_step("filter", other, artifacts)  # the same files elsewhere
    (other / "train.parquet").write_bytes((raw_dir / "test.parquet").read_bytes())
    with pytest.raises(HhrecError, match="made from other input files"):
        run_step("filter", other, artifacts)
