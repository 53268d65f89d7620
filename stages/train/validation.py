"""Validation during training: rank the catalogue for the validation rows and calibrate on them."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import polars as pl
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list

from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration import candidate_table, heuristics
from stages.calibration.candidate_table import CandidateTable
from stages.calibration.conditional_logit import Floats
from stages.calibration.fitting import PULLS, Fitted, fitted
from stages.calibration.heuristics import Heuristics, Ranks
from stages.interface.machine import give_back_memory
from stages.loaders.model_arrays import moments
from stages.loaders.rank_queries import RankQueries, asked_rows
from stages.params import Params, SeenParams
from stages.seen_policy.choice import DEEP, KEEP, Labelled, choose, gains

K = 100
T = TypeVar("T")


@dataclass(frozen=True)
class Scored:
    """How a model ranks the validation rows.

    Attributes:
        mrr: MRR@100.
        asks: What the model was asked for: the next `session` or the next `event`.
        seen: Fates of seen vacancies under which it ranks them so.
    """

    mrr: float
    asks: str
    seen: SeenParams


@dataclass(frozen=True)
class Validation:
    """The validation rows and what the plain recommenders say of them.

    Attributes:
        params: All parameters.
        rows: `schema.VALIDATION_SEQUENCES`.
        names: Plain recommenders.
        ranks: What they say.
        counts: Train events by item id, (N,).
        lag: Microseconds from the end of the train part to the latest row.
        learned: They themselves, on the main process.
    """

    params: Params
    rows: pl.DataFrame
    names: tuple[str, ...]
    ranks: Ranks
    counts: Floats
    lag: int
    learned: Heuristics | None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def best_way(
        self, model: HhrecModel, catalogue: ItemInputs, accelerator: Accelerator
    ) -> Scored:
        """Rank the rows in each way of asking that the parameters leave open; take the best.

        Most logs end a context with a session, some (leave-one-out) in the middle of one, so the
        question is for a session to come, or for the next event of this one.
        """
        ways = self.params.train.ways()
        found = [self.ranked(model, catalogue, accelerator, asks=asks) for asks in ways]
        return max(found, key=lambda one: one.mrr)

    def ranked(
        self, model: HhrecModel, catalogue: ItemInputs, accelerator: Accelerator, *, asks: str
    ) -> Scored:
        """Rank the rows by the model as it was trained, asked in one way.

        Each process ranks every n-th batch; batches are the same for any number of processes, and
        the lists are put together by row, so the figure does not depend on who shares the work.
        """
        share = accelerator.process_index, accelerator.num_processes
        items = np.zeros((len(self.rows), DEEP * K), dtype=np.int64)
        ranker = self.ranker(model, catalogue, DEEP * K, asks=asks)
        for part in ranker.rank(self.asked.rows, share):
            items[part.rows, : part.items.shape[1]] = part.items.cpu().numpy()
        whole = accelerator.reduce(torch.from_numpy(items).to(accelerator.device)).cpu().numpy()
        row, place = np.nonzero(whole)
        lists = self.labelled.lists(row, whole[row, place])
        policy = choose(lists, self.params.predict.seen, K)
        return Scored(float(np.sort(gains(lists, policy, K)).mean()), asks, policy)

    def fitted(self, model: HhrecModel, catalogue: ItemInputs) -> Fitted:
        """Rank the rows by the model, and fit the weights of all parts on them if they may move."""
        found = self.described(model, catalogue)
        give_back_memory()  # of the ranker, which is gone
        pulls = PULLS if self.params.train.calibrate else ()
        begin = candidate_table.start(self.names)
        return fitted(found, self.rows, begin, self.params.predict.seen, K, pulls=pulls)

    def described(self, model: HhrecModel, catalogue: ItemInputs) -> CandidateTable:
        """Rank the rows by the model and describe their candidates, P of them, by F numbers."""
        ranker = self.ranker(model, catalogue, candidate_table.FIRST, with_parts=True)
        parts = candidate_table.tables(ranker, self.asked.rows, self.ranks, self.counts)
        width = len(candidate_table.names(self.names))
        return candidate_table.joined([made for _, made in parts], width)

    def ranker(
        self,
        model: HhrecModel,
        catalogue: ItemInputs,
        k: int,
        *,
        asks: str | None = None,
        with_parts: bool = False,
    ) -> Ranker:
        """Make a ranker of the model as it stands, in eval mode."""
        give_back_memory()  # of steps, or of the ranker before: this one takes as much again
        model.eval()
        given = self.params.predict
        return Ranker(
            model,
            catalogue,
            k=k,
            batch_rows=given.batch_rows,
            precision=given.precision,
            asks=asks,
            with_parts=with_parts,
        )

    @cached_property
    def labelled(self) -> Labelled:
        """The rows, to choose a seen policy on."""
        return Labelled(self.rows)

    @cached_property
    def asked(self) -> RankQueries:
        """The rows, with everything kept."""
        return asked_rows(self.rows, self.params.sequences.max_length, KEEP)


def shared(value: T | None, accelerator: Accelerator) -> T:
    """Hand the main process's value to all."""
    box = [value]
    if accelerator.num_processes > 1:
        broadcast_object_list(box)
    assert box[0] is not None  # noqa: S101  the main process has one
    return box[0]


def prepared(
    params: Params,
    rows: pl.DataFrame,
    *,
    train: pl.LazyFrame,
    vocab: pl.DataFrame,
    accelerator: Accelerator,
) -> Validation:
    """Learn the plain recommenders, once for all processes, and ask them about the rows."""
    learned, told = None, None
    if accelerator.is_main_process:
        names = heuristics.affordable(train) if len(rows) else ()
        learned = heuristics.learn(names, train=train, vocab=vocab, params=params)
        late = heuristics.lags(moments(rows), learned.end)
        told = (names, learned.ranks(rows), learned.counts, int(late.max(initial=0)))
    names, ranks, counts, lag = shared(told, accelerator)
    return Validation(params, rows, names, ranks, counts, lag, learned)
