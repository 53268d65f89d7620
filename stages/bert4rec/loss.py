"""Softmax over the trained items, whole or sampled, and over the row's own history.

Each question's candidates are C shared items and the L places of its row's history, which carry
additive logits (`repeats`). A shared item that stands in the row's history is left out of the
shared ones, so no candidate counts twice.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from stages.bert4rec.tokens import FIRST_ITEM

NEVER = float("-inf")


@dataclass(frozen=True)
class Candidates:
    """Items that all questions of a step share.

    Attributes:
        items: Distinct item ids in ascending order, (C,) int64.
        log_chance: Log of the probability that a draw of this step holds the item, (C,); zero
            for `full`. Subtracting it makes the sampled sum an unbiased estimate of the whole
            (logQ correction: Bengio and Senecal, 2008; Yi et al., 2019).
    """

    items: Tensor
    log_chance: Tensor


def all_items(trained: int, device: torch.device) -> Candidates:
    """Every vocabulary item: the whole softmax."""
    items = torch.arange(FIRST_ITEM, FIRST_ITEM + trained, device=device)
    return Candidates(items, torch.zeros(trained, device=device))


def drawn_items(
    targets: Tensor, share: Tensor, count: int, generator: torch.Generator
) -> Candidates:
    """Draw candidates: half from the batch's own targets, half uniformly from the vocabulary.

    Args:
        targets: Targets of the batch, (M,).
        share: Share of each vocabulary item in the train events, (V,).
        count: Draws in all, before duplicates are removed.
        generator: Source of the draws, on the CPU.
    """
    trained = len(share)
    half = count // 2 if len(targets) else 0
    picks = torch.randint(max(len(targets), 1), (half,), generator=generator).to(targets.device)
    others = torch.randint(trained, (count - half,), generator=generator).to(targets.device)
    items = torch.cat([targets[picks], others + FIRST_ITEM]).unique()
    items = items[(items >= FIRST_ITEM) & (items < FIRST_ITEM + trained)]
    expected = half * share[items - FIRST_ITEM] + (count - half) / trained
    return Candidates(items, torch.log(-torch.expm1(-expected)))


def softmax_loss(
    shared: Tensor,
    history: Tensor,
    own: Tensor,
    items: Tensor,
    candidates: Candidates,
    target: Tensor,
) -> Tensor:
    """Negative log-likelihood of each target, (B, Q).

    Args:
        shared: Logits of the shared candidates, (B, Q, C).
        history: Logits of the history, -inf but at the last visible occurrence of each item,
            (B, Q, L).
        own: Logit of each question's target by its vector alone, (B, Q).
        items: Item ids of the rows, (B, L).
        candidates: The shared candidates.
        target: Item ids, (B, Q).

    The target counts once: in the history if it is visible there, else by its own logit.
    """
    shared = shared - candidates.log_chance
    shared = shared.masked_fill(among(items, candidates.items)[:, None], NEVER)
    place = torch.searchsorted(candidates.items, target).clamp_max(len(candidates.items) - 1)
    hit = (candidates.items[place] == target)[..., None]
    shared = shared.scatter(
        2, place[..., None], torch.where(hit, NEVER, shared.gather(2, place[..., None]))
    )
    is_target = (items[:, None] == target[..., None]) & (history > NEVER)
    repeated = is_target.any(-1)
    positive = torch.where(
        repeated, torch.where(is_target, history, 0.0).sum(-1), own
    )
    fresh = torch.where(repeated, NEVER, own)[..., None]
    total = torch.cat([shared, history, fresh], dim=-1).logsumexp(-1)
    return total - positive


def among(items: Tensor, candidates: Tensor) -> Tensor:
    """Which candidates stand in each row: (B, L), (C,) ascending -> (B, C) bool."""
    place = torch.searchsorted(candidates, items).clamp_max(len(candidates) - 1)
    hit = candidates[place] == items
    found = torch.zeros(len(items), len(candidates), dtype=torch.bool, device=items.device)
    return found.scatter_reduce(1, place, hit, reduce="amax")
