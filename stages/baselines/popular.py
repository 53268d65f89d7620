"""The same list for everyone: the vacancies with most train events."""

import polars as pl

from stages import seen as policy
from stages.bert4rec.tokens import FIRST_ITEM
from stages.params import SeenParams


def recommend(
    rows: pl.DataFrame, *, train: pl.LazyFrame, vocab: pl.DataFrame, k: int, seen: SeenParams
) -> pl.DataFrame:
    """Recommend by train count, ties by item; vacancies never seen in train come at the end.

    See `stages.baselines.Baseline` for the arguments; `train` is not needed, `vocab` counts it.
    """
    del train
    touched = policy.touched(policy.events(rows), seen)
    hidden = touched.filter(pl.col("fate") == policy.HIDE).group_by("row").len("extra")
    chosen = policy.choose(most_popular(rows.height, hidden, vocab, k), touched, k)
    return policy.attach(rows, chosen)


def most_popular(height: int, extra: pl.DataFrame, vocab: pl.DataFrame, k: int) -> pl.DataFrame:
    """The k + extra most popular items of each row: columns row, item, order (0 is the best).

    Args:
        height: Number of rows.
        extra: Columns row, extra: how many items of a row may have to be left out again.
        vocab: The vocabulary, in any order.
        k: Items that must remain.
    """
    ranked = vocab.filter(pl.col("item") >= FIRST_ITEM).sort(
        "count", "item", descending=[True, False]
    )["item"]
    needed = k + pl.col("extra").fill_null(0).cast(pl.Int64)
    return (
        pl.DataFrame({"row": pl.int_range(height, dtype=pl.UInt32, eager=True)})
        .join(extra, on="row", how="left")
        .select("row", order=pl.int_ranges(pl.min_horizontal(needed, ranked.len()), dtype=pl.Int64))
        .explode("order", empty_as_null=False, keep_nulls=False)
        .with_columns(item=pl.lit(ranked).gather(pl.col("order")))
        .select("row", "item", "order")
    )
