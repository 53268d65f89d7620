"""The model: item vectors, an encoder, questions, repeats; what `AutoModel` loads."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch
from safetensors.torch import load_model
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedModel
from transformers.initialization import no_init_weights

from stages.bert4rec.batching.batch import Batch, narrowed
from stages.bert4rec.loss import candidate_losses as losses
from stages.bert4rec.network import popularity_prior
from stages.bert4rec.network import score_parts as parts_of
from stages.bert4rec.network.config import HhrecConfig
from stages.bert4rec.network.item_tower import Catalogue, ItemTower
from stages.bert4rec.network.neighbour_scorer import Nearby
from stages.bert4rec.network.popularity_prior import Trend, periods_of
from stages.bert4rec.network.repeat_scorer import Repeats, describe
from stages.bert4rec.network.sequence_encoder import Streams, ahead, seen
from stages.bert4rec.retrieval.negative_sampling import Candidates
from stages.core.item_ids import MASK, PAD
from stages.core.model_files import WEIGHTS

VECTORS = 0.5  # what vectors say at prediction, beside what is counted, before any calibration
OWN_PACE = 4.0  # repeats are rarely asked for: what is learned of their demand is learned faster


@dataclass(frozen=True)
class Vectors:
    """Vectors (..., H) and biases (...) of some items."""

    of: Tensor
    bias: Tensor


class Answers(NamedTuple):
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


def picked(vectors: Tensor, biases: Tensor, rows: Tensor) -> Vectors:
    """Take rows (...) of vectors (n, H) and biases (n,).

    By `embedding`, whose backward pass adds up in one order whatever the threads; that of
    `vectors[rows]` does not.
    """
    bias = nn.functional.embedding(rows, biases[:, None]).squeeze(-1)
    return Vectors(nn.functional.embedding(rows, vectors), bias)


def beside(items: Tensor, history: Tensor, near: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """Put a row's history (B, L), with logits (B, Q, L), beside neighbours (B, Q, E)."""
    wide = items[:, None].expand(history.shape)
    return torch.cat([wide, near], -1), torch.cat([history, logits], -1)


def near_score(batch: Batch, parts: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
    """Add up what `HhrecModel.near` says, (B, Q, E); -inf where there is no neighbour."""
    by_vector, bias, demand, near = parts
    return (by_vector + bias + demand + near).masked_fill(batch.near == PAD, float("-inf"))


def history_score(parts: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
    """Add up what `HhrecModel.history` says, (B, Q, L)."""
    by_vector, demand, repeat, _ = parts
    return by_vector + demand + repeat


class HhrecModel(PreTrainedModel):
    """Scores vacancies for questions about histories."""

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
        self.streams = Streams(config)
        self.head = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.out = nn.Linear(width, width)
        self.repeats = Repeats(width)
        self.trend, self.own_trend = Trend(), Trend(pace=OWN_PACE)
        if config.neighbours:
            self.nearby, self.near_trend = Nearby(width), Trend()
        self.post_init()
        self.repeats.start_from_last_viewed()
        self.streams.start_from_last_event()
        counted = [self.trend, self.own_trend]
        if config.neighbours:
            self.nearby.start_as_knn()
            counted.append(self.near_trend)
        for trend in counted:
            trend.start_from(torch.zeros(popularity_prior.FEATURES))

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Read what `save_pretrained` wrote, for answers.

        As `from_pretrained` does, but with every weight or none, and without the half second that
        it takes to learn how other models' weights were once named.

        Raises:
            OSError, RuntimeError, SafetensorError, ValueError: It is no such model, or not whole.
        """
        with no_init_weights():
            model = cls(cls.config_class.from_pretrained(directory))
        load_model(model, directory / WEIGHTS)
        return model.eval()

    def write(self, directory: Path, **decided: Any) -> None:
        """Write weights and config, with what was `decided` about its use; nothing changes here."""
        self.save_pretrained(directory)
        config = deepcopy(self.config)
        config.update(decided)
        config.save_pretrained(directory)

    def forward(self, batch: Batch, catalogue: Catalogue, candidates: Candidates) -> Tensor:
        """Sum of weighted losses of a batch, a scalar."""
        wanted = (batch.items, batch.target, candidates.items, batch.near)
        distinct, place = torch.cat([ids.flatten() for ids in wanted]).unique(return_inverse=True)
        vectors, biases = self.tower(distinct, catalogue)
        events, targets, shared, close = place.split([ids.numel() for ids in wanted])
        items = picked(vectors, biases, events.view_as(batch.items))
        right = picked(vectors, biases, targets.view_as(batch.target))
        sees = seen(batch, self.config.objective)
        states = self.out(self.head(self.states(batch, items.of, sees, catalogue)))
        asked, known = periods_of(batch.when, catalogue.demand, batch.lag)
        own = (states * right.of).sum(-1) + right.bias
        own = own + self.trend(batch.target, asked, known, catalogue.demand)
        binary = candidates.calibration is not None
        rest, positive = self._own_candidates(
            states,
            own,
            items,
            picked(vectors, biases, close.view_as(batch.near)),
            batch,
            sees,
            catalogue,
            binary=binary,
        )
        trend, moments = self.trends(candidates.items, asked, known, catalogue)
        wide = picked(vectors, biases, shared)
        bias = wide.bias - candidates.log_chance
        counted = batch.weight.flatten().nonzero()[:, 0]
        take = lambda values: values.flatten(0, 1).index_select(0, counted)  # noqa: E731
        moment = nn.functional.one_hot(take(moments), len(trend)).to(states.dtype)
        out = losses.columns(batch.items, candidates.items)[counted // batch.weight.shape[1]]
        out = torch.where(take(sees), out, len(candidates.items))
        hit = losses.columns(take(batch.target), candidates.items)
        beside = losses.columns(take(batch.near), candidates.items)
        return losses.summed(
            losses.Asked(
                states=losses.aligned(take(states), torch.ones_like(moment[:, :1]), moment),
                weight=take(batch.weight),
                rest=take(rest),
                positive=take(positive),
                out=torch.cat([out, hit[:, None], beside], dim=1),
            ),
            losses.aligned(wide.of, bias[:, None], trend.T),
            candidates.calibration,
        )

    def _own_candidates(
        self,
        states: Tensor,
        own: Tensor,
        items: Vectors,
        close: Vectors,
        batch: Batch,
        sees: Tensor,
        catalogue: Catalogue,
        *,
        binary: bool,
    ) -> tuple[Tensor, Tensor]:
        """Candidates of each question that are not shared: `rest` and `positive`, (B, Q) each.

        The first `batch.fresh` questions leave the history out.
        """
        fresh = batch.fresh
        near = near_score(batch, self.near(states, close, batch, catalogue))
        early, late = narrowed(batch, 0, fresh), narrowed(batch, fresh)
        first = losses.with_own(near[:, :fresh], own[:, :fresh], early.near, early.target, binary)
        if not late.target.shape[1]:
            return first
        own_parts = self.history(states[:, fresh:], items, late, sees[:, fresh:], catalogue)
        history = history_score(own_parts)
        held, logits = beside(batch.items, history, late.near, near[:, fresh:])
        second = losses.with_own(logits, own[:, fresh:], held, late.target, binary)
        return torch.cat([first[0], second[0]], 1), torch.cat([first[1], second[1]], 1)

    def near(
        self, states: Tensor, close: Vectors, batch: Batch, catalogue: Catalogue
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

    def trends(
        self, items: Tensor, asked: Tensor, known: Tensor, catalogue: Catalogue
    ) -> tuple[Tensor, Tensor]:
        """Logits by demand of items (C,) in the distinct moments of questions (B, Q).

        Returns:
            (P, C), and the moment of each question, (B, Q).
        """
        width = catalogue.demand.periods() + 1
        pairs, moments = (asked * width + known).unique(return_inverse=True)
        at = (pairs // width)[:, None], (pairs % width)[:, None]
        return self.trend(items[None], *at, catalogue.demand), moments

    def answers(
        self, batch: Batch, catalogue: Catalogue, *, history: bool = True, parts: bool = False
    ) -> Answers:
        """States of the questions, and their own candidates.

        States are halved: inner products of vectors fit the histories they were learned from better
        than new ones, what is counted (repeats, demand, neighbours) does not, and the sum of both
        would rank by the first. A calibration weighs all parts anew.

        Args:
            batch: The rows.
            catalogue: What is known of the vacancies.
            history: Score the vacancies of the history too.
            parts: Say what the scores are sums of.
        """
        wanted = (batch.items, batch.near)
        distinct, place = torch.cat([ids.flatten() for ids in wanted]).unique(return_inverse=True)
        vectors, biases = self.tower(distinct, catalogue)
        events, close = place.split([ids.numel() for ids in wanted])
        items = picked(vectors, biases, events.view_as(batch.items))
        sees = seen(batch, self.config.objective)
        half = self.config.precision == "bf16"  # as in training; scores stay in fp32
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            encoded = self.states(batch, items.of, sees, catalogue)
        states = VECTORS * self.out(self.head(encoded.float()))
        own = self.history(states, items, batch, sees, catalogue) if history else None
        close_by = picked(vectors, biases, close.view_as(batch.near))
        near = self.near(states, close_by, batch, catalogue)
        known = history_score(own) if own else states.new_full(sees.shape, float("-inf"))
        told = None
        if parts:
            held = parts_of.of_history(*own) if own else parts_of.nothing(known)
            told = torch.cat([held, parts_of.of_new(*near)], 2)
        logits = beside(batch.items, known, batch.near, near_score(batch, near))
        return Answers(states, *logits, told)

    def history(
        self, states: Tensor, items: Vectors, batch: Batch, sees: Tensor, catalogue: Catalogue
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

    def states(self, batch: Batch, vectors: Tensor, sees: Tensor, catalogue: Catalogue) -> Tensor:
        """Encode the rows and read the questions' states, (B, Q, H)."""

        def mask() -> Tensor:
            return self.tower(torch.full((1,), MASK, device=vectors.device), catalogue)[0]

        return self.streams(batch, vectors, sees, mask)


AutoConfig.register("hhrec", HhrecConfig)
AutoModel.register(HhrecConfig, HhrecModel)
