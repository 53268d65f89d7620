"""A training goes on only where it would become the run that began it."""

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stages.params import Params, validated
from stages.train.fingerprint import fingerprint_of
from tests.worlds.small_training import TINY, params


def printed(artifacts: Path, settings: Params, **more: Any) -> str:
    paths = (artifacts / "sequences", artifacts / "features", artifacts / "vocab.parquet")
    return fingerprint_of(settings, *paths, **more)


def test_two_processes_make_the_run_of_one_that_adds_up_two_batches(small_artifacts: Path) -> None:
    paired = printed(small_artifacts, params(), processes=2)
    assert paired == printed(small_artifacts, params(accumulation=2))
    assert paired != printed(small_artifacts, params())


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"train": {"lr": 0.5}}, False),
        ({"train": {"validation_rows": 5}}, False),
        ({"predict": {"seen": {"response": "hide"}}}, False),
        ({"seed": 2}, False),
        ({"train": {"keep": 5, "patience": 9, "save_steps": 3}}, True),
        ({"predict": {"k": 7}}, True),
    ],
    ids=str,
)
def test_what_shapes_or_chooses_the_weights_counts(
    small_artifacts: Path, changes: dict[str, Any], *, same: bool
) -> None:
    def of(given: dict[str, Any]) -> str:
        train = TINY | given.get("train", {})
        return printed(small_artifacts, validated({**given, "train": train}, where="test"))

    assert (of(changes) == of({})) is same


@pytest.mark.parametrize("part", ["train", "validation"])
def test_other_rows_make_another_run(small_artifacts: Path, tmp_path: Path, part: str) -> None:
    before = printed(small_artifacts, params())
    shutil.copytree(small_artifacts, tmp_path / "copy")
    assert printed(tmp_path / "copy", params()) == before
    file = next((tmp_path / "copy" / "sequences" / part).glob("*.parquet"))
    rows = pl.read_parquet(file)
    rows.head(len(rows) - 1).write_parquet(file)
    assert printed(tmp_path / "copy", params()) != before
