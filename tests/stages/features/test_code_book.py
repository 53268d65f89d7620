"""Codes of one column by hand."""

import polars as pl

from stages.features.code_book import MISSING, UNKNOWN, CodeBook


def codes(book: CodeBook, *values: str | None) -> list[int]:
    column = pl.DataFrame({"value": pl.Series(values, dtype=pl.String)})
    return column.select(book.encode(pl.col("value"))).to_series().to_list()


def test_values_without_hashes() -> None:
    book = CodeBook(values=("day", "night"), hashed=0)
    assert codes(book, "night", None, "day", "dawn") == [3, MISSING, 2, UNKNOWN]
    assert [book.decode(code) for code in range(book.size)] == [None, "?", "day", "night"]


def test_values_that_are_not_listed_are_hashed() -> None:
    book = CodeBook(values=("day",), hashed=5)
    found = codes(book, "day", "dawn", "dusk", "noon", None, "dawn")
    assert found[0] == 2
    assert all(3 <= code < book.size for code in found[1:4])
    assert (found[4], found[5]) == (MISSING, found[1])
    assert [book.decode(code) for code in (2, 3, 7)] == ["day", "#0", "#4"]
