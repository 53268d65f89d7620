"""Rows as they are ranked: what a seen policy hides, and what it puts last."""

from itertools import pairwise

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stages.loaders import rank_queries
from stages.params import SeenParams
from stages.seen_policy import rules
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
    moved = np.take_along_axis(ranked, found.order(ranked), axis=1)
    assert moved.tolist() == found.arranged(ranked).tolist()


def hidden(found: rank_queries.RankQueries) -> list[list[int]]:
    """What each row must not get."""
    offsets, items = found.rows.offsets.tolist(), found.rows.hidden.tolist()
    return [items[start:stop] for start, stop in pairwise(offsets)]


def test_what_rows_are_denied_is_hidden_beside_what_they_have_seen() -> None:
    rows = sequences([[(5, 1), (9, 1), (6, 2)], [], [(5, 1)], [(7, 2)]])
    lists = pl.Series(rank_queries.DENIED, [[8, 5, 4], [9], None, []], pl.List(pl.Int32))
    policy = SeenParams(response="hide", favourite="keep", view="last")
    assert hidden(rank_queries.asked_rows(rows, 64, policy)) == [[5, 9], [], [5], []]
    found = rank_queries.asked_rows(rows.with_columns(lists), 64, policy)
    assert hidden(found) == [[4, 5, 8, 9], [9], [5], []]
    assert found.fates.filter(pl.col("fate") == rules.LAST)["item"].to_list() == [6, 7]
    denied = rank_queries.denied(rows.with_columns(lists))
    assert denied.select("row", "item").rows() == [(0, 8), (0, 5), (0, 4), (1, 9)]


def test_rows_are_kept_to_their_groups_where_they_have_some() -> None:
    rows = sequences([[(5, 1)], [], [(6, 2)]])
    assert rank_queries.asked_rows(rows, 64, SeenParams()).rows.group_of().tolist() == [-1, -1, -1]
    grouped = rows.with_columns(pl.Series(rank_queries.GROUP, [2, -1, 0], pl.Int32))
    found = rank_queries.asked_rows(grouped, 64, SeenParams())
    assert found.rows.group_of().tolist() == [2, -1, 0]


def test_rows_bring_their_contexts_and_when_they_are_asked() -> None:
    asked = pl.Series("asked_at", [7, None], pl.Int64).cast(pl.Datetime("us"))
    rows = sequences([[(5, 1), (6, 2)], [(7, 3)]]).with_columns(asked)
    found = rank_queries.asked_rows(rows, 9, SeenParams()).rows
    assert (found.max_length, found.asked_at.tolist()) == (9, [7, -1])
    assert found.histories.items.tolist() == [5, 6, 7]
    assert found.histories.offsets.tolist() == [0, 2, 3]


def sequences(contexts: list[list[tuple[int, int]]]) -> pl.DataFrame:
    """Contexts as `sequences` has them, all in one session at one moment."""
    zeros = [[0] * len(context) for context in contexts]
    moments = pl.Series("asked_at", [None] * len(contexts), pl.Datetime("us"))
    return frame_of(contexts).with_columns(
        pl.Series("times", zeros, pl.List(pl.Int64)).cast(pl.List(pl.Datetime("us"))),
        pl.Series("sessions", zeros, pl.List(pl.Int32)),
        moments,
    )
