"""Capacity given out greedily and by price, against the whole ranking of every row."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from stages.rules import capacity, deepening
from stages.rules.greedy_choice import Limit
from tests.worlds.rules_world import LIMITS, Listed, lists, orders


def chances(order, k):
    """Chance of each (row, item): softmax of the scores, measured by the first k."""
    found = {}
    for row, ranking in enumerate(order.rankings):
        total = sum(np.exp(score - ranking[0][1]) for _, score in ranking[:k])
        for item, score in ranking:
            found[row, item] = np.exp(score - ranking[0][1]) / total
    return found


def slow(order, k, most, limits):
    """Sort all pairs of all rows by chance; take each that there is room for."""
    worth = chances(order, k)
    place = {
        (row, item): number
        for row, ranking in enumerate(order.rankings)
        for number, (item, _) in enumerate(ranking)
    }
    taken = []
    for row, item in sorted(worth, key=lambda pair: (-worth[pair], pair[0], place[pair])):
        own = [other for owner, other in taken if owner == row]
        full = any(
            limit.groups[item] >= 0
            and sum(limit.groups[one] == limit.groups[item] for one in own) >= limit.most
            for limit in limits
        )
        if not full and len(own) < k and sum(other == item for _, other in taken) < most:
            taken.append((row, item))
    ranked = sorted(taken, key=place.__getitem__)
    return [[item for owner, item in ranked if owner == row] for row in range(len(order))]


@given(orders(items=8, rows=6), st.integers(1, 3), st.integers(1, 3), LIMITS)
def test_greedy_takes_the_best_pairs_of_the_whole_catalogue(order, k, most, limits):
    found = deepening.shared_out(order, k, most, limits=limits)
    assert lists(found.items) == slow(order, k, most, limits)


def best_sum(order, k, most):
    """Greatest sum of chances, by linear programming."""
    worth = chances(order, k)
    if not worth:
        return 0.0
    pairs, items = list(worth), sorted({item for _, item in worth})
    rows = [[float(row == owner) for owner, _ in pairs] for row in range(len(order))]
    columns = [[float(item == other) for _, other in pairs] for item in items]
    limits = [k] * len(rows) + [most] * len(columns)
    found = linprog([-worth[pair] for pair in pairs], rows + columns, limits, bounds=(0, 1))
    return -float(found.fun)


@given(orders(items=8, rows=6), st.integers(1, 3), st.integers(1, 3))
def test_the_auction_reaches_the_greatest_sum_of_chances(order, k, most):
    step = 1e-3
    found = deepening.shared_out(order, k, most, by_price=True, step=step)
    worth, best = chances(order, k), best_sum(order, k, most)
    given_out = lists(found.items)
    reached = sum(worth[row, item] for row, items in enumerate(given_out) for item in items)
    assert reached <= best + 1e-9
    assert reached >= best - found.assignment.gap - 1e-9
    assert found.assignment.gap <= 2 * step * k * len(order) + 1e-9
    counts = np.bincount([item for items in given_out for item in items], minlength=1)
    assert counts.max(initial=0) <= most
    assert all(len(set(items)) == len(items) <= k for items in given_out)


def test_by_price_a_vacancy_goes_to_those_who_have_nothing_like_it():
    both = [(1, 2.0), (2, 1.9)]
    order = Listed([both, [(1, 1.0), (3, -4.0)]], 3)
    assert lists(deepening.shared_out(order, 1, 1).items) == [[1], [3]]
    by_price = deepening.shared_out(order, 1, 1, by_price=True)
    assert lists(by_price.items) == [[2], [1]]
    assert by_price.assignment.prices[1] > 0


def test_where_there_is_room_for_all_nothing_changes():
    rankings = [[(item, -0.1 * item) for item in range(1, 9)]] * 5
    expected = [[1, 2, 3]] * 5
    for by_price in (False, True):
        found = deepening.shared_out(Listed(rankings, 8), 3, 5, by_price=by_price)
        assert lists(found.items) == expected


def test_rows_are_ranked_deeper_until_they_have_their_places():
    rankings = [[(item, -0.01 * item) for item in range(1, 41)]] * 10
    for by_price in (False, True):
        found = deepening.shared_out(Listed(rankings, 40), 2, 1, by_price=by_price)
        assert sorted(found.items.ravel().tolist()) == list(range(1, 21))


def test_values_are_chances_measured_by_the_first_k():
    lists = Listed([[(1, 1.0), (2, 1.0), (3, 0.0)], []], 3).to_depth(np.arange(2), 3)
    worth = capacity.values(lists, 2)
    np.testing.assert_allclose(worth[0], [0.5, 0.5, 0.5 / np.e])
    assert not worth[1].any()


def test_limits_count_in_greedy_sharing():
    order = Listed([[(1, 3.0), (2, 2.0), (3, 1.0)]], 3)
    limit = Limit(np.array([-1, 0, 0, 1]), 1)
    assert lists(deepening.shared_out(order, 2, 1, limits=[limit]).items) == [[1, 3]]
