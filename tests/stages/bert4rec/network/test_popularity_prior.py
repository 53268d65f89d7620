from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec.network import popularity_prior
from stages.bert4rec.network.popularity_prior import demand, demand_of, describe, periods_of
from stages.core.time_units import DAY

EVENTS = st.lists(st.tuples(st.integers(3, 6), st.integers(0, 9)), min_size=1, max_size=30)


def world(events):
    items, days = (np.array(column) for column in zip(*events, strict=True))
    return demand(items, days * DAY, 8)


@given(EVENTS, st.integers(3, 7), st.integers(0, 12))
def test_features_are_counts_before_the_known_period(events, item, period):
    found = world(events)
    start = min(day for _, day in events)
    known = min(period, found.periods())
    features = describe(*map(torch.tensor, (item, period, known)), found)
    days = [day - start for other, day in events if other == item and day - start < known]
    expected = [sum(day >= known - width for day in days) for width in popularity_prior.WINDOWS]
    assert features[:3].expm1().round().int().tolist() == expected
    assert round(float(features[3].expm1())) == len(days)
    assert bool(features[4]) == (not days)
    assert round(float(features[5].expm1())) == (known - min(days) if days else 0)
    assert round(float(features[6].expm1())) == period - known


@given(EVENTS, EVENTS, st.integers(1, 9))
def test_demand_from_the_known_period_on_changes_nothing(events, later, known):
    """Add events at or after the known period: no feature moves."""
    first = (3, 0)  # keeps the first period where it is
    before = world([first, *events, (4, 9)])
    after = world([first, *events, (4, 9), *((item, max(day, known)) for item, day in later)])
    at = torch.arange(8), torch.tensor(9), torch.tensor(known)
    torch.testing.assert_close(describe(*at, before), describe(*at, after))


@given(EVENTS, st.integers(1, 4))
def test_events_given_some_at_a_time_count_as_all_at_once(events, size):
    parts = [events[start : start + size] for start in range(0, len(events), size)]
    arrays = [tuple(np.array(column) for column in zip(*part, strict=True)) for part in parts]
    arrays.append((np.zeros(0, np.int64), np.zeros(0, np.int64)))
    found, expected = demand_of(lambda: [(i, d * DAY) for i, d in arrays], 8), world(events)
    assert found.before.tolist() == expected.before.tolist()
    assert (found.start, found.length) == (expected.start, expected.length)


def test_long_logs_have_no_more_than_64_periods():
    found = demand(np.array([3, 4]), np.array([0, 20 * 365 * DAY]), 5)
    assert found.periods() <= popularity_prior.MOST_PERIODS
    assert found.before[:, -1].tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("when", "lag", "asked", "known"),
    [(0, 0, 0, 0), (3 * DAY, 0, 3, 3), (3 * DAY, 2, 3, 1), (50 * DAY, 0, 50, 10), (-1, 0, 10, 10)],
)
def test_what_is_known_ends_with_the_question_or_the_log(when, lag, asked, known):
    found = world([(3, 0), (3, 9)])
    assert found.periods() == 10
    got = periods_of(torch.tensor([when]), found, lag)
    assert [int(value) for value in got] == [asked, known]


def test_a_log_without_events_has_no_demand():
    found = demand(np.zeros(0, np.int64), np.zeros(0, np.int64), 4)
    assert (
        describe(torch.arange(4), torch.tensor(1), torch.tensor(1), found)[:, 4].tolist() == [1] * 4
    )


def test_rising_demand_can_win(catalogue):
    """With learned weights, the item met in the last period scores above one met long ago."""
    busy = catalogue.demand
    table = torch.zeros_like(busy.before)
    table[5, 1:] = 4  # met in the first period only
    table[6, -1] = 4  # met in the last
    first = torch.full_like(busy.first, busy.periods())
    first[5], first[6] = 0, busy.periods() - 1
    busy = replace(busy, before=table, first=first)
    torch.manual_seed(0)
    model = popularity_prior.PopularityPrior()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    end = torch.tensor(busy.periods())
    for _ in range(50):
        scores = model(torch.arange(3, 9), end, end, busy)
        loss = torch.nn.functional.cross_entropy(scores, torch.tensor(3))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert model(torch.tensor([5, 6]), end, end, busy).diff() > 0
