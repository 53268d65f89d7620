"""Lists to some depth."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.rules.lists import Lists, empty, scores_of


def test_a_list_is_whole_where_it_ends_early_or_reaches_the_size():
    lists = Lists(np.array([[4, 5], [6, 0], [0, 0]]), np.zeros((3, 2)))
    assert lists.whole(3).tolist() == [False, True, True]
    assert lists.whole(2).all()


def test_nothing_is_in_empty_lists():
    lists = empty(2, 3)
    assert not lists.items.any()
    assert np.isneginf(lists.scores).all()
    assert empty(0, 3).whole(9).shape == (0,)


@given(st.integers(1, 4), st.integers(1, 6), st.integers(0, 2**31))
def test_scores_are_found_by_item(rows, depth, seed):
    generator = np.random.default_rng(seed)
    items = np.array([generator.permutation(np.arange(3, 3 + depth)) for _ in range(rows)])
    lists = Lists(items, generator.random(items.shape))
    wanted = np.where(generator.random(items.shape) < 0.3, 0, items[:, ::-1])
    found = scores_of(lists, wanted)
    for row, column in np.ndindex(wanted.shape):
        item = wanted[row, column]
        place = np.flatnonzero(items[row] == item)
        expected = lists.scores[row, place[0]] if item else np.nan
        assert found[row, column] == expected or (not item and np.isnan(found[row, column]))
