"""Softmax over the trained items, whole or sampled, and over the row's own history.

Each question's candidates are C shared items and the L places of its row's history, which carry
additive logits (`repeats`). A shared item that stands in the row's history is left out of the
shared ones, so no candidate counts twice.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from stages.bert4rec.batch import Batch
from stages.bert4rec.tokens import FIRST_ITEM

NEVER = float("-inf")
LOGITS = 2**25  # logits held at once: 128 MiB in fp32


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


@dataclass(frozen=True)
class Pool:
    """The shared candidates of a batch.

    Attributes:
        candidates: Their ids.
        vectors: (C, H).
        biases: (C,).
        inside: Which rows hold them, (B, C) bool.
        trend: Logits by demand in each of the P moments in which questions are asked, (P, C).
    """

    candidates: Candidates
    vectors: Tensor
    biases: Tensor
    inside: Tensor
    trend: Tensor


def summed_loss(
    states: Tensor,
    own: Tensor,
    history: Tensor,
    batch: Batch,
    weight: Tensor,
    moments: Tensor,
    pool: Pool,
) -> Tensor:
    """Weighted sum of the losses of all questions with a weight, a scalar.

    Args:
        states: Questions, (B, Q, H).
        own: Logits of their targets, (B, Q).
        history: Logits of the rows' histories, (B, Q, L), or (B, Q, 0) to leave them out.
        batch: Rows and questions.
        weight: Weights, (B, Q).
        moments: Row of `pool.trend` for each question, (B, Q).
        pool: The shared candidates.

    Logits are made for some questions at a time, and where there are several such parts they are
    made again in the backward pass, so that only one part's are ever held.
    """
    weights = weight.flatten()
    asked = weights.nonzero()[:, 0]
    parts = asked.split(max(1, LOGITS // len(pool.biases)))
    states, history, own = states.flatten(0, 1), history.flatten(0, 1), own.flatten()

    def loss(part: Tensor) -> Tensor:
        row = part // weight.shape[1]
        losses = softmax_loss(
            states.index_select(0, part) @ pool.vectors.T
            + pool.biases
            + pool.trend.index_select(0, moments.flatten()[part]),
            history.index_select(0, part),
            own.index_select(0, part),
            batch.items[row, : history.shape[1]],
            pool.candidates,
            batch.target.flatten()[part],
            pool.inside[row],
        )
        return (losses * weights[part]).sum()

    if len(parts) == 1:
        return loss(parts[0])
    return torch.stack([checkpoint(loss, part, use_reentrant=False) for part in parts]).sum()


def softmax_loss(
    shared: Tensor,
    history: Tensor,
    own: Tensor,
    items: Tensor,
    candidates: Candidates,
    target: Tensor,
    inside: Tensor,
) -> Tensor:
    """Negative log-likelihood of each of M targets, (M,).

    Args:
        shared: Logits of the shared candidates, (M, C).
        history: Logits of the history, -inf but at the last visible occurrence of each item,
            (M, L); L may be 0.
        own: Logit of each question's target by its vector alone, (M,).
        items: Item ids of the history, (M, L).
        candidates: The shared candidates.
        target: Item ids, (M,).
        inside: Which candidates stand in the question's row, (M, C) bool.

    The target counts once: in the history if it is visible there, else by its own logit.
    """
    shared = (shared - candidates.log_chance).masked_fill(inside, NEVER)
    place = torch.searchsorted(candidates.items, target).clamp_max(len(candidates.items) - 1)
    hit = candidates.items[place] == target
    kept = shared.gather(1, place[:, None])
    shared = shared.scatter(1, place[:, None], torch.where(hit[:, None], NEVER, kept))
    is_target = (items == target[:, None]) & (history > NEVER)
    repeated = is_target.any(-1)
    positive = torch.where(repeated, torch.where(is_target, history, 0.0).sum(-1), own)
    fresh = torch.where(repeated, NEVER, own)[:, None]
    total = torch.cat([shared, history, fresh], dim=1).logsumexp(-1)
    return total - positive


def among(items: Tensor, candidates: Tensor) -> Tensor:
    """Which candidates stand in each row: (B, L), (C,) ascending -> (B, C) bool."""
    place = torch.searchsorted(candidates, items).clamp_max(len(candidates) - 1)
    hit = candidates[place] == items
    found = torch.zeros(len(items), len(candidates), dtype=torch.bool, device=items.device)
    return found.scatter_reduce(1, place, hit, reduce="amax")
