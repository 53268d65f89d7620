"""Rules on whole lists: at most n by a field, a capacity of each vacancy, diversity."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from stages.bert4rec.ranking.ranker import Ranker
from stages.interface.errors import UsageError
from stages.interface.stage_report import Progress, silent
from stages.rules import conditions, deepening
from stages.rules.deepening import Given
from stages.rules.greedy_choice import Diversity
from stages.rules.lists import Floats, Order

Assign = Literal["greedy", "auction"]


@dataclass(frozen=True)
class ListRules:
    """What a list must be like beside good.

    Attributes:
        max_per: Most vacancies of a list that share a value of a field, by field.
        capacity: Most lists that a vacancy is in; None for any number.
        assign: How they are given out.
        diversity: Weight of unlikeness, from 0 to below 1.
    """

    max_per: Mapping[str, int] = field(default_factory=dict)
    capacity: int | None = None
    assign: Assign = "greedy"
    diversity: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be met, or not exactly.

        Raises:
            UsageError: A number is out of bounds, or rules do not go together.
        """
        if not 0 <= self.diversity < 1:
            raise UsageError(
                f"--diversity {self.diversity}: expected a weight from 0 to below 1",
                "type for example --diversity 0.3; 0 ranks as without it",
            )
        if self.capacity is not None and self.capacity < 1:
            raise UsageError(
                f"--capacity {self.capacity}: expected at least 1", "leave --capacity out for none"
            )
        if self.capacity is not None and self.diversity:
            raise UsageError(
                "--capacity does not go with --diversity: each chooses lists by its own measure",
                "leave one of them out",
            )
        if self.assign == "auction" and (self.capacity is None or self.max_per):
            raise UsageError(
                "--assign auction needs --capacity, and does not go with --max-per",
                "take --assign greedy",
            )

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.max_per or self.capacity or self.diversity)

    def constants(self) -> dict[str, float]:
        """The rules that each list meets by itself, as figures."""
        found: dict[str, float] = {f"max_per {name}": n for name, n in self.max_per.items()}
        if self.diversity:
            found["diversity"] = self.diversity
        return found

    def told(self, given: Given) -> dict[str, float]:
        """Figures of what came of it."""
        found = self.constants()
        if self.capacity is not None:
            counts = np.unique(given.items[given.items > 0], return_counts=True)[1]
            found |= {"capacity": self.capacity, "most_crowded": int(counts.max(initial=0))}
            found["full"] = int((counts >= self.capacity).sum())
        if given.assignment is not None and self.assign == "auction":
            found["greatest_price"] = float(given.assignment.prices.max(initial=0.0))
            found["below_best_at_most"] = given.assignment.gap
        return found


def listed(
    order: Order,
    k: int,
    rules: ListRules,
    *,
    ranker: Ranker,
    facts: pl.DataFrame | None,
    progress: Progress = silent,
) -> Given:
    """Choose k for each row, by rules.

    Args:
        order: What ranks the rows.
        k: How many.
        rules: The rules.
        ranker: Has the vectors of vacancies.
        facts: The fields of `max_per`, by item; needed with it.
        progress: Told how many rows are done.
    """
    limits = [] if facts is None else conditions.limits(facts, dict(rules.max_per))
    if rules.capacity is not None:
        return deepening.shared_out(
            order,
            k,
            rules.capacity,
            limits=limits,
            by_price=rules.assign == "auction",
            progress=progress,
        )
    diversity = Diversity(rules.diversity, unit_vectors(ranker)) if rules.diversity else None
    return deepening.limited(order, k, limits, diversity, progress)


def unit_vectors(ranker: Ranker) -> Floats:
    """Vectors of the vacancies that may be recommended, of length 1, by item id, (N, H)."""
    matrix = ranker.matrix
    vectors = matrix.exact[: len(matrix), :-2].cpu()
    lengths = vectors.norm(dim=1, keepdim=True).clamp_min(np.finfo(np.float32).tiny)
    found = np.zeros((len(ranker.catalogue), vectors.shape[1]), dtype=np.float32)
    found[matrix.ids.cpu().numpy()] = (vectors / lengths).numpy()
    return found
