"""Losses over shared candidates and over the row's own history, behind one function: `summed`.

A question's candidates are C shared items and the L places of its row's history, which carry
additive logits of their own (`repeats`). A shared item that stands in the row's history, or is the
target (an accidental hit), is left out of the shared ones, so no candidate counts twice.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  the name torch's own documentation uses

from stages.bert4rec.loss.fused_cross_entropy import NEVER, LogPartition, LogRefusals
from stages.bert4rec.retrieval.negative_sampling import GbceCalibration

ALIGNED = 32  # columns of a matrix product


@dataclass(frozen=True)
class ScoredQuestions:
    """M questions of a batch that count.

    Attributes:
        states: Questions, (M, K).
        weight: Weight of each, (M,).
        rest: Log of the sum of its candidates that are not shared: its target and its history.
        positive: Logit of its target, (M,): that of the history where it is repeated, else `own`.
        out: Columns of the shared candidates that it leaves out, C where there are fewer, (M, E).
    """

    states: Tensor
    weight: Tensor
    rest: Tensor
    positive: Tensor
    out: Tensor


def summed(asked: ScoredQuestions, vectors: Tensor, calibration: GbceCalibration | None) -> Tensor:
    """Loss of a batch: a softmax, or gBCE where a calibration is given."""
    if calibration is None:
        return softmax(asked, vectors)
    return gbce(asked, vectors, calibration)


def softmax(asked: ScoredQuestions, vectors: Tensor) -> Tensor:
    """Weighted sum of negative log-likelihoods, a scalar.

    Args:
        asked: M questions.
        vectors: Shared candidates, (C, K); their logits are `asked.states @ vectors.T`.
    """
    summed = LogPartition.apply(asked.states, vectors, asked.rest, asked.weight, asked.out)
    return summed - (asked.weight * asked.positive).sum()


def gbce(asked: ScoredQuestions, vectors: Tensor, calibration: GbceCalibration) -> Tensor:
    """Weighted sum of generalised binary cross-entropies, a scalar.

    Each shared candidate, and each of the row's own history but the target, is a negative; a
    positive's probability is raised to `calibration.power()`. Arguments as in `softmax`, but
    `asked.rest` holds the sum of log(1 + exp(logit)) over the history's negatives.
    """
    negatives = LogRefusals.apply(asked.states, vectors, asked.weight, asked.out)
    positives = calibration.power() * F.softplus(-asked.positive)
    return negatives + (asked.weight * (positives + asked.rest)).sum()


def with_own(
    logits: Tensor,
    by_vector: Tensor,
    items: Tensor,
    target: Tensor,
    binary: bool,  # noqa: FBT001
) -> tuple[Tensor, Tensor]:
    """Bring the questions' own candidates in: `rest` and `positive` of questions, (B, Q) each.

    Args:
        logits: Logits of the own candidates, -inf where there is none, (B, Q, E).
        by_vector: Logits of the targets by vector alone, (B, Q).
        items: Item ids of the own candidates, (B, Q, E); each once where the logit is finite.
        target: Item ids, (B, Q).
        binary: For `gbce` instead of `softmax`.

    A target counts once: among the own candidates if it is there, else by its vector alone.
    """
    is_target = (items == target[..., None]) & (logits > NEVER)
    there = is_target.any(-1)
    positive = torch.where(there, torch.where(is_target, logits, 0.0).sum(-1), by_vector)
    if binary:
        return F.softplus(logits.masked_fill(is_target, NEVER)).sum(-1), positive
    alone = torch.where(there, NEVER, by_vector)[..., None]
    return torch.cat([logits, alone], dim=-1).logsumexp(-1), positive


def columns(items: Tensor, candidates: Tensor) -> Tensor:
    """Where items (...) stand among ascending candidates (C,): C for those that do not, (...)."""
    place = torch.searchsorted(candidates, items).clamp_max(len(candidates) - 1)
    return torch.where(candidates[place] == items, place, len(candidates))


def aligned(*parts: Tensor) -> Tensor:
    """Put columns (n, k) side by side, and zeros to a multiple of 32: matrix products like that."""
    width = sum(part.shape[1] for part in parts)
    return torch.cat([*parts, parts[0].new_zeros(len(parts[0]), -width % ALIGNED)], dim=1)
