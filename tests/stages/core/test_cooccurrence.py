"""Sums over pairs of touches, against counting them one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.core.cooccurrence import Norms, Pairing, Touches, beside, followers
from stages.core.item_ids import FIRST_ITEM

COUNT = 9
LISTS = st.lists(st.lists(st.integers(0, COUNT - 1), unique=True, max_size=6), max_size=5)


def touches(lists: list[list[int]], weight: float, reach: int) -> Touches:
    owner = np.repeat(np.arange(len(lists)), [len(items) for items in lists])
    item = np.array([item for items in lists for item in items], dtype=np.int64)
    given = None if weight == 1 else np.full(len(item), weight)
    return Touches(item, *beside(owner, reach), weight=given)


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
    touched = touches(lists, weight, len(worth))
    (found,) = followers(touched, pairing, [Norms(source, target)], COUNT)
    expected = slowly(lists, pairing, weight) / source[:, None] / target
    np.testing.assert_allclose(found.toarray(), expected)


@given(lists=LISTS, cut=st.integers(0, 6))
def test_pairs_are_counted_up_to_each_period_of_their_later_touch(lists, cut) -> None:
    pairing, ones = Pairing(np.array([1.0, 0.5]), 0.5), np.ones(COUNT)
    touched = touches(lists, 1.0, 2)
    place = np.array([nth for items in lists for nth in range(len(items))], dtype=np.int64)
    touched = touched._replace(period=(place >= cut).astype(np.int8))
    early, whole = followers(touched, pairing, [Norms(ones, ones)] * 2, COUNT)
    np.testing.assert_allclose(whole.toarray(), slowly(lists, pairing, 1.0))
    np.testing.assert_allclose(early.toarray(), slowly([one[:cut] for one in lists], pairing, 1.0))


def test_touches_beside_are_those_of_the_same_owner() -> None:
    before, after = beside(np.array([4, 4, 4, 4, 2, 7, 7]), 2)
    assert before.tolist() == [0, 1, 2, 2, 0, 0, 1]
    assert after.tolist() == [2, 2, 1, 0, 0, 1, 0]
