"""Predictions in every format say the same."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stages.core.schema import LONG_PREDICTIONS, PREDICTIONS, SCORED_PREDICTIONS
from stages.predict import prediction_files
from stages.predict.prediction_files import Format

ROWS = pl.DataFrame({"user_id": ["u", "v", "w"], "session_id": ["1", "2", "3"]})
NAMES = pl.DataFrame({"vacancy_id": ["a", "b", "c"], "item": [3, 4, 5]})
RANKED = np.array([[4, 3, 5], [0, 0, 0], [5, 0, 0]])
SCORES = np.array([[2.5, 1.0, np.nan], [np.nan] * 3, [-1.0, np.nan, np.nan]])
LISTS = [["b", "a", "c"], [], ["c"]]
WORTH = [[2.5, 1.0, None], [], [-1.0]]


def written(tmp_path: Path, file_format: Format, *, scores: bool) -> Path:
    out = tmp_path / "p"
    worth = SCORES if scores else None
    prediction_files.write(ROWS, RANKED, NAMES, out, file_format=file_format, scores=worth)
    return out


@pytest.mark.parametrize("asked", ["scores", ""])
def test_lists_in_parquet_and_json_lines(asked: str, tmp_path: Path) -> None:
    scores = bool(asked)
    table = pl.read_parquet(written(tmp_path, "parquet", scores=scores))
    assert dict(table.schema) == dict(SCORED_PREDICTIONS if scores else PREDICTIONS)
    assert table["predictions"].to_list() == LISTS
    lines = written(tmp_path, "jsonl", scores=scores).read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    assert [one["predictions"] for one in found] == LISTS
    assert [list(one) for one in found] == [table.columns] * 3
    if scores:
        assert table["scores"].to_list() == [one["scores"] for one in found] == WORTH


@pytest.mark.parametrize("asked", ["scores", ""])
def test_one_row_a_recommendation(asked: str, tmp_path: Path) -> None:
    scores = bool(asked)
    table = pl.read_parquet(written(tmp_path, "long", scores=scores))
    schema = dict(LONG_PREDICTIONS)
    if not scores:
        del schema["score"]
    assert dict(table.schema) == schema
    assert table["vacancy_id"].to_list() == ["b", "a", "c", "c"]
    assert table["rank"].to_list() == [1, 2, 3, 1]
    again = pl.read_csv(written(tmp_path, "csv", scores=scores), schema=schema)
    assert again.equals(table)


def test_names_of_files() -> None:
    names = [prediction_files.name_of("predictions.parquet", one) for one in ("parquet", "csv")]
    assert names == ["predictions.parquet", "predictions.csv"]
    assert prediction_files.name_of("x.parquet", "long") == "x.long.parquet"
    assert prediction_files.name_of("x.parquet", "jsonl") == "x.jsonl"


def test_pieces() -> None:
    table = prediction_files.flat(ROWS, RANKED, NAMES, SCORES)
    assert table["user_id"].to_list() == ["u", "u", "u", "w"]
    assert prediction_files.listed(ROWS, table)["scores"].to_list() == WORTH
