"""The networks of the model, and what each part of the score says of candidates."""

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from stages.bert4rec.batching.batch import Batch
from stages.bert4rec.network import popularity_prior
from stages.bert4rec.network.config import HhrecConfig
from stages.bert4rec.network.item_tower import ItemInputs, ItemTower
from stages.bert4rec.network.item_vectors import ItemVectors
from stages.bert4rec.network.neighbour_scorer import NeighbourScorer
from stages.bert4rec.network.popularity_prior import PopularityPrior, periods_of
from stages.bert4rec.network.repeat_scorer import RepeatScorer, describe
from stages.bert4rec.network.sequence_encoder import SequenceEncoder, ahead
from stages.bert4rec.network.step_index import places_of
from stages.core.item_ids import MASK

OWN_PACE = 4.0  # repeats are rarely asked for: what is learned of their demand is learned faster


class Scorer(PreTrainedModel):
    """Items as vectors, histories as states, and the parts of a score by both."""

    config_class = HhrecConfig
    base_model_prefix = "hhrec"
    _supports_sdpa = True

    def __init__(self, config: HhrecConfig) -> None:
        super().__init__(config)
        width = config.hidden_size
        self.tower = ItemTower(
            width,
            config.trained,
            tuple(config.code_sizes),
            config.word_count,
            config.id_dropout,
            has_salary=config.has_salary,
            text_width=config.text_width,
        )
        self.streams = SequenceEncoder(config)
        self.head = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.out = nn.Linear(width, width)
        self.repeats = RepeatScorer(width)
        self.trend, self.own_trend = PopularityPrior(), PopularityPrior(pace=OWN_PACE)
        if config.neighbours:
            self.nearby, self.near_trend = NeighbourScorer(width), PopularityPrior()
        self.post_init()
        self.repeats.start_from_last_viewed()
        self.streams.start_from_last_event()
        counted = [self.trend, self.own_trend]
        if config.neighbours:
            self.nearby.start_as_knn()
            counted.append(self.near_trend)
        for trend in counted:
            trend.start_from(torch.zeros(popularity_prior.FEATURES))

    def states(
        self,
        batch: Batch,
        vectors: Tensor,
        sees: Tensor,
        catalogue: ItemInputs,
        hidden: Tensor | None = None,
    ) -> Tensor:
        """Encode the rows and read the questions' states, (B, Q, H); see `SequenceEncoder`."""

        def mask() -> Tensor:
            return self.tower(torch.full((1,), MASK, device=vectors.device), catalogue)[0]

        return self.streams(batch, vectors, sees, mask, hidden)

    def lookup(
        self, catalogue: ItemInputs, *ids: Tensor
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Compute the vectors of items, each once.

        Returns:
            Vectors (n, H) and biases (n,) of the distinct items, and in which row of them each of
            the `ids` stands, in their shapes.
        """
        distinct, places = places_of(*ids)
        return *self.tower(distinct, catalogue), places

    def near(
        self, states: Tensor, close: ItemVectors, batch: Batch, catalogue: ItemInputs
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Say what neighbours score by vector, by popularity, by demand and as neighbours.

        Much demand makes many neighbours, so it has weights of its own here. Each is (B, Q, E), and without a meaning where there is no neighbour.
        """
        if not batch.near.shape[-1]:
            none = states.new_zeros(batch.near.shape)
            return none, none, none, none
        by_vector = (close.of @ states[..., None]).squeeze(-1)
        asked, known = periods_of(batch.when, catalogue.demand, batch.lag)
        trend = self.near_trend(batch.near, asked[..., None], known[..., None], catalogue.demand)
        extra = self.nearby(states, batch.near_score, batch.near_stale, batch.asked, ahead(batch))
        return by_vector, close.bias, trend, extra

    def trends(self, items: Tensor, moments: Tensor, catalogue: ItemInputs) -> Tensor:
        """Logits by demand of items (C,) in moments (P,), numbered as in `StepIndex`, (P, C)."""
        width = catalogue.demand.periods() + 1
        at = (moments // width)[:, None], (moments % width)[:, None]
        return self.trend(items[None], *at, catalogue.demand)

    def history(
        self, states: Tensor, items: ItemVectors, batch: Batch, sees: Tensor, catalogue: ItemInputs
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Say what each row's own vacancies score by vector, by demand, and as repeats, (B, Q, L).

        What demand and popularity say of a new vacancy does not hold of one that was met before, so
        demand has weights of its own here and the vacancy's bias is left out. With them go the
        features of the repeats, (B, Q, L, 10).
        """
        by_vector = states @ items.of.transpose(1, 2)
        asked, known = periods_of(batch.when, catalogue.demand, batch.lag)
        at = batch.items[:, None], asked[..., None], known[..., None], catalogue.demand
        described = describe(batch, sees)
        repeat = self.repeats(states, items.of, batch, described)
        return by_vector, self.own_trend(*at), repeat, described[0]
