"""Negative sampling: the candidates of a training step, all of the vocabulary or a draw."""

from dataclasses import dataclass

import torch
from torch import Tensor

from stages.core.item_ids import FIRST_ITEM


@dataclass(frozen=True)
class GbceCalibration:
    """What gBCE needs to know of the draws (gSASRec, Petrov and Macdonald, 2023).

    Attributes:
        trust: t: 0 is binary cross-entropy, 1 calibrates probabilities in full.
        rate: alpha: drawn negatives over all possible ones.
    """

    trust: float
    rate: float

    def power(self) -> float:
        """Return beta = alpha (t (1 - 1/alpha) + 1/alpha), the power of a positive's probability."""
        return self.rate * (self.trust * (1 - 1 / self.rate) + 1 / self.rate)


@dataclass(frozen=True)
class StepCandidates:
    """Items that all questions of a step share.

    Attributes:
        items: Distinct item ids in ascending order, (C,) int64.
        log_chance: Log of the probability that a draw of this step holds the item, (C,); zero
            where nothing is to be corrected. Subtracting it makes the sampled sum an unbiased
            estimate of the whole (logQ correction: Bengio and Senecal, 2008; Yi et al., 2019).
        calibration: Present where the loss is gBCE instead of a softmax.
    """

    items: Tensor
    log_chance: Tensor
    calibration: GbceCalibration | None = None


@dataclass(frozen=True)
class Draws:
    """How candidates are drawn.

    Attributes:
        count: Draws of a step, before duplicates are removed.
        in_batch: Share of them that are targets of the batch; the others come from the vocabulary.
        popular: The others are drawn by popularity instead of uniformly.
    """

    count: int
    in_batch: float
    popular: bool


def all_items(trained: int, device: torch.device) -> StepCandidates:
    """Every vocabulary item: the whole softmax."""
    items = torch.arange(FIRST_ITEM, FIRST_ITEM + trained, device=device)
    return StepCandidates(items, torch.zeros(trained, device=device))


def drawn_items(
    targets: Tensor, share: Tensor, cumulated: Tensor, draws: Draws, generator: torch.Generator
) -> StepCandidates:
    """Draw candidates from the batch's own targets and from the vocabulary.

    Args:
        targets: Targets of the batch, (M,).
        share: Share of each vocabulary item in the train events, (V,).
        cumulated: Its cumulative sum, (V,).
        draws: How many, and from where.
        generator: Source of the draws, on the CPU.
    """
    trained = len(share)
    known = targets[(targets >= FIRST_ITEM) & (targets < FIRST_ITEM + trained)]
    near = round(draws.count * draws.in_batch) if len(known) else 0
    far = draws.count - near
    picks = torch.randint(max(len(known), 1), (near,), generator=generator).to(targets.device)
    if draws.popular:
        chances = torch.rand(far, generator=generator).to(targets.device) * cumulated[-1]
        others = torch.searchsorted(cumulated, chances).clamp_max(trained - 1)
    else:
        others = torch.randint(trained, (far,), generator=generator).to(targets.device)
    items = torch.cat([known[picks], others + FIRST_ITEM]).unique()
    popularity = share[items - FIRST_ITEM]
    expected = near * popularity + far * (popularity if draws.popular else 1 / trained)
    return StepCandidates(items, torch.log(-torch.expm1(-expected)).clamp_min(-30))


def calibrated(drawn: StepCandidates, trust: float, trained: int) -> StepCandidates:
    """Take uniform draws as the negatives of gBCE: no logQ correction, but a calibrated positive."""
    rate = min(1.0, len(drawn.items) / max(trained - 1, 1))
    return StepCandidates(
        drawn.items, torch.zeros_like(drawn.log_chance), GbceCalibration(trust, rate)
    )
