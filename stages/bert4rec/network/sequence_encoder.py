"""Sequence encoder: events and questions of a row through the layers, by objective."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from stages.bert4rec.batching.batch import Batch
from stages.bert4rec.examples.training_examples import GAPS
from stages.bert4rec.network import encoder_layers as enc
from stages.bert4rec.network.backbones import Shape, build, freeze_unused
from stages.bert4rec.network.byte_dropout import use_bytes
from stages.bert4rec.network.config import HhrecConfig
from stages.bert4rec.network.small_tables import rows_of
from stages.core.actions import ACTION_NAMES


class SequenceEncoder(nn.Module):
    """Embeds events and questions, and encodes them as the objective asks for."""

    def __init__(self, config: HhrecConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.objective = config.objective
        self.actions = nn.Embedding(len(ACTION_NAMES), width)
        self.gaps = nn.Embedding(GAPS, width)
        self.days = nn.Embedding(7, width)
        if config.objective != "mlm":
            self.start = nn.Parameter(torch.zeros(width))  # what an empty history shows
        if config.objective != "causal":
            self.previous = nn.Linear(width, width)
        if config.objective == "prefix":
            self.ahead = nn.Embedding(2, width)
        positions = config.history_length + 2
        shape = Shape(
            width, config.layers, config.heads, positions, config.dropout, config.feed_width
        )
        self.encoder = build(config.backbone, shape)
        freeze_unused(self.encoder)
        use_bytes(self.encoder)

    def start_from_last_event(self) -> None:
        """Let a question start out like the event before it."""
        if self.objective != "causal":
            nn.init.eye_(self.previous.weight)

    def forward(
        self,
        batch: Batch,
        vectors: Tensor,
        sees: Tensor,
        mask: Callable[[], Tensor],
        hidden: Tensor | None = None,
    ) -> Tensor:
        """Encode the rows and read the questions' states.

        Args:
            batch: B rows of L events, Q questions a row.
            vectors: Of the events' items, (B, L, H).
            sees: Which question knows the item of which event, (B, Q, L) bool.
            mask: Makes the mask's vector, (1, H); only `prefix` wants it.
            hidden: The hidden events, as places in B times L, where they are known, (h,).

        Returns:
            (B, Q, H).
        """
        if self.objective == "prefix":
            return self._prefix(batch, vectors, sees, mask)
        if self.objective == "causal":
            return self._causal(batch, vectors)
        return self._mlm(batch, vectors, hidden)

    def events(self, batch: Batch, vectors: Tensor) -> Tensor:
        """Describe events by item, action, time since the last, and day of the week, (B, L, H)."""
        return (
            vectors
            + rows_of(self.actions, batch.actions)
            + rows_of(self.gaps, batch.gaps)
            + rows_of(self.days, batch.days)
        )

    def asking(self, events: Tensor, hidden: Tensor) -> Tensor:
        """Add to each hidden event what stands before it, as its row shows it, (B, L, H)."""
        before = nn.functional.pad(events[:, :-1], (0, 0, 1, 0)).flatten(0, 1)
        newest = self.previous(before.index_select(0, hidden)).to(events.dtype)
        return events.flatten(0, 1).index_add(0, hidden, newest).view_as(events)

    def _mlm(self, batch: Batch, vectors: Tensor, hidden: Tensor | None) -> Tensor:
        hidden = batch.hidden.flatten().nonzero()[:, 0] if hidden is None else hidden
        steps = torch.arange(batch.items.shape[1], device=batch.items.device)
        from_end = (batch.lengths[:, None] - 1 - steps).clamp_min(0)
        shown = self.asking(self.events(batch, vectors), hidden)
        real = steps < batch.lengths[:, None]
        everyone = real[:, None, None].expand(-1, -1, batch.items.shape[1], -1)
        embedded = enc.embed(self.encoder, shown, from_end)
        return enc.read(self.encoder, embedded, None if batch.full else everyone, batch.place)

    def _causal(self, batch: Batch, vectors: Tensor) -> Tensor:
        events = self._embedded(self._opened(batch, vectors))
        sees = enc.causal(events.shape[1], events.device).expand(len(events), -1, -1, -1)
        return enc.read(self.encoder, events, sees, batch.place)

    def _prefix(
        self, batch: Batch, vectors: Tensor, sees: Tensor, mask: Callable[[], Tensor]
    ) -> Tensor:
        opened = self._opened(batch, vectors)
        events = self._embedded(opened)
        place = batch.place[..., None].expand(-1, -1, vectors.shape[-1])
        newest = self.previous(opened.gather(1, place))  # behind the start: one before the question
        questions = (
            mask() + newest + rows_of(self.actions, batch.asked) + rows_of(self.gaps, batch.gap)
        )
        questions = questions + rows_of(self.ahead, ahead(batch))
        questions = enc.embed(self.encoder, questions, batch.place + 1)
        question_sees = nn.functional.pad(sees, (1, 0), value=True).unsqueeze(1)
        return enc.ask(self.encoder, events, "past", questions, question_sees)

    def _opened(self, batch: Batch, vectors: Tensor) -> Tensor:
        """Events behind a start that every question sees, (B, 1 + L, H)."""
        start = self.start.expand(len(vectors), 1, -1)
        return torch.cat([start, self.events(batch, vectors)], dim=1)

    def _embedded(self, opened: Tensor) -> Tensor:
        steps = torch.arange(opened.shape[1], device=opened.device).expand(len(opened), -1)
        return enc.embed(self.encoder, opened, steps)


def seen(batch: Batch, objective: str) -> Tensor:
    """Which question knows the item of which event, (B, Q, L) bool."""
    steps = torch.arange(batch.items.shape[1], device=batch.items.device)
    known = (steps < batch.lengths[:, None]) & ~batch.hidden
    if objective == "mlm":
        return known[:, None].expand(-1, batch.place.shape[1], -1)
    return known[:, None] & (steps < batch.place[..., None])


def ahead(batch: Batch) -> Tensor:
    """1 where a question asks for a session newer than any it sees, else 0, (B, Q)."""
    before = (batch.place - 1).clamp_min(0)
    newest = batch.sessions.gather(1, before)
    return ((batch.session != newest) | (batch.place == 0)).long()
