"""Five lines that beat much machine learning: what the user looked at last and did not answer."""

import polars as pl

from stages import seen as policy
from stages.baselines.popular import most_popular
from stages.params import SeenParams

RESPONSE = 1
RESPONDED, REST = 2**32, 2**33  # offsets of `order`: above any place in a context


def recommend(
    rows: pl.DataFrame, *, train: pl.LazyFrame, vocab: pl.DataFrame, k: int, seen: SeenParams
) -> pl.DataFrame:
    """Recommend the row's own vacancies by last touch, newest first, then popular ones.

    Those never responded to come first, then those responded to, then popularity fills up to k;
    the seen policy is applied to that order. Contexts are in time order, so the place in the list
    is the total order of touches. See `stages.baselines.Baseline` for the arguments.
    """
    del train
    events = policy.events(rows)
    own = own_vacancies(events)
    extra = own.group_by("row").len("extra")
    popular = most_popular(rows.height, extra, vocab, k).join(own, on=["row", "item"], how="anti")
    candidates = pl.concat([own, popular.with_columns(pl.col("order") + REST)])
    return policy.attach(rows, policy.choose(candidates, policy.touched(events, seen), k))


def own_vacancies(events: pl.DataFrame) -> pl.DataFrame:
    """Each row's own items: columns row, item, order (the best has the least)."""
    responded = (pl.col("action") == RESPONSE).any()
    return events.group_by("row", "item").agg(
        order=RESPONDED * responded.cast(pl.Int64) - pl.col("place").max()
    )
