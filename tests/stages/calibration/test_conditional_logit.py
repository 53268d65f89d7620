"""The fit against a general-purpose minimiser, and what it promises."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import minimize

from stages.calibration import conditional_logit
from stages.calibration.conditional_logit import Choices, fit, probabilities


def choices(weights, groups=400, seed=0):
    """Groups of 2 to 6 candidates, chosen by a logit of these weights."""
    generator = np.random.default_rng(seed)
    sizes = generator.integers(2, 7, groups)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    values = generator.normal(size=(starts[-1], len(weights)))
    scores = values @ np.array(weights) + generator.gumbel(size=starts[-1])
    chosen = [first + scores[first:stop].argmax() for first, stop in pairwise(starts)]
    return Choices(values, starts, np.array(chosen))


def slow_loss(weights, data, start, pull):
    """Penalised negative log-likelihood, one group after the other."""
    total = float((pull * (weights - start) ** 2).sum() / 2)
    for group, chosen in enumerate(data.chosen):
        first, stop = data.starts[group : group + 2]
        scores = data.values[first:stop] @ weights
        total += np.log(np.exp(scores).sum()) - scores[chosen - first]
    return total


def test_agrees_with_a_general_minimiser():
    data, start, pull = (
        choices([1.0, -2.0, 0.0]),
        np.array([0.5, 0.0, 1.0]),
        np.array([2.0, 1.0, 9.0]),
    )
    expected = minimize(slow_loss, start, (data, start, pull), method="BFGS").x
    assert fit(data, start, pull) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("block", [1, 7, 100])
def test_derivatives_are_the_same_sums_whatever_the_block(monkeypatch, block):
    data, start, pull = choices([1.0, -2.0, 0.5]), np.zeros(3), np.ones(3)
    whole = fit(data, start, pull)
    monkeypatch.setattr(conditional_logit, "BLOCK", block)
    assert fit(data, start, pull) == pytest.approx(whole, abs=1e-9)


def test_finds_the_weights_that_chose():
    assert fit(choices([1.0, -2.0, 0.5], 4_000), np.zeros(3), np.full(3, 0.1)) == pytest.approx(
        [1.0, -2.0, 0.5], abs=0.15
    )


def test_few_groups_move_little_and_none_not_at_all():
    start, pull = np.array([0.3, 0.3]), np.full(2, 100.0)
    few = fit(choices([2.0, -2.0], 10), start, pull)
    many = fit(choices([2.0, -2.0], 3_000), start, pull)
    assert np.abs(few - start).max() < 0.2 < np.abs(many - start).max()
    none = Choices(np.zeros((0, 2)), np.zeros(1, int), np.zeros(0, int))
    assert fit(none, start, pull).tolist() == start.tolist()


def test_what_never_varies_and_what_separates_stay_finite():
    data = choices([1.0, 0.0], 50)
    values = data.values.copy()
    values[:, 1] = 7.0
    values[:, 0] = 0.0
    values[data.chosen, 0] = 100.0  # tells everything
    found = fit(Choices(values, data.starts, data.chosen), np.zeros(2), np.full(2, 1e-3))
    assert np.isfinite(found).all()
    assert found[1] == pytest.approx(0, abs=1e-6)


def test_probabilities_of_a_group_add_up_to_one_however_large_its_scores():
    data = choices([1.0, -1.0], 30)
    chance, loss = probabilities(data, np.array([900.0, -900.0]))
    assert np.add.reduceat(chance, data.starts[:-1]) == pytest.approx(np.ones(30))
    assert np.isfinite(loss)


def test_some_groups_alone_are_as_if_the_others_were_not_there():
    data = choices([1.0, -1.0], 60)
    kept = np.arange(60) % 3 == 0
    some = data.picked(kept)
    assert len(some) == 20
    sizes = np.diff(data.starts)[kept]
    assert np.diff(some.starts).tolist() == sizes.tolist()
    assert np.array_equal(some.values[some.chosen], data.values[data.chosen[kept]])
    assert data.picked(np.ones(60, dtype=bool)) is data
