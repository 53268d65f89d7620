"""Sessions as lists become events; words that mean null become null."""

from pathlib import Path

import polars as pl
import pytest

from stages.data import import_log
from stages.data.formats import Flat
from stages.data.list_columns import exploded, without_words
from stages.data.row_validation import EventLog
from stages.interface.errors import HhrecError

HERE = Path("sessions.parquet")


def test_lists_of_a_row_become_events(tmp_path: Path) -> None:
    rows = {"user_id": ["u", "v"], "item_id": [[1, 2, 3], [4]], "timestamp": [[10, 20, 30], [40]]}
    pl.DataFrame(rows).write_parquet(tmp_path / "log.parquet")
    report = import_log.run(EventLog(Flat(tmp_path / "log.parquet")), out=tmp_path / "out")
    assert (report.rows, report.labels) == (4, 1)
    assert pl.read_parquet(tmp_path / "out/labels.parquet")["vacancy_id"].to_list() == ["3"]


def test_arrays_are_lists_and_empty_lists_are_no_events() -> None:
    frame = pl.LazyFrame(
        {"u": ["a", "b"], "i": [[1, 2], [3, 4]]},
        schema={"u": pl.String, "i": pl.Array(pl.Int64, 2)},
    )
    assert exploded(frame, HERE).collect().rows() == [("a", 1), ("a", 2), ("b", 3), ("b", 4)]
    lists = pl.LazyFrame({"u": ["a", "b"], "i": [[], [3]]})
    assert exploded(lists, HERE).collect().rows() == [("b", 3)]


@pytest.mark.parametrize("other", [[[1, 2]], [None], [[]]])
def test_lists_of_unequal_length_are_refused(other: list[list[int] | None]) -> None:
    frame = pl.LazyFrame(
        {"i": [[1]], "t": other}, schema={"i": pl.List(pl.Int64), "t": pl.List(pl.Int64)}
    )
    with pytest.raises(HhrecError, match=r"lists of i, t are of unequal length in 1 row"):
        exploded(frame, HERE)


@pytest.mark.parametrize(
    "values",
    [[{"a": 1}], [[{"a": 1}]], [[[1]]], [b"x"]],
    ids=["struct", "structs", "lists", "bytes"],
)
def test_what_is_neither_value_nor_list_is_refused(values: list[object]) -> None:
    with pytest.raises(HhrecError, match="column `i`: expected values, or lists of values"):
        exploded(pl.LazyFrame({"i": values}), HERE)


def test_words_of_null_are_whole_texts_only() -> None:
    frame = pl.LazyFrame({"u": ["NA", "NAN", "", None], "n": [1, 2, 3, 4]})
    assert without_words(frame, ["NA"]).collect()["u"].to_list() == [None, "NAN", "", None]
    assert without_words(frame, []).collect().equals(frame.collect())
