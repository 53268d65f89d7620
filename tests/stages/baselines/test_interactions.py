"""Last touches of histories: the strongest action counts, and slices give what the whole gives."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.baselines import interactions
from stages.baselines.interactions import touches
from stages.core.actions import FAVOURITE, RESPONSE, VIEW
from stages.core.item_ids import UNK
from stages.params import ActionWeights

WEIGHTS = ActionWeights(view=1, favourite=2, response=3)
SCHEMA = {"items": pl.List(pl.Int32), "actions": pl.List(pl.Int8), "sessions": pl.List(pl.Int32)}
EVENT = st.tuples(st.integers(UNK, 7), st.sampled_from([VIEW, FAVOURITE, RESPONSE]))


def histories(lives: list[list[tuple[int, int]]]) -> pl.DataFrame:
    columns = {
        "items": [[item for item, _ in life] for life in lives],
        "actions": [[action for _, action in life] for life in lives],
        "sessions": [list(range(len(life))) for life in lives],
    }
    return pl.DataFrame(columns, schema=SCHEMA)


def test_an_item_stands_where_it_was_touched_last_with_its_strongest_action() -> None:
    rows = histories([[(4, RESPONSE), (5, VIEW), (4, VIEW), (UNK, VIEW)], [], [(4, FAVOURITE)]])
    assert touches(rows, WEIGHTS).rows() == [(0, 5, 1, 1.0), (0, 4, 2, 3.0), (2, 4, 0, 2.0)]
    assert touches(rows.clear(), WEIGHTS).is_empty()


@given(st.lists(st.lists(EVENT, max_size=6), max_size=7), st.integers(1, 8))
@settings(max_examples=50)
def test_slices_of_rows_give_what_all_rows_give(
    lives: list[list[tuple[int, int]]], rows: int
) -> None:
    whole = touches(histories(lives), WEIGHTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interactions, "ROWS", rows)
        assert touches(histories(lives), WEIGHTS).equals(whole)
