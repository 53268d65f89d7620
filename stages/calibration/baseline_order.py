"""The total order of a baseline: its candidate sources one behind the other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.baselines import stage as baselines
from stages.baselines.last_viewed import own_vacancies
from stages.bert4rec.examples.histories import Ints
from stages.calibration.heuristics import Heuristics
from stages.params import SeenParams
from stages.rules.lists import Lists, empty
from stages.seen_policy import rules

CELLS = 2_000_000  # of lists at once
DEEPER = 4  # where rules leave too little of a list
May: TypeAlias = Callable[[Ints, Ints], NDArray[np.bool_]]  # which (row, item) pairs are eligible


@dataclass(frozen=True)
class BaselineOrder:
    """How a baseline ranks R rows; its scores are minus the logarithm of the rank.

    Attributes:
        name: Which.
        learned: Its shelves.
        rows: `schema.TEST_SEQUENCES`.
        policy: Fates of seen vacancies, none of them `auto`.
        size: Vacancies of the catalogue.
        may: Which (row, item) pairs are eligible; None for all.
    """

    name: str
    learned: Heuristics
    rows: pl.DataFrame
    policy: SeenParams
    size: int
    may: May | None = None

    def __len__(self) -> int:
        """Return R."""
        return len(self.rows)

    def to_depth(self, rows: Ints, depth: int) -> Lists:
        """See `Order`."""
        found, deep = empty(len(rows), depth), depth
        waiting = np.arange(len(rows))
        while len(waiting) and deep:
            short = []
            step = min(baselines.SLICE, max(CELLS // deep, 1))
            for start in range(0, len(waiting), step):
                part = waiting[start : start + step]
                items, full = self._listed(rows[part], deep)
                kept = np.cumsum(items > 0, axis=1)
                owner, column = np.nonzero((items > 0) & (kept <= depth))
                found.items[part[owner], kept[owner, column] - 1] = items[owner, column]
                short.append(part[full & (kept[:, -1] < depth)])
            waiting, deep = np.concatenate(short), min(deep * DEEPER, self.size)
        there = found.items > 0
        scores = np.where(there, -np.log(np.arange(1, depth + 1)), -np.inf)
        return Lists(found.items, scores)

    def _listed(self, rows: Ints, deep: int) -> tuple[Ints, NDArray[np.bool_]]:
        """List `deep` vacancies of rows (B,), 0 for those not eligible; and whether there may be more."""
        shelves = {**self.learned.shelves, "last_viewed": own_vacancies}
        chosen = [shelves[shelf] for shelf in baselines.BASELINES[self.name]]
        fates = {name: "keep" if fate == "last" else fate for name, fate in self.policy}
        kept = SeenParams.model_validate(fates)
        items = baselines.ranked(chosen, self.rows[rows], deep, kept)
        full = (items[:, -1] > 0) & (deep < self.size)
        if self.may is not None:
            owner, column = np.nonzero(items)
            out = ~self.may(rows[owner], items[owner, column])
            items[owner[out], column[out]] = 0
        return items, full

    def arranged(self, rows: Ints, items: Ints) -> Ints:
        """See `Order`."""
        return rules.last_at_end(items, rules.touched(self.rows[rows], self.policy))
