"""Limits by group and diversity, against choosing from the whole ranking one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.rules import deepening
from stages.rules.greedy_choice import Diversity, Limit
from tests.worlds.rules_world import ITEMS, LIMITS, Listed, lists, orders


def slow(ranking, k, limits, weight=0.0, vectors=None):
    """Go through the whole ranking for each of the k places."""
    chosen = []

    def blocked(item):
        return any(
            limit.groups[item] >= 0
            and sum(limit.groups[one] == limit.groups[item] for one in chosen) >= limit.most
            for limit in limits
        )

    def worth(item, score):
        if vectors is None:
            return score
        like = max((float(vectors[item] @ vectors[one]) for one in chosen), default=0.0)
        return round((1 - weight) * score - weight * like, 9)

    while len(chosen) < k:
        left = [one for one in ranking if one[0] not in chosen and not blocked(one[0])]
        if not left:
            break
        if vectors is None:
            chosen.append(left[0][0])
        else:
            chosen.append(max(left, key=lambda one: worth(*one))[0])  # the first of equals
    return chosen


@given(orders(), st.integers(1, 5), LIMITS)
def test_limits_hold_and_what_is_passed_over_is_replaced(order, k, limits):
    found = deepening.limited(order, k, limits)
    assert lists(found.items) == [slow(ranking, k, limits) for ranking in order.rankings]


@given(orders(scores=(0.0, 0.3, 0.9, 2.0)), st.integers(1, 5), LIMITS, st.integers(0, 2**20))
@pytest.mark.parametrize("weight", [0.2, 0.5, 0.9])
def test_diversity_is_maximal_marginal_relevance_of_the_whole_ranking(
    weight, order, k, limits, seed
):
    vectors = np.random.default_rng(seed).normal(size=(ITEMS + 1, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = deepening.limited(order, k, limits, Diversity(weight, vectors))
    expected = [slow(ranking, k, limits, weight, vectors) for ranking in order.rankings]
    assert lists(found.items) == expected


def test_nothing_is_ranked_deeper_than_the_rules_need(monkeypatch):
    ranking = [(item, -float(item)) for item in range(1, 101)]
    order, depths = Listed([ranking, ranking], 100), []
    to_depth = order.to_depth
    monkeypatch.setattr(
        order, "to_depth", lambda rows, depth: depths.append(depth) or to_depth(rows, depth)
    )
    groups = np.zeros(101, dtype=int)
    groups[11:] = np.arange(90)
    found = deepening.limited(order, 5, [Limit(groups, 3)])
    assert lists(found.items) == [[1, 2, 3, 12, 13]] * 2  # 11 is of group 0, too
    assert depths == [10, 40]


def test_what_the_seen_policy_wants_last_is_last_among_the_chosen():
    order = Listed([[(1, 3.0), (2, 2.0), (3, 1.0)]], 3, late={0: {1}})
    limit = Limit(np.array([-1, 0, 0, 1]), 1)
    assert lists(deepening.limited(order, 2, [limit]).items) == [[3, 1]]


def test_no_rows():
    assert deepening.limited(Listed([], 3), 2, []).items.shape == (0, 2)
