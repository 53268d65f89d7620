"""The lists of the plain recommenders for one history, from arrays: what `Heuristics.ranks` asks tables for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from stages.baselines.als import SPARE, Als
from stages.baselines.trending import Trending
from stages.bert4rec.examples.histories import Ints
from stages.calibration.conditional_logit import Floats
from stages.calibration.heuristics import ABSENT, LISTED, Heuristics, Ranks
from stages.core.actions import ACTION_NAMES, KNOWN_ACTIONS
from stages.core.item_ids import FIRST_ITEM
from stages.params import ActionWeights
from stages.recommend.history import History

Listing: TypeAlias = Callable[[History], Ints]
KEPT = 64  # moments whose trending list is kept


@dataclass(frozen=True)
class Touched:
    """Distinct vacancies of a history by their last touch, oldest first, (n,) each."""

    items: Ints
    sessions: Ints
    weights: Floats


def touched(history: History, given: ActionWeights) -> Touched:
    """Do as `stages.baselines.interactions.touches` for one history."""
    by_action = np.zeros(len(ACTION_NAMES))
    for action in KNOWN_ACTIONS:
        by_action[action] = getattr(given, ACTION_NAMES[action])
    weight = by_action[history.actions]
    kept = np.flatnonzero((history.items >= FIRST_ITEM) & (weight > 0))
    items, last = np.unique(history.items[kept][::-1], return_index=True)
    place = kept[len(kept) - 1 - last]  # of the last touch
    most = np.zeros(len(items))
    np.maximum.at(most, np.searchsorted(items, history.items[kept]), weight[kept])
    order = np.argsort(place)
    return Touched(items[order], history.sessions[place[order]], most[order])


def greatest(items: Ints, scores: Floats, most: int) -> Ints:
    """Items of the greatest scores, the greatest first, ties by item; `items` ascend."""
    if len(items) > most:
        least = np.partition(scores, len(scores) - most)[len(scores) - most]
        near = np.flatnonzero(scores >= least)
        items, scores = items[near], scores[near]
    found: Ints = items[np.lexsort((items, -scores))][:most]
    return found


def one_line(values: Floats, columns: Ints, width: int) -> Any:
    """Make a CSR matrix of one line from its entries, each column once."""
    order = np.argsort(columns)
    ends = np.array([0, len(columns)], dtype=np.int32)
    entries = (values[order], columns[order].astype(np.int32), ends)
    return sparse.csr_matrix(entries, shape=(1, width), copy=False)


@dataclass
class PlainLists:
    """Recommenders that have been learned, for one history at a time.

    Attributes:
        learned: The recommenders.
        trends: Lists of moments asked before.
        blas: The threads of matrix products.
    """

    learned: Heuristics
    trends: dict[int, Ints] = field(default_factory=dict)
    blas: ThreadpoolController = field(default_factory=ThreadpoolController)

    def __post_init__(self) -> None:
        """Choose how each is asked."""
        makers: Mapping[str, Callable[[Any], Listing]] = {
            "popular": self._popular,
            "trending": lambda shelf: partial(self._trending, shelf),
            "item_knn": lambda shelf: partial(item_knn, *shelf.args),
            "als": lambda shelf: partial(self._als, shelf),
        }
        self.lists = {name: makers[name](shelf) for name, shelf in self.learned.shelves.items()}

    def ranks(self, history: History) -> Ranks:
        """Ask every recommender for its best vacancies of a history."""
        lists = [lists(history) for lists in self.lists.values()]
        keys = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *lists]))
        ranks = np.full((len(keys), len(lists)), ABSENT, dtype=np.float32)
        for column, listed in enumerate(lists):
            ranks[np.searchsorted(keys, listed), column] = np.arange(1, len(listed) + 1)
        return Ranks(keys, ranks, len(self.learned.counts))

    def _popular(self, shelf: Any) -> Listing:
        first = shelf.args[0].head(LISTED).to_numpy().astype(np.int64)
        return lambda _: first

    def _trending(self, shelf: Trending, history: History) -> Ints:
        end = shelf.end if history.asked_at < 0 else min(history.asked_at, shelf.end)
        found = self.trends.get(end)
        if found is None:
            first, stop = np.searchsorted(shelf.times, [end - shelf.window, end])
            counts = np.bincount(shelf.items[first:stop], minlength=1)
            met = np.flatnonzero(counts)
            found = greatest(met, counts[met].astype(np.float64), LISTED)
            if len(self.trends) >= KEPT:
                self.trends.clear()
            self.trends[end] = found
        return found

    def _als(self, shelf: Als, history: History) -> Ints:
        known = touched(history, shelf.given.weights)
        if not len(shelf.items):
            return known.items[:0].astype(np.int64)
        place = np.minimum(np.searchsorted(shelf.items, known.items), len(shelf.items) - 1)
        inside = shelf.items[place] == known.items
        if not inside.any():
            return known.items[:0].astype(np.int64)
        confidence = (1 + shelf.given.alpha * known.weights[inside]).astype(np.float32)
        with self.blas.limit(limits=1, user_api="blas"):
            state = shelf.model.recalculate_user(
                np.zeros(1, dtype=np.int64), one_line(confidence, place[inside], len(shelf.items))
            )
            rough = shelf.model.item_factors @ state[0]
        near = np.sort(greatest(np.arange(len(rough)), rough, LISTED + SPARE))
        best = greatest(near, shelf.exact(state, near[None])[0], LISTED)
        return shelf.items[best].astype(np.int64)


def item_knn(table: Any, given: Any, history: History) -> Ints:
    """Do as `stages.baselines.item_knn.score` for one history."""
    known = touched(history, given.weights)
    age = np.arange(len(known.items))[::-1]
    newest = known.sessions.max(initial=0)
    decay = (1.0 + age) ** -given.recency * given.session_recency ** (
        newest - known.sessions.astype(np.float64)
    )
    kept = age < given.history
    weight = (known.weights * decay)[kept]
    items = known.items[kept]
    found = one_line(weight, items, table.shape[0]) @ table
    found.sort_indices()
    return greatest(found.indices.astype(np.int64), found.data, LISTED)
