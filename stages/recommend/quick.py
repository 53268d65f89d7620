"""Answers for one history in milliseconds: what `predict` does for many, without a table in between."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.network.fixed_tower import with_fixed_tower
from stages.bert4rec.ranking.query_encoder import encode
from stages.bert4rec.ranking.ranked import Ranked
from stages.bert4rec.ranking.score_keys import NOTHING, keys, unpacked
from stages.bert4rec.ranking.single_search import best_of_one
from stages.bundle.content import Content
from stages.calibration import rerank
from stages.calibration.candidate_table import start, table
from stages.calibration.conditional_logit import Floats
from stages.calibration.heuristics import lags
from stages.calibration.recommender_choice import AS_TRAINED
from stages.core.calibration_file import MODEL
from stages.core.item_ids import FIRST_ITEM
from stages.recommend.activity import ActiveDays
from stages.recommend.history import History
from stages.recommend.moments import Moments, Seen
from stages.recommend.own_vacancies import Own, own_of
from stages.recommend.plain_lists import PlainLists
from stages.recommend.threads import threads
from stages.seen_policy import rules

LARGE = 10**8  # numbers of a matrix whose product with a query more than one thread shares


@dataclass(frozen=True)
class QuickList:
    """A list: item ids, best first; their scores; and who ranked."""

    items: Ints
    scores: Floats
    by: str


@dataclass
class Quick:
    """Ranks one history at a time; any number of threads may.

    Attributes:
        content: The model with all that ranking needs.
    """

    content: Content

    def __post_init__(self) -> None:
        """Set up what does not depend on a history."""
        content = self.content
        self.model = with_fixed_tower(content.loaded.network, content.tower)
        learned, found = content.learned, content.loaded.calibration
        params = content.params.predict
        self.plain = self.chosen = rules.fixed(params.seen)
        self.by = AS_TRAINED
        if found is not None:
            self.by, fates = found.answer(params.fallback)
            self.chosen = rules.fixed(params.seen, fates)
        self.lists = None if learned is None else PlainLists(learned)
        self.count = len(content.loaded.catalogue)
        size = content.matrix.exact.numel()
        self.threads = torch.get_num_threads() if size > LARGE else 1
        self.everyone = torch.arange(self.count) >= FIRST_ITEM
        self.active, self.moments = ActiveDays(content), Moments(content)

    def answer(
        self, history: History, k: int, allowed: NDArray[np.bool_] | None
    ) -> QuickList | None:
        """Rank a history; None where a baseline answers.

        Args:
            history: Its events.
            k: Most recommendations.
            allowed: Eligible vacancies, by item id; None for all.
        """
        with threads(1):
            return self._answer(history, k, allowed)

    def _answer(
        self, history: History, k: int, allowed: NDArray[np.bool_] | None
    ) -> QuickList | None:
        found, length = self.content.loaded.calibration, self.content.params.sequences.max_length
        k = min(k, self.count - FIRST_ITEM)
        if found is None or self.lists is None:
            own = own_of(history, self.plain, length)
            ranked, _ = self.ranked(own, history, k, allowed, parts=False)
            items = ranked.items[0].numpy()
            scores = ranked.scores[0].numpy().astype(np.float64)
            there = items > 0
            return listed(items[there], scores[there], own.late, AS_TRAINED)
        learned = self.lists.learned
        asked = np.array([history.asked_at])
        close = bool(lags(asked, learned.end)[0] <= found.lag + rerank.SPARE)
        if close and self.by != MODEL:
            return None
        weights = rerank.weights_of(found, held_out=False)[0] if close else start(found.heuristics)
        own = own_of(history, self.chosen if close else self.plain, length)
        ranked, seen = self.ranked(own, history, self.content.loaded.wanted(k), allowed, parts=True)
        told = table(seen, ranked, own.rows, self.lists.ranks(history), learned.counts)
        scores = told.values.astype(np.float64) @ weights
        order = np.lexsort((told.items, -scores))[:k]
        return listed(told.items[order], scores[order], own.late, MODEL if close else AS_TRAINED)

    @torch.inference_mode()
    def ranked(
        self, own: Own, history: History, k: int, allowed: NDArray[np.bool_] | None, *, parts: bool
    ) -> tuple[Ranked, Seen]:
        """Rank by the model's own score: see `Ranker.at`."""
        content = self.content
        encoded = encode(
            self.model, content.loaded.catalogue, own.rows, np.zeros(1, dtype=np.int64), (0, 1),
            with_parts=parts,
        )  # fmt: skip
        moment = self.moments.at(own.rows.asked_at)
        kept = self.everyone
        if allowed is not None:
            kept = kept & torch.from_numpy(allowed)
        mine = kept[encoded.items]
        if content.params.predict.candidates == "active":
            active, since = self.active.at(history)
            kept = kept & torch.from_numpy(active)
            mine = mine & (kept[encoded.items] | (encoded.times >= since))
        concealed = torch.from_numpy(own.rows.hidden.astype(np.int64))
        mine = mine & ~torch.isin(encoded.items, concealed)
        out = ~kept[FIRST_ITEM:]
        gone = torch.cat([encoded.items, concealed]) - FIRST_ITEM
        out[gone[gone >= 0]] = True
        with threads(self.threads):
            found = best_of_one(
                encoded.states, keys(encoded.logits[mine], encoded.items[mine]), out,
                moment.matrix, moment.biases, k,
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
