"""What is exported: a history to a query and scores of its own vacancies, and these to a list."""

from typing import Any

import torch
from torch import Tensor, nn

from stages.bert4rec.batching.batch import Batch
from stages.bert4rec.network import encoder_layers as enc
from stages.bert4rec.network.model import VECTORS, HhrecModel
from stages.bert4rec.network.repeat_scorer import describe
from stages.bert4rec.network.sequence_encoder import seen
from stages.core.item_ids import FIRST_ITEM, MASK
from stages.export.inputs import asked_batch, steps_of

NEVER = float("-inf")


class Encoder(nn.Module):
    """Histories to queries.

    Args:
        model: Its layers are shared, not copied.
    """

    def __init__(self, model: HhrecModel) -> None:
        super().__init__()
        self.config = model.config
        self.streams, self.head, self.out = model.streams, model.head, model.out
        self.repeats = model.repeats

    def forward(
        self,
        items: Tensor,
        actions: Tensor,
        times: Tensor,
        sessions: Tensor,
        lengths: Tensor,
        vectors: Tensor,
        own_demand: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Encode histories, (B, L) each and lengths (B,).

        Args:
            items: Item ids.
            actions: 0..3.
            times: Microseconds since 1970.
            sessions: Ordinals.
            lengths: Events of each.
            vectors: Of all item ids, (N, H).
            own_demand: What demand says of each where it was met before, (N,).

        Returns:
            States (B, H), and the score of each event's vacancy (B, L), -inf but at its last place.
        """
        batch = asked_batch(self.config, items, actions, times, sessions, lengths)
        shown = nn.functional.embedding(batch.items, vectors)
        sees = seen(batch, self.config.objective)
        if self.config.objective == "mlm":
            read = self.masked(batch, shown)
        else:
            read = self.streams(batch, shown, sees, lambda: vectors[MASK][None])
        states = VECTORS * self.out(self.head(read))
        by_vector = states @ shown.transpose(1, 2)
        repeat = self.repeats(states, shown, batch, describe(batch, sees))
        own = (by_vector + repeat)[:, 0] + own_demand[batch.items]
        return states[:, 0], own[:, : items.shape[1]]

    def masked(self, batch: Batch, vectors: Tensor) -> Tensor:
        """`SequenceEncoder` for `mlm`, without work that depends on values."""
        streams = self.streams
        events = streams.events(batch, vectors)
        before = nn.functional.pad(events[:, :-1], (0, 0, 1, 0))
        shown = events + streams.previous(before) * batch.hidden[..., None]
        steps = steps_of(batch.items)
        from_end = (batch.lengths[:, None] - 1 - steps).clamp_min(0)
        real = (steps < batch.lengths[:, None])[:, None, None]
        everyone = real.expand(-1, -1, batch.items.shape[1], -1)
        return enc.read(
            streams.encoder, enc.embed(streams.encoder, shown, from_end), everyone, batch.place
        )


class Ranking(nn.Module):
    """The best vacancies of each query, its own among them."""

    def forward(
        self, states: Tensor, items: Tensor, own: Tensor, k: Tensor, vectors: Tensor, biases: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Rank all vacancies for queries.

        Args:
            states: Queries, (B, H).
            items: Item ids of their histories, (B, L).
            own: Scores of these, -inf where there is none, (B, L).
            k: How many are wanted, (1,) int64; at most N - 3.
            vectors: Of all item ids, (N, H).
            biases: Of all item ids, with what demand says; -inf for those never recommended, (N,).

        Returns:
            Item ids and scores, best first, (B, k).
        """
        scores = nn.functional.linear(states, vectors, biases)
        scores = scores.scatter(1, items, NEVER)
        scores = scores.scatter_reduce(1, items, own, "amax")[:, FIRST_ITEM:]
        wanted: Any = k.item()
        torch._check(wanted >= 1)  # noqa: SLF001  how `torch.export` is told of bounds
        torch._check(wanted <= scores.shape[1])  # noqa: SLF001
        best = torch.topk(scores, wanted)
        return best.indices + FIRST_ITEM, best.values
