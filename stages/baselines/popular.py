"""Popular: the vacancies with most train events, the same list for everyone."""

from functools import partial

import polars as pl

from stages.baselines.candidate_source import CandidateSource
from stages.core.item_ids import FIRST_ITEM
from stages.params import Params


def learn(*, train: pl.LazyFrame, vocab: pl.DataFrame, params: Params) -> CandidateSource:
    """Rank by train count, ties by item; vacancies never seen in train come at the end.

    See `stages.baselines.candidate_source.Learn`; `train` is not needed, `vocab` counts it.
    """
    del train, params
    items = vocab.filter(pl.col("item") >= FIRST_ITEM)
    return partial(most_popular, items.sort("count", "item", descending=[True, False])["item"])


def most_popular(ranked: pl.Series, rows: pl.DataFrame, gone: pl.DataFrame, k: int) -> pl.DataFrame:
    """Give each row the first of `ranked` that are not gone: see `stages.baselines.candidate_source.Shelf`."""
    needed = k + pl.col("extra").fill_null(0).cast(pl.Int64)
    return (
        pl.DataFrame({"row": pl.int_range(rows.height, dtype=pl.UInt32, eager=True)})
        .join(gone.group_by("row").len("extra"), on="row", how="left")
        .select("row", order=pl.int_ranges(pl.min_horizontal(needed, ranked.len()), dtype=pl.Int64))
        .explode("order", empty_as_null=False, keep_nulls=False)
        .with_columns(item=pl.lit(ranked).gather(pl.col("order")))
        .join(gone, on=["row", "item"], how="anti")
        .select("row", "item", "order")
    )
