"""The recommender of each row: the calibrated model, the model as trained, or a baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.baselines import stage as baselines
from stages.baselines.last_viewed import own_vacancies
from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration import rerank
from stages.calibration.candidate_table import start
from stages.calibration.conditional_logit import Floats
from stages.calibration.heuristics import Heuristics
from stages.core.calibration_file import MODEL, Calibration
from stages.core.item_ids import FIRST_ITEM
from stages.interface.stage_report import Progress
from stages.params import Params, SeenParams
from stages.seen_policy import rules

AS_TRAINED = "model as trained"


@dataclass(frozen=True)
class ChosenLists:
    """Lists for R rows.

    Attributes:
        lists: Item ids, best first, 0 where candidates ran out, (R, k) int32.
        scores: What they were ranked by, NaN where candidates ran out or a baseline answers, (R, k).
        pools: How many candidates there were, for some of the rows each.
        by: Rows by who answered.
        seen: Fates of seen vacancies of the rows that validation rows stand for.
    """

    lists: np.ndarray
    scores: Floats
    pools: list[int]
    by: dict[str, int]
    seen: SeenParams


def answers(
    params: Params,
    ranker: Ranker,
    rows: pl.DataFrame,
    found: Calibration,
    learned: Heuristics,
    *,
    held_out: bool,
    restricted: bool,
    progress: Progress,
) -> ChosenLists:
    """Answer all rows.

    Args:
        params: `predict` and `sequences.max_length`.
        ranker: Made with parts.
        rows: `schema.TEST_SEQUENCES`, R rows.
        found: What validation rows chose.
        learned: The recommenders that it names.
        held_out: The rows are the validation rows themselves.
        restricted: Only some vacancies are candidates. A baseline ranks the whole catalogue, so it
            does not stand in then.
        progress: Told how many rows are ranked.
    """
    fallback = "never" if restricted else params.predict.fallback
    by, chosen = found.answer(fallback)
    policy = rules.fixed(params.predict.seen, chosen)
    close = rerank.within(rows, found, learned)
    lists = np.zeros((len(rows), min(params.predict.k, ranker.k)), dtype=np.int32)
    scores = np.full(lists.shape, np.nan)
    pools: list[int] = []

    def rank(which: NDArray[np.bool_], policy: SeenParams, weights: Sequence[Floats]) -> None:
        given, some = rules.with_policy(params, policy), rows.filter(which)
        lists[which], scores[which], sizes = rerank.ranked(
            given, ranker, some, weights, learned, progress=progress
        )
        pools.extend(sizes)

    if by == MODEL:
        rank(close, policy, rerank.weights_of(found, held_out=held_out))
    elif close.any():
        lists[close] = baseline_lists(by, rows.filter(close), learned, policy, lists.shape[1])
        pools.append(len(ranker.catalogue) - FIRST_ITEM)
    rank(~close, rules.fixed(params.predict.seen), [start(found.heuristics)])
    counts = {by: int(close.sum()), AS_TRAINED: int((~close).sum())}
    return ChosenLists(lists, scores, pools, {name: n for name, n in counts.items() if n}, policy)


def baseline_lists(
    name: str, rows: pl.DataFrame, learned: Heuristics, policy: SeenParams, k: int
) -> np.ndarray:
    """Let a baseline rank rows, (R, k)."""
    shelves = {**learned.shelves, "last_viewed": own_vacancies}
    chosen = [shelves[shelf] for shelf in baselines.BASELINES[name]]
    lists = np.zeros((len(rows), k), dtype=np.int32)
    for first in range(0, len(rows), baselines.SLICE):
        some = rows.slice(first, baselines.SLICE)
        lists[first : first + len(some)] = baselines.ranked(chosen, some, k, policy)
    return lists
