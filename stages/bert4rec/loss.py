"""Losses over shared candidates and over the row's own history, behind one function: `summed`.

A question's candidates are C shared items and the L places of its row's history, which carry
additive logits of their own (`repeats`). A shared item that stands in the row's history, or is the
target (an accidental hit), is left out of the shared ones, so no candidate counts twice.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  the name torch's own documentation uses

from stages.bert4rec.candidates import Calibration
from stages.bert4rec.partition import NEVER, LogPartition, LogRefusals


ALIGNED = 32  # columns of a matrix product


@dataclass(frozen=True)
class Asked:
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


def summed(asked: Asked, vectors: Tensor, calibration: Calibration | None) -> Tensor:
    """Loss of a batch: a softmax, or gBCE where a calibration is given."""
    if calibration is None:
        return softmax(asked, vectors)
    return gbce(asked, vectors, calibration)


def softmax(asked: Asked, vectors: Tensor) -> Tensor:
    """Weighted sum of negative log-likelihoods, a scalar.

    Args:
        asked: M questions.
        vectors: Shared candidates, (C, K); their logits are `asked.states @ vectors.T`.
    """
    summed = LogPartition.apply(asked.states, vectors.to(asked.states.dtype), asked.rest, asked.weight, asked.out)
    return summed - (asked.weight * asked.positive).sum()


def gbce(asked: Asked, vectors: Tensor, calibration: Calibration) -> Tensor:
    """Weighted sum of generalised binary cross-entropies, a scalar.

    Each shared candidate, and each of the row's own history but the target, is a negative; a
    positive's probability is raised to `calibration.power()`. Arguments as in `softmax`, but
    `asked.rest` holds the sum of log(1 + exp(logit)) over the history's negatives.
    """
    negatives = LogRefusals.apply(asked.states, vectors.to(asked.states.dtype), asked.weight, asked.out)
    positives = calibration.power() * F.softplus(-asked.positive)
    return negatives + (asked.weight * (positives + asked.rest)).sum()


def with_history(
    history: Tensor, own: Tensor, items: Tensor, target: Tensor, *, binary: bool
) -> tuple[Tensor, Tensor]:
    """Bring the row's own history in: `rest` and `positive` of questions, (B, Q) each.

    Args:
        history: Logits of the history, -inf but at the last visible occurrence of each item,
            (B, Q, L).
        own: Logits of the targets by vector alone, (B, Q).
        items: Item ids of the history, (B, L).
        target: Item ids, (B, Q).
        binary: For `gbce` instead of `softmax`.

    A target counts once: in the history if it is visible there, else by its own logit.
    """
    is_target = (items[:, None] == target[..., None]) & (history > NEVER)
    repeated = is_target.any(-1)
    positive = torch.where(repeated, torch.where(is_target, history, 0.0).sum(-1), own)
    if binary:
        return F.softplus(history.masked_fill(is_target, NEVER)).sum(-1), positive
    fresh = torch.where(repeated, NEVER, own)[..., None]
    return torch.cat([history, fresh], dim=-1).logsumexp(-1), positive


def columns(items: Tensor, candidates: Tensor) -> Tensor:
    """Where items (...) stand among ascending candidates (C,): C for those that do not, (...)."""
    place = torch.searchsorted(candidates, items).clamp_max(len(candidates) - 1)
    return torch.where(candidates[place] == items, place, len(candidates))




def aligned(*parts: Tensor) -> Tensor:
    """Put columns (n, k) side by side, and zeros to a multiple of 32: matrix products like that."""
    width = sum(part.shape[1] for part in parts)
    return torch.cat([*parts, parts[0].new_zeros(len(parts[0]), -width % ALIGNED)], dim=1)
