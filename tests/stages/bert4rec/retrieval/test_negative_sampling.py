"""Drawn candidates: distinct, of the vocabulary, and with chances that make sums unbiased."""

import math

import pytest
import torch

from stages.bert4rec.retrieval.negative_sampling import (
    Draws,
    StepCandidates,
    all_items,
    calibrated,
    drawn_items,
)
from stages.core.item_ids import FIRST_ITEM

TRAINED, DRAWN = 40, 16
SHARE = torch.softmax(torch.linspace(0, 3, TRAINED), 0)


def draw(targets, draws, generator) -> StepCandidates:
    return drawn_items(targets, SHARE, SHARE.double().cumsum(0), draws, generator)


@pytest.mark.parametrize(
    ("in_batch", "popular"), [(0.0, False), (0.0, True), (0.5, False), (0.5, True), (1.0, False)]
)
def test_the_sampled_partition_is_unbiased(in_batch, popular):
    """E[sum over drawn of exp(s) / P(drawn)] is the whole sum: what logQ correction promises."""
    scores = torch.linspace(-2, 2, TRAINED, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    targets = torch.multinomial(SHARE, 20_000, replacement=True, generator=generator) + FIRST_ITEM
    sums = []
    for _ in range(2_000):
        drawn = draw(targets, Draws(DRAWN, in_batch, popular), generator)
        sums.append((scores[drawn.items - FIRST_ITEM] - drawn.log_chance).exp().sum())
    estimate, spread = torch.stack(sums).mean(), torch.stack(sums).std() / 2_000**0.5
    assert abs(estimate - scores.exp().sum()) < 4 * spread + 0.03 * scores.exp().sum()


@pytest.mark.parametrize("popular", [False, True])
def test_candidates_are_distinct_ascending_and_of_the_vocabulary(popular):
    targets = torch.tensor([1, 2, FIRST_ITEM, FIRST_ITEM + TRAINED, 999])  # but one are no items
    generator = torch.Generator().manual_seed(1)
    for _ in range(50):
        drawn = draw(targets, Draws(DRAWN, 0.5, popular), generator)
        assert (drawn.items.diff() > 0).all()
        assert FIRST_ITEM in drawn.items
        assert drawn.items.max() < FIRST_ITEM + TRAINED
        assert len(drawn.items) <= DRAWN
        assert (drawn.log_chance <= 0).all()


def test_without_known_targets_all_are_drawn_from_the_vocabulary():
    for targets in (torch.zeros(0, dtype=torch.long), torch.tensor([999])):
        drawn = draw(targets, Draws(10_000, 1.0, popular=False), torch.Generator().manual_seed(0))
        assert drawn.items.tolist() == all_items(TRAINED, torch.device("cpu")).items.tolist()
        assert drawn.log_chance.abs().max() < 1e-6


def test_a_seed_repeats_the_draws():
    targets = torch.arange(FIRST_ITEM, 20)
    one, two, other = (
        draw(targets, Draws(DRAWN, 0.5, popular=True), torch.Generator().manual_seed(seed))
        for seed in (3, 3, 4)
    )
    assert one.items.tolist() == two.items.tolist() != other.items.tolist()


def test_all_items_need_no_correction():
    every = all_items(5, torch.device("cpu"))
    assert every.items.tolist() == [3, 4, 5, 6, 7]
    assert not every.log_chance.any()
    assert every.calibration is None


@pytest.mark.parametrize(("trained", "rate"), [(41, 0.1), (5, 1.0), (1, 1.0)])
def test_gbce_knows_the_sampling_rate_and_corrects_no_logit(trained, rate):
    drawn = StepCandidates(torch.arange(3, 7), torch.full((4,), math.log(0.5)))
    found = calibrated(drawn, 0.75, trained)
    assert not found.log_chance.any()
    assert found.calibration.rate == pytest.approx(rate)
    assert found.calibration.trust == 0.75
