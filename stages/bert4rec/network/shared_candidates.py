"""Candidates that all questions of a batch share, beside those that each has of its own."""

import torch
from torch import Tensor, nn

from stages.bert4rec.batching.batch import Batch
from stages.bert4rec.loss import candidate_losses as losses
from stages.bert4rec.network.step_index import StepIndex
from stages.bert4rec.retrieval.negative_sampling import StepCandidates


def shared_candidates(
    states: Tensor,
    rest: Tensor,
    positive: Tensor,
    sees: Tensor,
    index: StepIndex,
    batch: Batch,
    candidates: StepCandidates,
) -> losses.ScoredQuestions:
    """Put the questions that count before the candidates that all of them share.

    Args:
        states: (B, Q, H).
        rest: Candidates of their own, (B, Q).
        positive: Their answers, (B, Q).
        sees: Which events each question sees, (B, Q, L).
        index: Which questions count, and when each is asked.
        batch: The rows.
        candidates: Shared by all.
    """
    counted = index.counted

    def take(values: Tensor) -> Tensor:
        return values.flatten(0, 1).index_select(0, counted)

    moment = nn.functional.one_hot(take(index.moment), len(index.moments)).to(states.dtype)
    out = losses.columns(batch.items, candidates.items)[counted // batch.weight.shape[1]]
    out = torch.where(take(sees), out, len(candidates.items))
    hit = losses.columns(take(batch.target), candidates.items)
    close = losses.columns(take(batch.near), candidates.items)
    return losses.ScoredQuestions(
        states=losses.aligned(take(states), torch.ones_like(moment[:, :1]), moment),
        weight=take(batch.weight),
        rest=take(rest),
        positive=take(positive),
        out=torch.cat([out, hit[:, None], close], dim=1),
    )
