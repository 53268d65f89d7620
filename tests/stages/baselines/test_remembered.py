"""A source that is asked once for several baselines: what it answers, and how often it works."""

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.baselines.remembered import Remembered

ITEMS = range(3, 23)
GONE = {"row": pl.UInt32, "item": pl.Int32}


class Ordered:
    """A source that gives each row its items in the order of a list; it counts its work."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, rows: pl.DataFrame, gone: pl.DataFrame, k: int) -> pl.DataFrame:
        self.asked.append(rows.height)
        return (
            rows.with_row_index("row")
            .explode("items", empty_as_null=False, keep_nulls=False)
            .with_columns(order=pl.int_range(pl.len(), dtype=pl.Int64).over("row"))
            .select("row", "order", item="items")
            .join(gone, on=["row", "item"], how="anti")
            .filter(pl.col("order").rank("ordinal").over("row") <= k)
        )


def table(lists: list[list[int]]) -> pl.DataFrame:
    return pl.DataFrame({"items": lists}, schema={"items": pl.List(pl.Int32)})


def best(found: pl.DataFrame, rows: int) -> list[list[int]]:
    """Items of each row in their order."""
    kept = found.sort("row", "order").group_by("row").agg("item")
    lists: dict[int, list[int]] = dict(kept.iter_rows())
    return [lists.get(row, []) for row in range(rows)]


@st.composite
def questions(draw: st.DrawFn) -> Any:
    """Lists of rows, and what is gone and wanted each time that they are asked for."""
    items = st.lists(st.sampled_from(ITEMS), unique=True, max_size=len(ITEMS))
    lists = draw(st.lists(items, min_size=1, max_size=4))
    pairs = st.tuples(st.integers(0, len(lists) - 1), st.sampled_from(ITEMS))
    gone = st.lists(pairs, unique=True, max_size=30)
    return lists, draw(st.lists(st.tuples(gone, st.integers(1, 6)), min_size=1, max_size=4))


@given(questions())
@settings(max_examples=200)
def test_answers_are_those_of_the_source_whatever_is_gone(given_: Any) -> None:
    lists, asked = given_
    rows, source = table(lists), Remembered(Ordered())
    for pairs, k in asked:
        gone = pl.DataFrame(pairs, schema=GONE, orient="row")
        assert best(source(rows, gone, k), len(lists)) == best(
            Ordered()(rows, gone, k), len(lists)
        ), (pairs, k)


def test_the_source_works_once_for_the_same_rows_and_again_for_others() -> None:
    source = Ordered()
    shared, rows, none = Remembered(source), table([[3, 4, 5], [5, 3]]), pl.DataFrame(schema=GONE)
    taken = pl.DataFrame({"row": [0], "item": [3]}, schema=GONE)
    assert best(shared(rows, none, 2), 2) == [[3, 4], [5, 3]]
    assert best(shared(rows, taken, 2), 2) == [[4, 5], [5, 3]]
    assert source.asked == [2]
    assert best(shared(table([[9]]), none, 2), 1) == [[9]]
    assert source.asked == [2, 1]


def test_only_the_rows_of_which_too_little_is_left_are_asked_for_again() -> None:
    source = Ordered()
    shared, rows = Remembered(source), table([[3], list(ITEMS), list(ITEMS)])
    shared(rows, pl.DataFrame(schema=GONE), 2)
    taken = pl.DataFrame({"row": [1] * 5, "item": [3, 4, 5, 6, 7]}, schema=GONE)
    assert best(shared(rows, taken, 2), 3) == [[3], [8, 9], [3, 4]]
    assert source.asked == [3, 1]
