"""The model: the loss of a batch in training, answers at prediction; what `AutoModel` loads."""

from contextlib import nullcontext
from copy import deepcopy
from pathlib import Path
from typing import Any, Self

import torch
from safetensors.torch import load_model
from torch import Tensor
from transformers import AutoConfig, AutoModel
from transformers.initialization import no_init_weights

from stages.bert4rec.batching.batch import Batch, narrowed
from stages.bert4rec.loss import candidate_losses as losses
from stages.bert4rec.network import score_parts as parts_of
from stages.bert4rec.network.config import HhrecConfig
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.item_vectors import ItemVectors, picked
from stages.bert4rec.network.own_candidates import (
    EncodedQuestions,
    beside,
    history_score,
    near_score,
)
from stages.bert4rec.network.popularity_prior import periods_of
from stages.bert4rec.network.scorer import Scorer
from stages.bert4rec.network.sequence_encoder import seen
from stages.bert4rec.network.shared_candidates import shared_candidates
from stages.bert4rec.network.step_index import StepIndex, step_index
from stages.bert4rec.retrieval.negative_sampling import StepCandidates
from stages.core import weight_files
from stages.core.model_files import WEIGHTS

VECTORS = 0.5  # what vectors say at prediction, beside what is counted, before any calibration


class HhrecModel(Scorer):
    """Scores vacancies for questions about histories."""

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Read what `save_pretrained` wrote, for answers.

        As `from_pretrained` does, but with every weight or none, and without the half second that
        it takes to learn how other models' weights were once named.

        Nothing is allocated before the header of the weights says the shapes of the config.

        Raises:
            OSError, RuntimeError, SafetensorError, ValueError, HhrecError: It is no such model, or
                not whole.
        """
        config = _config(directory)
        weights = directory / WEIGHTS
        if config.layers > len(weight_files.shapes(weights)):
            raise ValueError(f"config.json names {config.layers} layers, more than weights")
        with no_init_weights(), torch.device("meta"):
            like = cls(config).state_dict()
        weight_files.require_like(weights, {name: tuple(one.shape) for name, one in like.items()})
        with no_init_weights():
            model = cls(config)
        load_model(model, weights)
        return model.eval()

    def take(self, directory: Path) -> None:
        """Take over the weights and the config of a model of the same shapes, for answers.

        Raises:
            OSError, RuntimeError, SafetensorError, ValueError, HhrecError: It is no such model, or
                not whole.
        """
        weights = directory / WEIGHTS
        shapes = {name: tuple(one.shape) for name, one in self.state_dict().items()}
        weight_files.require_like(weights, shapes)
        load_model(self, weights)
        self.config = _config(directory)
        self.eval()

    def write(self, directory: Path, **decided: Any) -> None:
        """Write weights and config, with what was `decided` about its use; nothing changes here."""
        self.save_pretrained(directory)
        config = deepcopy(self.config)
        config.update(decided)
        config.save_pretrained(directory)

    def forward(
        self,
        batch: Batch,
        catalogue: ItemInputs,
        candidates: StepCandidates,
        index: StepIndex | None = None,
    ) -> Tensor:
        """Sum of weighted losses of a batch, a scalar; `index` is what `step_index` finds of it."""
        index = index or step_index(batch, candidates, catalogue.demand)
        vectors, biases = self.tower(index.distinct, catalogue)
        items, right = (picked(vectors, biases, of) for of in (index.items, index.target))
        sees = seen(batch, self.config.objective)
        states = self.states(batch, items.of, sees, catalogue, index.hidden)
        states = self.out(self.head(states))
        asked, known = periods_of(batch.when, catalogue.demand, batch.lag)
        own = (states * right.of).sum(-1) + right.bias
        own = own + self.trend(batch.target, asked, known, catalogue.demand)
        rest, positive = self._own_candidates(
            states,
            own,
            items,
            picked(vectors, biases, index.near),
            batch,
            sees,
            catalogue,
            binary=candidates.calibration is not None,
        )
        trend = self.trends(candidates.items, index.moments, catalogue)
        wide = picked(vectors, biases, index.shared)
        bias = wide.bias - candidates.log_chance
        asks = shared_candidates(states, rest, positive, sees, index, batch, candidates)
        items_of = losses.aligned(wide.of, bias[:, None], trend.T)
        return losses.summed(asks, items_of, candidates.calibration)

    def _own_candidates(
        self,
        states: Tensor,
        own: Tensor,
        items: ItemVectors,
        close: ItemVectors,
        batch: Batch,
        sees: Tensor,
        catalogue: ItemInputs,
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

    def answers(
        self, batch: Batch, catalogue: ItemInputs, *, history: bool = True, parts: bool = False
    ) -> EncodedQuestions:
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
        vectors, biases, (events, close) = self.lookup(catalogue, batch.items, batch.near)
        items = picked(vectors, biases, events)
        sees = seen(batch, self.config.objective)
        half = self.config.precision == "bf16"  # as in training; scores stay in fp32
        with torch.autocast(self.device.type, torch.bfloat16) if half else nullcontext():
            encoded = self.states(batch, items.of, sees, catalogue)
        states = VECTORS * self.out(self.head(encoded.float()))
        own = self.history(states, items, batch, sees, catalogue) if history else None
        near = self.near(states, picked(vectors, biases, close), batch, catalogue)
        known = history_score(own) if own else states.new_full(sees.shape, float("-inf"))
        told = None
        if parts:
            held = parts_of.of_history(*own) if own else parts_of.nothing(known)
            told = torch.cat([held, parts_of.of_new(*near)], 2)
        logits = beside(batch.items, known, batch.near, near_score(batch, near))
        return EncodedQuestions(states, *logits, told)


def _config(directory: Path) -> HhrecConfig:
    return HhrecConfig.from_pretrained(directory, local_files_only=True, trust_remote_code=False)


AutoConfig.register("hhrec", HhrecConfig)
AutoModel.register(HhrecConfig, HhrecModel)
