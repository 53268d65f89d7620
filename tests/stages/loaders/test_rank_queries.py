"""Rows as they are ranked: what a seen policy hides, and what it puts last."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stages.loaders import rank_queries
from stages.params import SeenParams
from tests.oracles import recommendations as oracles
from tests.worlds.seen_contexts import CONTEXTS, POLICIES, RANKED, frame_of


@given(
    rows=st.lists(st.tuples(RANKED, CONTEXTS), min_size=1, max_size=5),
    policy=POLICIES,
    k=st.integers(1, 15),
)
def test_hidden_and_late_ones_are_those_of_the_oracle(
    rows: list[tuple[list[int], list[tuple[int, int]]]], policy: SeenParams, k: int
) -> None:
    found = rank_queries.asked_rows(sequences([context for _, context in rows]), 64, policy)
    owners, items = found.rows.hidden_pairs(np.arange(len(rows)))
    hidden = set(zip(owners.tolist(), items.tolist(), strict=True))
    ranked = np.zeros((len(rows), k), dtype=np.int32)
    for row, (order, _) in enumerate(rows):
        best = [item for item in order if (row, item) not in hidden][:k]
        ranked[row, : len(best)] = best
    expected = [oracles.arranged(order, context, policy.model_dump(), k) for order, context in rows]
    assert [[item for item in row if item] for row in found.arranged(ranked).tolist()] == expected


def sequences(contexts: list[list[tuple[int, int]]]) -> pl.DataFrame:
    """Contexts as `sequences` has them, all in one session at one moment."""
    zeros = [[0] * len(context) for context in contexts]
    moments = pl.Series("asked_at", [None] * len(contexts), pl.Datetime("us"))
    return frame_of(contexts).with_columns(
        pl.Series("times", zeros, pl.List(pl.Int64)).cast(pl.List(pl.Datetime("us"))),
        pl.Series("sessions", zeros, pl.List(pl.Int32)),
        moments,
    )
