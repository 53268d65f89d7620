"""Sums over pairs of touches, against counting them one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from stages.core.cooccurrence import Pairing, Touches, followers, nearest, ranges
from stages.core.item_ids import FIRST_ITEM

COUNT = 9
LISTS = st.lists(st.lists(st.integers(0, COUNT - 1), unique=True, max_size=6), max_size=5)


def touches(lists: list[list[int]], weight: float) -> Touches:
    owner = np.repeat(np.arange(len(lists)), [len(items) for items in lists])
    item = np.array([item for items in lists for item in items], dtype=np.int64)
    return Touches(owner, item, np.full(len(item), weight))


def slowly(lists: list[list[int]], pairing: Pairing, weight: float) -> np.ndarray:
    total = np.zeros((COUNT, COUNT))
    for items in lists:
        for place, one in enumerate(items):
            for apart, other in enumerate(items[place + 1 :], start=1):
                if apart <= len(pairing.worth) and min(one, other) >= FIRST_ITEM:
                    total[one, other] += weight * pairing.worth[apart - 1]
                    total[other, one] += weight * pairing.worth[apart - 1] * pairing.backward
    return total


@given(
    lists=LISTS,
    worth=st.lists(st.sampled_from([1.0, 0.5, 0.25]), min_size=1, max_size=4),
    backward=st.sampled_from([0.0, 0.5]),
    weight=st.sampled_from([1.0, 2.0]),
)
def test_pairs_are_counted_one_by_one(lists, worth, backward, weight) -> None:
    pairing = Pairing(np.array(worth), backward)
    source, target = np.arange(1.0, COUNT + 1), np.arange(2.0, COUNT + 2)
    for slices in ([touches(lists, weight)], [touches([items], weight) for items in lists]):
        owners = np.bincount([i for items in lists for i in items], minlength=COUNT)
        found = followers(lambda: iter(slices), owners, pairing, source, target, COUNT)  # noqa: B023
        expected = slowly(lists, pairing, weight) / source[:, None] / target
        np.testing.assert_allclose(found.toarray(), expected)


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 20))
def test_ranges_hold_each_line_once_and_not_too_much(sizes, most) -> None:
    found = ranges(np.array(sizes, dtype=np.int64), most)
    assert [line for begin, stop in found for line in range(begin, stop)] == list(range(len(sizes)))
    assert all(sum(sizes[b:s]) <= most or s == b + 1 for b, s in found)


def test_the_nearest_are_kept_ties_by_id():
    lines = sparse.csr_matrix([[0.0, 2, 1, 2, 3], [0, 0, 0, 0, 0], [0, 1, 1, 1, 0]])
    assert nearest(lines, 2).toarray().tolist() == [[0, 2, 0, 0, 3], [0] * 5, [0, 1, 1, 0, 0]]
