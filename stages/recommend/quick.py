"""Answers for a few histories in milliseconds: what `predict` does for many, without tables between."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.network.fixed_tower import with_fixed_tower
from stages.bert4rec.ranking.query_encoder import encode
from stages.bert4rec.ranking.query_rows import EncodedRows
from stages.bert4rec.ranking.ranked import Ranked
from stages.bert4rec.ranking.score_keys import NOTHING, keys, unpacked
from stages.bert4rec.ranking.single_search import best_of_one
from stages.bundle.content import Content
from stages.calibration.candidate_table import table
from stages.calibration.conditional_logit import Floats
from stages.core.item_ids import FIRST_ITEM
from stages.recommend.activity import ActiveDays
from stages.recommend.history import History
from stages.recommend.moments import Moments, Seen
from stages.recommend.own_vacancies import together
from stages.recommend.plain_lists import PlainLists
from stages.recommend.plans import Plan, Plans
from stages.recommend.threads import threads

LARGE = 10**8  # numbers of a matrix whose product with a query more than one thread shares


@dataclass(frozen=True)
class QuickList:
    """A list: item ids, best first; their scores; and who ranked."""

    items: Ints
    scores: Floats
    by: str


@dataclass(frozen=True)
class Prepared:
    """A history that only has to be ranked: its plan, and what the model says of it.

    `products` are those of its state with the vectors of all vacancies, (C,), where they are known.
    """

    plan: Plan
    encoded: EncodedRows
    products: Tensor | None = None


@dataclass
class Quick:
    """Ranks a few histories at a time; any number of threads may.

    Attributes:
        content: The model with all that ranking needs.
    """

    content: Content

    def __post_init__(self) -> None:
        """Set up what does not depend on a history."""
        content = self.content
        self.model = with_fixed_tower(content.loaded.network, content.tower)
        learned = content.learned
        self.lists = None if learned is None else PlainLists(learned)
        self.count = len(content.loaded.catalogue)
        size = content.matrix.exact.numel()
        self.threads = torch.get_num_threads() if size > LARGE else 1
        self.everyone = torch.arange(self.count) >= FIRST_ITEM
        self.plans, self.active, self.moments = (
            Plans(content),
            ActiveDays(content),
            Moments(content),
        )

    def answers(
        self, asked: Sequence[History], k: int, allowed: NDArray[np.bool_] | None
    ) -> list[QuickList] | None:
        """Rank some histories; None where a baseline answers one of them.

        Those of a batch are encoded together, and read the vectors of all vacancies once.

        Args:
            asked: Histories.
            k: Most recommendations of each.
            allowed: Eligible vacancies, by item id; None for all.
        """
        with threads(1):
            plans = [plan for plan in map(self.plans.of, asked) if plan is not None]
            return None if len(plans) < len(asked) else self._answers(plans, k, allowed)

    @torch.inference_mode()
    def _answers(
        self, plans: Sequence[Plan], k: int, allowed: NDArray[np.bool_] | None
    ) -> list[QuickList]:
        rows = together([plan.own.rows for plan in plans])
        encoded = encode(
            self.model, self.content.loaded.catalogue, rows, np.arange(len(plans)), (0, 1),
            with_parts=plans[0].weights is not None,
        )  # fmt: skip
        if len(plans) == 1:
            return [self._answer(Prepared(plans[0], encoded), k, allowed)]
        matrix = self.content.matrix
        with threads(self.threads):
            products = encoded.states @ matrix.exact[: len(matrix), :-2].T
        found = []
        for plan, place in zip(plans, np.argsort(encoded.rows), strict=True):
            one = replace(encoded.picked(np.array([place])), rows=np.zeros(1, dtype=np.int64))
            found.append(self._answer(Prepared(plan, one, products[place]), k, allowed))
        return found

    def _answer(self, given: Prepared, k: int, allowed: NDArray[np.bool_] | None) -> QuickList:
        plan = given.plan
        k, late = min(k, self.count - FIRST_ITEM), plan.own.late
        if plan.weights is None or self.lists is None:
            ranked, _ = self._ranked(given, k, allowed)
            items = ranked.items[0].numpy()
            scores = ranked.scores[0].numpy().astype(np.float64)
            return listed(items[items > 0], scores[items > 0], late, plan.by)
        wanted = self.content.loaded.wanted(k)
        ranked, seen = self._ranked(given, wanted, allowed)
        ranks, counts = self.lists.ranks(plan.history), self.lists.learned.counts
        told = table(seen, ranked, plan.own.rows, ranks, counts)
        scores = told.values.astype(np.float64) @ plan.weights
        order = np.lexsort((told.items, -scores))[:k]
        return listed(told.items[order], scores[order], late, plan.by)

    def _ranked(
        self, given: Prepared, k: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[Ranked, Seen]:
        """Rank by the model's own score: see `Ranker.at`."""
        content, encoded, own = self.content, given.encoded, given.plan.own.rows
        moment = self.moments.at(own.asked_at)
        kept = self.everyone
        if allowed is not None:
            kept = kept & torch.from_numpy(allowed)
        mine = kept[encoded.items]
        if content.params.predict.candidates == "active":
            active, since = self.active.at(given.plan.history)
            kept = kept & torch.from_numpy(active)
            mine = mine & (kept[encoded.items] | (encoded.times >= since))
        concealed = torch.from_numpy(own.hidden.astype(np.int64))
        mine = mine & ~torch.isin(encoded.items, concealed)
        out = ~kept[FIRST_ITEM:]
        gone = torch.cat([encoded.items, concealed]) - FIRST_ITEM
        out[gone[gone >= 0]] = True
        with threads(self.threads):
            found = best_of_one(
                encoded.states, keys(encoded.logits[mine], encoded.items[mine]), out,
                moment.matrix, moment.biases, k, given.products,
            )[None]  # fmt: skip
        scores, ids = unpacked(found)
        none = found == NOTHING
        ranked = Ranked(
            encoded.rows, ids.masked_fill(none, 0), scores.masked_fill(none, -torch.inf),
            self.count - FIRST_ITEM, encoded, mine,
        )  # fmt: skip
        return ranked, Seen(content, moment, kept)


def listed(items: Ints, scores: Floats, late: Ints, by: str) -> QuickList:
    """Put what the seen policy wants last at the end."""
    order = np.argsort(np.isin(items, late), kind="stable")
    return QuickList(items[order].astype(np.int64), scores[order], by)
