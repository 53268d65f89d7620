"""The candidates that a row brings along, its history and its neighbours, and their scores."""

from typing import NamedTuple

import torch
from torch import Tensor

from stages.bert4rec.batching.batch import Batch
from stages.core.item_ids import PAD


class EncodedQuestions(NamedTuple):
    """What the model says of B rows with Q questions before it sees the catalogue.

    Attributes:
        states: (B, Q, H).
        items: Own candidates: the history, then the neighbours, (B, Q, L + E).
        logits: -inf but at each vacancy's last visible place, (B, Q, L + E).
        parts: What the logits are sums of (`parts.PARTS`), (B, Q, L + E, F), where asked for.
    """

    states: Tensor
    items: Tensor
    logits: Tensor
    parts: Tensor | None = None


def beside(items: Tensor, history: Tensor, near: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """Put a row's history (B, L), with logits (B, Q, L), beside neighbours (B, Q, E)."""
    wide = items[:, None].expand(history.shape)
    return torch.cat([wide, near], -1), torch.cat([history, logits], -1)


def near_score(batch: Batch, parts: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
    """Add up what `Scorer.near` says, (B, Q, E); -inf where there is no neighbour."""
    by_vector, bias, demand, near = parts
    return (by_vector + bias + demand + near).masked_fill(batch.near == PAD, float("-inf"))


def history_score(parts: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
    """Add up what `Scorer.history` says, (B, Q, L)."""
    by_vector, demand, repeat, _ = parts
    return by_vector + demand + repeat
