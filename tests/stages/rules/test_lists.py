"""Lists to some depth."""

import numpy as np

from stages.rules.lists import Lists, empty


def test_a_list_is_whole_where_it_ends_early_or_reaches_the_size():
    lists = Lists(np.array([[4, 5], [6, 0], [0, 0]]), np.zeros((3, 2)))
    assert lists.whole(3).tolist() == [False, True, True]
    assert lists.whole(2).all()


def test_nothing_is_in_empty_lists():
    lists = empty(2, 3)
    assert not lists.items.any()
    assert np.isneginf(lists.scores).all()
    assert empty(0, 3).whole(9).shape == (0,)
