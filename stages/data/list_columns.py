"""Columns of lists, a session a row, turned into an event a row; and words that mean null."""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from stages.data.formats import readable
from stages.interface.errors import HhrecError

WORDS_OF_NULL = ("NA", "N/A", "NaN", "nan", "NULL", "Null", "null", "None", "none", "nil", r"\N")


def exploded(frame: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    """Give each entry of lists a row of its own; a frame without lists stays as it is.

    Raises:
        HhrecError: A column holds something else than values or lists of values, or the lists of
            a row are of unequal length.
    """
    with readable(path):
        schema = frame.collect_schema()
    arrays = [name for name, dtype in schema.items() if isinstance(dtype, pl.Array)]
    frame = frame.with_columns(pl.col(name).arr.to_list() for name in arrays)
    lists = [name for name, dtype in schema.items() if isinstance(dtype, pl.List | pl.Array)]
    for name, dtype in schema.items():
        held = dtype.inner if isinstance(dtype, pl.List | pl.Array) else dtype
        if isinstance(held, pl.Binary | pl.Struct | pl.List | pl.Array):
            raise HhrecError(
                f"{path}: column `{name}`: expected values, or lists of values, found {dtype}",
                "name a column of text, numbers or times",
            )
    if not lists:
        return frame
    first, *others = [pl.col(name).list.len() for name in lists]
    uneven = pl.any_horizontal(pl.lit(False), *(first.ne_missing(other) for other in others))
    with readable(path):
        count = frame.select(uneven.sum()).collect(engine="streaming").item()
    if count:
        raise HhrecError(
            f"{path}: the lists of {', '.join(lists)} are of unequal length in {count:,} row(s)",
            "mend these rows: each entry of one list belongs to one of each other list",
        )
    return frame.explode(*lists, empty_as_null=False, keep_nulls=False)


def without_words(frame: pl.LazyFrame, words: Collection[str]) -> pl.LazyFrame:
    """Turn texts that are one of the words into nulls."""
    if not words:
        return frame
    text = pl.col(pl.String)
    return frame.with_columns(pl.when(~text.is_in(list(words))).then(text))
