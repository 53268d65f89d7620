"""The model: item vectors, an encoder, questions, repeats; what `AutoModel` loads."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel

from stages.bert4rec import encoder as enc
from stages.bert4rec.items import Catalogue, ItemTower
from stages.bert4rec.loss import Candidates, softmax_loss
from stages.bert4rec.masking import GAPS, Batch
from stages.bert4rec.repeats import Repeats
from stages.bert4rec.tokens import MASK


LOGITS = 2**24  # logits held at once: 64 MiB in fp32


class HhrecConfig(PretrainedConfig):
    """Everything needed to build the model again; `config.json` beside the weights."""

    model_type = "hhrec"

    def __init__(  # transformers builds it without arguments too
        self,
        backbone: str = "bert",
        objective: str = "prefix",
        hidden_size: int = 128,
        layers: int = 2,
        heads: int = 4,
        dropout: float = 0.2,
        history_length: int = 64,
        trained: int = 1,
        code_sizes: tuple[int, ...] = (),
        word_count: int = 0,
        id_dropout: float = 0.1,
        books: str = "",
        **kwargs: Any,
    ) -> None:
        self.backbone = backbone
        self.objective = objective
        self.hidden_size = hidden_size
        self.layers = layers
        self.heads = heads
        self.dropout = dropout
        self.history_length = history_length
        self.trained = trained
        self.code_sizes = list(code_sizes)
        self.word_count = word_count
        self.id_dropout = id_dropout
        self.books = books
        super().__init__(**kwargs)


class HhrecModel(PreTrainedModel):
    """Scores vacancies for questions about histories."""

    config_class = HhrecConfig
    base_model_prefix = "hhrec"
    _supports_sdpa = True

    def __init__(self, config: HhrecConfig) -> None:
        super().__init__(config)
        width = config.hidden_size
        self.tower = ItemTower(
            width, config.trained, tuple(config.code_sizes), config.word_count, config.id_dropout
        )
        self.actions = nn.Embedding(4, width)
        self.gaps = nn.Embedding(GAPS, width)
        self.days = nn.Embedding(7, width)
        if config.objective != "mlm":
            self.start = nn.Parameter(torch.zeros(width))  # what an empty history shows
        if config.objective == "prefix":
            self.previous = nn.Linear(width, width)
        shape = enc.Shape(width, config.layers, config.heads, config.history_length + 2, config.dropout)
        self.encoder = enc.build(config.backbone, shape)
        enc.freeze_unused(self.encoder)
        self.head = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.out = nn.Linear(width, width)
        self.repeats = Repeats(width)
        self.post_init()
        self.repeats.start_from_last_viewed()

    def forward(self, batch: Batch, catalogue: Catalogue, candidates: Candidates) -> Tensor:
        """Sum of weighted losses of a batch, a scalar."""
        states, vectors, history = self.answers(batch, catalogue)
        wanted = self.tower(candidates.items, catalogue)
        right, right_bias = self.item_vectors(batch.target, catalogue)
        own = (states * right).sum(-1) + right_bias
        weight = batch.weight * self.answerable(batch)
        rows = max(1, LOGITS // (states.shape[1] * len(candidates.items)))
        total = states.new_zeros(())
        for part in torch.arange(len(states), device=states.device).split(rows):
            # logits of a part are computed again in backward, so only one part's are ever held
            total = total + checkpoint(
                _part_loss,
                *(value[part] for value in (states, history, own, batch.items, batch.target)),
                weight[part],
                *wanted,
                candidates,
                use_reentrant=False,
            )
        return total

    def answerable(self, batch: Batch) -> Tensor:
        """Questions that count: the answer is a vocabulary item, or the row has shown it, (B, Q)."""
        shown = (batch.items[:, None] == batch.target[..., None]) & self.sees(batch)
        return (batch.weight > 0) & ((batch.target < self.tower.known) | shown.any(-1))

    def answers(self, batch: Batch, catalogue: Catalogue) -> tuple[Tensor, Tensor, Tensor]:
        """States of the questions, vectors of the events, logits of the history.

        Returns:
            (B, Q, H), (B, L, H), and (B, Q, L) with -inf but at each vacancy's last visible place.
        """
        vectors, biases = self.item_vectors(batch.items, catalogue)
        sees = self.sees(batch)
        states = self.out(self.head(self.states(batch, vectors, sees, catalogue)))
        history = states @ vectors.transpose(1, 2) + biases[:, None]
        return states, vectors, history + self.repeats(states, vectors, batch, sees)

    def item_vectors(self, items: Tensor, catalogue: Catalogue) -> tuple[Tensor, Tensor]:
        """Vectors (..., H) and biases (...) of item ids, each distinct item computed once."""
        distinct, place = items.unique(return_inverse=True)
        vectors, biases = self.tower(distinct, catalogue)
        return vectors[place], biases[place]

    def sees(self, batch: Batch) -> Tensor:
        """Which question knows the item of which event, (B, Q, L) bool."""
        steps = torch.arange(batch.items.shape[1], device=batch.items.device)
        known = (steps < batch.lengths[:, None]) & ~batch.hidden
        if self.config.objective == "mlm":
            return known[:, None].expand(-1, batch.place.shape[1], -1)
        return known[:, None] & (steps < batch.place[..., None])

    def states(
        self, batch: Batch, vectors: Tensor, sees: Tensor, catalogue: Catalogue
    ) -> Tensor:
        """Encode the rows and read the questions' states, (B, Q, H)."""
        if self.config.objective == "prefix":
            return self._prefix(batch, vectors, sees, catalogue)
        if self.config.objective == "causal":
            return self._causal(batch, vectors)
        return self._mlm(batch, vectors)

    def _events(self, batch: Batch, vectors: Tensor) -> Tensor:
        return vectors + self.actions(batch.actions) + self.gaps(batch.gaps) + self.days(batch.days)

    def _mlm(self, batch: Batch, vectors: Tensor) -> Tensor:
        steps = torch.arange(batch.items.shape[1], device=batch.items.device)
        from_end = (batch.lengths[:, None] - 1 - steps).clamp_min(0)
        events = enc.embed(self.encoder, self._events(batch, vectors), from_end)
        real = (steps < batch.lengths[:, None])[:, None, None]
        everyone = real.expand(-1, -1, batch.items.shape[1], -1)
        return enc.read(self.encoder, events, everyone, batch.place)

    def _opened(self, batch: Batch, vectors: Tensor) -> Tensor:
        """Events behind a start that every question sees, (B, 1 + L, H)."""
        start = self.start.expand(len(vectors), 1, -1)
        events = torch.cat([start, self._events(batch, vectors)], dim=1)
        steps = torch.arange(events.shape[1], device=events.device).expand(len(events), -1)
        return enc.embed(self.encoder, events, steps)

    def _causal(self, batch: Batch, vectors: Tensor) -> Tensor:
        events = self._opened(batch, vectors)
        sees = enc.causal(events.shape[1], events.device).expand(len(events), -1, -1, -1)
        return enc.read(self.encoder, events, sees, batch.place)

    def _prefix(
        self, batch: Batch, vectors: Tensor, sees: Tensor, catalogue: Catalogue
    ) -> Tensor:
        events = self._opened(batch, vectors)
        before = (batch.place - 1).clamp_min(0)[..., None].expand(-1, -1, vectors.shape[-1])
        newest = self.previous(vectors.gather(1, before)) * (batch.place > 0)[..., None]
        mask, _ = self.tower(torch.full((1,), MASK, device=vectors.device), catalogue)
        questions = mask + newest + self.actions(batch.asked) + self.gaps(batch.gap)
        questions = enc.embed(self.encoder, questions, batch.place + 1)
        question_sees = nn.functional.pad(sees, (1, 0), value=True).unsqueeze(1)
        event_sees = enc.causal(events.shape[1], events.device)
        return enc.ask(self.encoder, events, event_sees, questions, question_sees)


def _part_loss(
    states: Tensor,
    history: Tensor,
    own: Tensor,
    items: Tensor,
    target: Tensor,
    weight: Tensor,
    vectors: Tensor,
    biases: Tensor,
    candidates: Candidates,
) -> Tensor:
    """Weighted sum of the losses of some rows."""
    losses = softmax_loss(states @ vectors.T + biases, history, own, items, candidates, target)
    return torch.where(weight > 0, losses * weight, 0.0).sum()


AutoConfig.register("hhrec", HhrecConfig)
AutoModel.register(HhrecConfig, HhrecModel)
