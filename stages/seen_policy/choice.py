"""Choose the seen policy on the validation rows: `predict.seen.*: auto`.

A list is ranked once with everything kept; what a policy makes of it follows from which of its
vacancies were responded to, viewed or marked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.params import SeenParams
from stages.seen_policy import rules

Floats = NDArray[np.float64]
Recommender: TypeAlias = Callable[[pl.DataFrame, int, SeenParams], pl.DataFrame]
DEEP = 2  # lists of so many times k are arranged, so that hiding does not empty them
KEEP = SeenParams(response="keep", favourite="keep", view="keep")
MARGIN = 0.01  # of the score: what is less is not worth leaving a default for
FATES = ("keep", "last", "hide")


@dataclass(frozen=True)
class Lists:
    """Candidates of R rows, the best of a row first, everything kept.

    Attributes:
        rows: Row of each candidate, ascending, (P,).
        bits: How the row's context touched it, a sum of `rules.BITS`, (P,).
        right: Whether it is the row's label, (P,) bool.
        count: R.
    """

    rows: NDArray[Any]
    bits: NDArray[Any]
    right: NDArray[np.bool_]
    count: int


def bits_of(rows: NDArray[Any], items: NDArray[Any], touched: pl.DataFrame) -> NDArray[np.uint8]:
    """Look up the bits of candidates (P,); 0 for what the context did not touch."""
    pairs = pl.DataFrame({"row": rows.astype(np.uint32), "item": items.astype(np.int32)})
    found = pairs.join(touched, on=["row", "item"], how="left", maintain_order="left")
    return found["bits"].fill_null(0).to_numpy()


def gains(lists: Lists, policy: SeenParams, k: int) -> Floats:
    """Reciprocal rank of each row's label among the first k under a policy, (R,)."""
    fate = rules.fates_of_bits(policy)[lists.bits]
    kept = fate < rules.HIDE
    rows, late, right = lists.rows[kept], fate[kept] == rules.LAST, lists.right[kept]
    starts = np.searchsorted(rows, np.arange(lists.count + 1))
    place = np.arange(len(rows)) - starts[rows]  # 0 is the best
    inside = place < k
    length = np.bincount(rows[inside], minlength=lists.count)
    late_before = np.cumsum(late & inside) - (late & inside)
    late_before = late_before - np.append(late_before, 0)[np.minimum(starts[:-1], len(rows))][rows]
    lates = np.bincount(rows[inside & late], minlength=lists.count)
    rank = np.where(late, (length - lates)[rows] + late_before, place - late_before)
    found, hit = np.zeros(lists.count), inside & right
    found[rows[hit]] = 1 / (1 + rank[hit])
    return found


def choose(lists: Lists, given: SeenParams, k: int) -> SeenParams:
    """Choose the fates that are `auto`, one action after the other.

    The default of an action stays unless another fate ranks the rows better by more than `MARGIN` of
    the score and by more than the standard error of the difference. Actions that no context holds keep
    their default.
    """
    best = rules.fixed(given)
    reached = gains(lists, best, k)
    for action, bit in rules.BITS.items():
        if getattr(given, action) != "auto" or not (lists.bits & bit).any():
            continue
        for fate in FATES:
            tried = best.model_copy(update={action: fate})
            found = gains(lists, tried, k)
            lead = found - reached
            error = lead.std() / max(len(lead), 1) ** 0.5
            if lead.mean() > max(error, MARGIN * reached.mean()):
                best, reached = tried, found
    return best


@dataclass(frozen=True)
class Labelled:
    """R rows whose labels are known, to choose a policy on.

    Attributes:
        rows: `schema.TEST_SEQUENCES` with `label_item`.
    """

    rows: pl.DataFrame

    @cached_property
    def touched(self) -> pl.DataFrame:
        """How their contexts touched their vacancies: see `rules.touched_bits`."""
        return rules.touched_bits(self.rows)

    def lists(self, rows: NDArray[Any], items: NDArray[Any]) -> Lists:
        """Describe candidates (P,), the best of a row first: which row, which item."""
        right = items == self.rows["label_item"].to_numpy()[rows]
        return Lists(rows, bits_of(rows, items, self.touched), right, len(self.rows))

    def ranked(self, recommender: Recommender, k: int) -> Lists:
        """Let a recommender rank the rows with everything kept, for lists of k."""
        pairs = (
            recommender(self.rows, DEEP * k, KEEP)
            .with_row_index("row")
            .select(pl.col("row").cast(pl.Int64), item="items")
            .explode("item", empty_as_null=False, keep_nulls=False)
        )
        return self.lists(pairs["row"].to_numpy(), pairs["item"].to_numpy().astype(np.int64))

    def policy_of(self, recommender: Recommender, given: SeenParams, k: int) -> SeenParams:
        """Choose a recommender's fates that are `auto`; without rows they are the defaults."""
        if "auto" not in given.model_dump().values() or not len(self.rows):
            return rules.fixed(given)
        return choose(self.ranked(recommender, k), given, k)
