"""The order in which the candidates of a row stand, to any depth: what rules are applied to.

The model as it was trained ranks the whole catalogue by its score. A calibrated model ranks the
candidates of `candidate_table` by their calibrated scores, and behind them the rest of the catalogue
by the model's own score. A baseline ranks its shelves one behind the other. None of the three depends
on how deep it is asked for.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.ranking.ranked import Ranked
from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration.candidate_table import CandidateTable, table
from stages.calibration.conditional_logit import Floats
from stages.calibration.fitting import cross_scores, folds
from stages.calibration.heuristics import Heuristics
from stages.loaders.rank_queries import RankQueries, asked_rows
from stages.params import SeenParams
from stages.rules.lists import Lists, empty
from stages.seen_policy import rules

SLICE = 10_000  # rows whose lists are held at once


@dataclass(frozen=True)
class ModelOrder:
    """How the model ranks R rows.

    Attributes:
        ranker: With parts, where there are weights.
        rows: `schema.TEST_SEQUENCES`, and what `rank_queries.asked_rows` knows beside it.
        max_length: Events that the model sees.
        policy: Fates of seen vacancies, none of them `auto`.
        base: Candidates of a row that are weighed.
        weights: Of the numbers of the table: one for all rows, or one a fold of users; None ranks by
            the model's own score.
        learned: The recommenders that the table asks.
        pools: Told how many candidates some rows each had.
    """

    ranker: Ranker
    rows: pl.DataFrame
    max_length: int
    policy: SeenParams
    base: int = 0
    weights: Sequence[Floats] | None = None
    learned: Heuristics | None = None
    pools: list[int] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Vacancies that may be recommended to anyone."""
        return len(self.ranker.matrix)

    def __len__(self) -> int:
        """Return R."""
        return len(self.rows)

    def to_depth(self, rows: Ints, depth: int) -> Lists:
        """See `Order`."""
        found = empty(len(rows), depth)
        for start in range(0, len(rows), SLICE):
            some = self.rows[rows[start : start + SLICE]]
            for batch, told, scores in self.batches(some, depth):
                part = Lists(batch.items.cpu().numpy(), batch.scores.cpu().numpy())
                if told is not None:
                    part = weighed_first(batch.rows, part, told, scores)
                width = min(depth, part.items.shape[1])
                found.items[start + batch.rows, :width] = part.items[:, :width]
                found.scores[start + batch.rows, :width] = part.scores[:, :width]
        return found

    def batches(
        self, some: pl.DataFrame, depth: int
    ) -> Iterator[tuple[Ranked, CandidateTable | None, Floats]]:
        """Rank rows: the model's best, the table of those weighed, and their calibrated scores."""
        asked, kept = asked_rows(some, self.max_length, self.policy), self.ranker.k
        weigher = None if self.weights is None else self._weigher(some, asked)
        self.ranker.k = max(self.base, depth)
        try:
            for batch in self.ranker.rank(asked.rows):
                self.pools.append(batch.candidates)
                if weigher is None:
                    yield batch, None, np.zeros(0)
                else:
                    yield batch, *weigher(batch)
        finally:
            self.ranker.k = kept

    def _weigher(
        self, some: pl.DataFrame, asked: RankQueries
    ) -> Callable[[Ranked], tuple[CandidateTable, Floats]]:
        assert self.weights is not None  # noqa: S101  the caller has looked
        assert self.learned is not None  # noqa: S101
        weights, counts = self.weights, self.learned.counts
        ranks, fold = self.learned.ranks(some), folds(some["user_id"]) % len(self.weights)

        def weigh(batch: Ranked) -> tuple[CandidateTable, Floats]:
            first = replace(batch, items=batch.items[:, : self.base])
            told = table(self.ranker, first, asked.rows, ranks, counts)
            return told, cross_scores(told, fold, weights)

        return weigh

    def arranged(self, rows: Ints, items: Ints) -> Ints:
        """See `Order`."""
        return rules.last_at_end(items, rules.touched(self.rows[rows], self.policy))


def weighed_first(rows: Ints, ranked: Lists, told: CandidateTable, scores: Floats) -> Lists:
    """Put the candidates of a table in front of the others that the model ranked.

    Behind them scores go on falling as the model's own do: its score of the first of the others
    stands for that of the last of the table.

    Args:
        rows: Row numbers, (B,).
        ranked: By the model's own score, (B, D).
        told: The candidates weighed.
        scores: Their calibrated scores, (P,).
    """
    place_of = np.argsort(rows)
    owner = place_of[np.searchsorted(rows, told.rows, sorter=place_of)]
    order = np.lexsort((told.items, -scores, owner))
    width = 1 + max(int(ranked.items.max(initial=0)), int(told.items.max(initial=0)))
    others, column = np.nonzero(ranked.items)
    items = ranked.items[others, column].astype(np.int64)
    left = ~np.isin(others * width + items, owner * width + told.items)
    others, items = others[left], items[left]
    worth = ranked.scores[others, column[left]].astype(np.float64)
    last = np.full(len(rows), 0.0)
    last[owner[order]] = scores[order]  # the last of each row stays
    first = np.full(len(rows), -np.inf)
    np.maximum.at(first, others, worth)
    every = np.concatenate([owner[order], others])
    stable = np.argsort(every, kind="stable")
    every = every[stable]
    place = np.arange(len(every)) - np.searchsorted(every, every)
    found = empty(len(rows), int(place.max(initial=-1)) + 1)
    found.items[every, place] = np.concatenate([told.items[order], items])[stable]
    behind = last[others] - (first[others] - worth)
    found.scores[every, place] = np.concatenate([scores[order], behind])[stable]
    return found
