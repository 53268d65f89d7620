"""Plain recommenders for one history, against the tables that they are asked for many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.calibration import heuristics
from stages.params import Params
from stages.recommend.history import of_row
from stages.recommend.plain_lists import PlainLists, greatest, touched
from tests.worlds import calibrated

NAMES = heuristics.CHEAP + heuristics.DEAR


@pytest.mark.parametrize("names", [NAMES, ("popular",), ("als",)])
def test_as_the_tables_say(names: tuple[str, ...]) -> None:
    rows = calibrated.rows(40)
    learned = heuristics.learn(
        names, train=rows.head(30).lazy(), vocab=calibrated.vocab(), params=Params()
    )
    lists = PlainLists(learned)
    for place, row in enumerate(rows.iter_slices(1)):
        expected, found = learned.ranks(row), lists.ranks(of_row(row))
        assert found.keys.tolist() == expected.keys.tolist(), place
        assert found.ranks.tolist() == expected.ranks.tolist()
        assert found.width == expected.width


def test_nobody_learned_from_gives_nothing() -> None:
    rows = calibrated.rows(3)
    learned = heuristics.learn(
        ("trending", "item_knn", "als"),
        train=rows.clear().lazy(),
        vocab=calibrated.vocab(),
        params=Params(),
    )
    lists = PlainLists(learned)
    assert not len(lists.ranks(of_row(rows.head(1))).keys)
    assert touched(of_row(rows.head(1)), Params().baseline.als.weights).items.size


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.5]), max_size=30), st.integers(1, 10))
def test_the_greatest_ties_by_item(scores: list[float], most: int) -> None:
    items = np.arange(len(scores)) * 2
    order = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:most]
    assert greatest(items, np.array(scores), most).tolist() == [2 * place for place in order]
