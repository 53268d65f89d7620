"""Spread over vacancies and employers, against the definitions."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.scoring import congestion
from stages.scoring.congestion import Shown


@given(st.lists(st.integers(0, 6), min_size=1, max_size=12))
def test_gini_is_half_the_mean_difference_over_the_mean(counts):
    differences = [abs(one - other) for one in counts for other in counts]
    mean = sum(counts) / len(counts)
    expected = np.mean(differences) / (2 * mean) if mean else 0.0
    assert congestion.gini(np.array(counts)) == pytest.approx(expected, abs=1e-12)


def test_congestion_of_a_few_lists():
    shown = Shown(np.array([0, 0, 1, 2]), np.array([0, 1, 0, 0]), 3, 5)
    found = congestion.congestion(shown, seed=1)
    assert found["most_crowded"].value == 3
    assert found["shown"].value == pytest.approx(0.4)
    assert found["gini"].value == pytest.approx(congestion.gini(np.array([3, 1, 0, 0, 0])))
    for one in found.values():
        assert 0 <= one.low <= one.value <= one.high


def test_what_everyone_gets_alike_is_certain():
    rows = np.repeat(np.arange(40), 2)
    found = congestion.congestion(Shown(rows, np.tile([0, 1], 40), 40, 2), seed=1)
    assert found["gini"] == (0, 0, 0)
    assert found["most_crowded"] == (40, 40, 40)


def test_nothing_recommended():
    none = np.zeros(0, dtype=np.int64)
    for count in (0, 3):
        found = congestion.congestion(Shown(none, none, count, 4), seed=1)
        assert [one.value for one in found.values()] == [0, 0, 0]
    empty = pl.DataFrame({"predictions": [[]]}, schema={"predictions": pl.List(pl.String)})
    employers = pl.DataFrame(schema={"vacancy_id": pl.String, "employer": pl.String})
    assert congestion.concentration(empty, employers, resamples=100, seed=1) == {}


def test_concentration_is_the_sum_of_squared_shares_and_the_unknown_are_apart():
    employers = pl.DataFrame(
        {"vacancy_id": ["a", "b", "c", "d"], "employer": ["x", "x", "y", None]}
    )
    lists = pl.DataFrame({"predictions": [["a", "b", "c", "d"], ["a", "b"], [], ["d", "e"]]})
    found = congestion.concentration(lists, employers, resamples=100, seed=1)
    assert found["employer_concentration"].value == pytest.approx((6 / 16 + 1 + 1 / 2) / 3)
    assert found["employers"].value == pytest.approx((3 + 1 + 2) / 3)
