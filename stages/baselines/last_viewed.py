"""Last viewed: the vacancies that the user viewed last and did not respond to."""

import polars as pl

from stages.baselines.candidate_source import CandidateSource
from stages.core.actions import RESPONSE
from stages.params import Params
from stages.seen_policy import rules as policy

RESPONDED = 2**32  # offset of `order`: above any place in a context


def learn(*, train: pl.LazyFrame, vocab: pl.DataFrame, params: Params) -> CandidateSource:
    """Learn nothing: see `own_vacancies`."""
    del train, vocab, params
    return own_vacancies


def own_vacancies(rows: pl.DataFrame, gone: pl.DataFrame, k: int) -> pl.DataFrame:
    """Give the row's own vacancies by last touch, newest first, then those responded to.

    Contexts are in time order, so the place in the list is the total order of touches. See
    `stages.baselines.candidate_source.Shelf`; all of a row's vacancies are given, whatever k is.
    """
    del k
    responded = (pl.col("action") == RESPONSE).any()
    own = policy.events(rows).group_by("row", "item")
    order = RESPONDED * responded.cast(pl.Int64) - pl.col("place").max()
    return own.agg(order=order).join(gone, on=["row", "item"], how="anti")
