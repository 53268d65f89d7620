"""Who ranks which row, as one total order: what `recommender_choice` answers, to any depth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration import rerank
from stages.calibration.baseline_order import BaselineOrder, May
from stages.calibration.candidate_table import FIRST, start
from stages.calibration.conditional_logit import Floats
from stages.calibration.heuristics import Heuristics
from stages.calibration.parted_order import PartedOrder
from stages.calibration.recommender_choice import AS_TRAINED
from stages.calibration.total_order import ModelOrder
from stages.core.calibration_file import MODEL, Calibration
from stages.core.item_ids import FIRST_ITEM
from stages.params import Params, SeenParams
from stages.rules.lists import Lists
from stages.seen_policy import rules


@dataclass(frozen=True)
class Answerers:
    """Who ranks R rows.

    Attributes:
        order: The order of all rows.
        parts: Its parts: what ranks the rows that validation rows stand for, and the others.
        by: Rows by who answers.
        seen: Fates of seen vacancies of the rows that validation rows stand for.
        candidates: Vacancies that may be recommended to anyone.
    """

    order: PartedOrder
    parts: tuple[ModelOrder | BaselineOrder, ...]
    by: dict[str, int]
    seen: SeenParams
    candidates: int

    def pools(self) -> list[int]:
        """How many candidates there were, for some of the rows each."""
        found: list[int] = []
        for part in self.parts:
            if len(part):
                found += part.pools if isinstance(part, ModelOrder) else [self.candidates]
        return found

    def lists(self, k: int) -> Lists:
        """List k for each row without any rule, as `predict` does."""
        every = np.arange(len(self.order))
        found = self.order.to_depth(every, k)
        return Lists(self.order.arranged(every, found.items), found.scores)


def answerers(
    params: Params,
    ranker: Ranker,
    rows: pl.DataFrame,
    found: Calibration | None,
    learned: Heuristics | None,
    *,
    held_out: bool = False,
    may: May | None = None,
) -> Answerers:
    """Choose who ranks the rows.

    Args:
        params: `predict` and `sequences.max_length`.
        ranker: Made with parts, where there is a calibration.
        rows: `schema.TEST_SEQUENCES`, R rows.
        found: What validation rows chose; None where nothing was held out.
        learned: The recommenders that it names.
        held_out: The rows are the validation rows themselves.
        may: Which (row, item) pairs are eligible, for a baseline; the ranker knows by itself.
    """
    given, length = params.predict, params.sequences.max_length
    plain = rules.fixed(given.seen)
    if found is None or learned is None:
        only = ModelOrder(ranker, rows, length, plain)
        order = PartedOrder(np.zeros(len(rows), dtype=np.int64), (only,))
        return Answerers(order, (only,), {AS_TRAINED: len(rows)}, plain, only.size)
    by, chosen = found.answer(given.fallback)
    policy = rules.fixed(given.seen, chosen)
    close = rerank.within(rows, found, learned)
    base = min(max(given.k, FIRST), len(ranker.catalogue) - FIRST_ITEM)

    def model(
        which: NDArray[np.bool_], policy: SeenParams, weights: Sequence[Floats]
    ) -> ModelOrder:
        return ModelOrder(ranker, rows.filter(which), length, policy, base, weights, learned)

    first: ModelOrder | BaselineOrder
    if by == MODEL:
        first = model(close, policy, rerank.weights_of(found, held_out=held_out))
    else:
        numbers = np.flatnonzero(close)
        size = len(ranker.catalogue) - FIRST_ITEM
        kept = None if may is None else lambda own, items: may(numbers[own], items)
        first = BaselineOrder(by, learned, rows.filter(close), policy, size, kept)
    parts = (first, model(~close, plain, [start(found.heuristics)]))
    counts = {by: int(close.sum()), AS_TRAINED: int((~close).sum())}
    counts = {name: count for name, count in counts.items() if count}
    order = PartedOrder((~close).astype(np.int64), parts)
    return Answerers(order, parts, counts, policy, len(ranker.matrix))
