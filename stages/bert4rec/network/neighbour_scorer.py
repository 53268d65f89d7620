"""Neighbour scorer: a learned score of co-occurring vacancies that starts as item-kNN's."""

import torch
from torch import Tensor, nn

from stages.bert4rec.network.small_tables import rows_of

SCALE = 300.0  # a similarity of 1/300 is little


def above(values: Tensor) -> Tensor:
    """How many of its row are greater than each, (..., E) -> (..., E) int64."""
    ascending = values.sort(-1).values
    return values.shape[-1] - torch.searchsorted(ascending, values, right=True)


def similarity(score: Tensor) -> Tensor:
    """Put summed similarities on a log scale, 0 where there is none."""
    return torch.log1p(score * SCALE)


class NeighbourScorer(nn.Module):
    """Additive logits of the neighbours of a question's newest events.

    Starts as the logarithm of their similarity, so that alone they rank like item-kNN. How much
    that says differs between questions: by the action asked for, whether a new session is asked
    for, and the question's state.

    Args:
        hidden_size: H of the questions.
        width: Hidden units.
    """

    def __init__(self, hidden_size: int, width: int = 16) -> None:
        super().__init__()
        self.slope = nn.Embedding(8, 1)
        self.base = nn.Embedding(8, 1)
        self.gate = nn.Linear(hidden_size, 1, bias=False)
        self.kind = nn.Embedding(8, width)
        self.first = nn.Linear(4, width)
        self.age = nn.Linear(1, 1, bias=False)
        self.second = nn.Linear(width, 1, bias=False)
        self.start_as_knn()

    @torch.no_grad()
    def start_as_knn(self) -> None:
        """Set the start: only similarity counts."""
        self.slope.weight.fill_(1.0)
        self.base.weight.zero_()
        self.gate.weight.zero_()
        self.age.weight.zero_()
        self.second.weight.zero_()

    @torch.no_grad()
    def start_from(self, weights: Tensor) -> None:
        """Set slope and base to those of a log: (4, 2) by action asked."""
        self.slope.weight.copy_(weights.repeat(2, 1)[:, :1])
        self.base.weight.copy_(weights.repeat(2, 1)[:, 1:])

    def forward(
        self, states: Tensor, score: Tensor, stale: Tensor, asked: Tensor, ahead: Tensor
    ) -> Tensor:
        """Score neighbours.

        Args:
            states: Questions, (B, Q, H).
            score: Summed similarities, (B, Q, E).
            stale: Days since they were counted, (B, Q).
            asked: Actions asked for, (B, Q).
            ahead: 1 where a new session is asked for, (B, Q).
        """
        kind = asked + 4 * ahead
        size = similarity(score)
        most = size.amax(-1, keepdim=True).expand_as(size)
        rank = above(size).to(size.dtype).log1p()
        old = stale.log1p()[..., None]
        features = torch.stack([size, most, rank, old.expand_as(size)], -1)
        features = self.first(features) + rows_of(self.kind, kind)[:, :, None]
        bend = self.second(torch.relu(features)).squeeze(-1)
        return (
            size * (rows_of(self.slope, kind) + self.gate(states) + self.age(old))
            + rows_of(self.base, kind)
            + bend
        )
