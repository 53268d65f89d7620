"""Candidate sources: ranked lists of items that a baseline fills its answers from, in turn."""

from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.params import Params


class CandidateSource(Protocol):
    """A way to rank items for rows, already learnt."""

    def __call__(self, rows: pl.DataFrame, gone: pl.DataFrame, k: int) -> pl.DataFrame:
        """Give at least the k best items of each row that are not gone, or all that it has.

        Args:
            rows: Contexts, `schema.TEST_SEQUENCES`.
            gone: Columns row (place among `rows`), item: what must not be given; no pair twice.
            k: Items wanted of a row.

        Returns:
            Columns row (u32), item (i32), order (i64, the least is the best); items of a row are
            distinct, orders too.
        """


class LearnSource(Protocol):
    """What the module of every shelf has under the name `learn`."""

    def __call__(
        self, *, train: pl.LazyFrame, vocab: pl.DataFrame, params: Params
    ) -> CandidateSource:
        """Learn from train histories (`schema.HISTORY`) and the vocabulary (`schema.VOCAB`)."""


def ranked(
    rows: NDArray[Any], items: NDArray[Any], scores: NDArray[Any], gone: pl.DataFrame, k: int
) -> pl.DataFrame:
    """Order scored items as a shelf gives them: the best score first, ties by item.

    Args:
        rows: Row of each score, shape (n,).
        items: Item of each score, shape (n,); distinct within a row.
        scores: Finite numbers, shape (n,).
        gone: Columns row, item: left out.
        k: Items kept of a row.
    """
    columns = {"row": rows.astype(np.uint32), "item": items.astype(np.int32), "score": scores}
    return (
        pl.DataFrame(columns)
        .join(gone, on=["row", "item"], how="anti")
        .sort("row", "score", "item", descending=[False, True, False])
        .with_columns(order=pl.int_range(pl.len(), dtype=pl.Int64).over("row"))
        .filter(pl.col("order") < k)
        .select("row", "item", "order")
    )


def first(lists: pl.DataFrame, k: int) -> pl.DataFrame:
    """Keep the k best items of each row, the least orders: columns row, item, order."""
    place = pl.col("order").rank("ordinal").over("row")
    return lists.filter(place <= k).select("row", "item", "order")


def no_items() -> pl.DataFrame:
    """What a shelf without anything to give returns."""
    return pl.DataFrame(schema={"row": pl.UInt32, "item": pl.Int32, "order": pl.Int64})


def item_space(vocab: pl.DataFrame) -> int:
    """Greatest item id + 1: the length of an array that is indexed by items."""
    return int(vocab["item"].cast(pl.Int64).max() or 0) + 1  # type: ignore[arg-type]
