"""Predictions that cannot be meant as they are get a remark."""

import polars as pl

from stages.core.schema import PREDICTIONS
from stages.evaluate.remarks import remarks
from stages.scoring.predicted_lists import PredictedLists, of_table

TRUTH = pl.DataFrame({"user_id": ["u"], "session_id": ["s"], "vacancy_id": ["7"]})


def predicted(*lists: list[str]) -> PredictedLists:
    rows = {"user_id": "u", "session_id": "s"}
    table = [{**rows, "predictions": ids} for ids in lists]
    return of_table(pl.DataFrame(table, schema=dict(PREDICTIONS)))


def test_ids_of_another_notation_are_named() -> None:
    found = remarks("p.parquet", TRUTH, predicted(["7.0", "8.0"]), pl.Series(["7", "8"]))
    [said] = found
    assert "none of its 2 vacancy ids is among the 2 vacancies of the vocabulary" in said
    assert "found '7.0', expected ids like '7'" in said
    assert "1 labels" in remarks("p", TRUTH, predicted(["7.0"]), None)[0]


def test_one_list_for_everybody_is_named() -> None:
    assert remarks("p", TRUTH, predicted(*[["7", "8"]] * 10), None) == [
        "p: all 10 rows get the same list"
    ]
    assert remarks("p", TRUTH, predicted(*[["7", "8"]] * 9, ["8", "7"]), None) == []


def test_empty_lists_are_no_wonder() -> None:
    assert remarks("p", TRUTH, predicted([], []), pl.Series(["7"])) == []
