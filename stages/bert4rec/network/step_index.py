"""Everything of a training step whose size depends on the data: which rows, which questions.

A GPU has to be waited for before such a size is known. So these are found ahead, beside the step
before, and the step itself waits for nothing.
"""

from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from stages.bert4rec.batching.batch import Batch
from stages.bert4rec.network.popularity_prior import Demand, numbered, periods_of
from stages.bert4rec.retrieval.negative_sampling import StepCandidates


@dataclass(frozen=True)
class StepIndex:
    """What a step needs to know before it begins.

    Attributes:
        distinct: The items that it looks up, ascending, (n,).
        items: Row in `distinct` of the events' items, (B, L).
        target: Of the answers, (B, Q).
        shared: Of the shared candidates, (C,).
        near: Of the neighbours, (B, Q, E).
        counted: The questions with weight, as places in B times Q, (M,).
        hidden: The hidden events, as places in B times L, (h,).
        moments: Distinct pairs of a period asked in and one before which demand is known, as
            `numbered`, (P,).
        moment: Which of them each question is asked in, (B, Q).
    """

    distinct: Tensor
    items: Tensor
    target: Tensor
    shared: Tensor
    near: Tensor
    counted: Tensor
    hidden: Tensor
    moments: Tensor
    moment: Tensor

    def tensors(self) -> list[Tensor]:
        """Return all of them."""
        return [getattr(self, field.name) for field in fields(self)]


def places_of(*ids: Tensor) -> tuple[Tensor, tuple[Any, ...]]:
    """Find the distinct ids, (n,), and which of them each of `ids` is, in their shapes."""
    distinct, place = torch.cat([some.flatten() for some in ids]).unique(return_inverse=True)
    rows = place.split([some.numel() for some in ids])
    return distinct, tuple(r.view_as(i) for r, i in zip(rows, ids, strict=True))


def step_index(batch: Batch, candidates: StepCandidates, demand: Demand) -> StepIndex:
    """Find them."""
    wanted = (batch.items, batch.target, candidates.items, batch.near)
    distinct, (items, target, shared, near) = places_of(*wanted)
    asked, known = periods_of(batch.when, demand, batch.lag)
    moments, moment = numbered(asked, known, demand).unique(return_inverse=True)
    return StepIndex(
        distinct=distinct,
        items=items,
        target=target,
        shared=shared,
        near=near,
        counted=batch.weight.flatten().nonzero()[:, 0],
        hidden=batch.hidden.flatten().nonzero()[:, 0],
        moments=moments,
        moment=moment,
    )
