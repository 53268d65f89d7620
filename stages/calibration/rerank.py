"""Rank rows by a calibration: the model's candidates and the lists', weighted anew."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration.candidate_table import CandidateTable, names, tables
from stages.calibration.conditional_logit import Floats
from stages.calibration.fitting import cross_scores, folds
from stages.calibration.heuristics import Heuristics, lags
from stages.core.calibration_file import Calibration
from stages.core.model_files import CALIBRATION
from stages.core.time_units import DAY
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress
from stages.loaders.model_arrays import moments
from stages.loaders.rank_queries import asked_rows
from stages.params import Params

SPARE = DAY  # a day later is not much
SLICE = 10_000  # rows whose lists are held at once


def within(rows: pl.DataFrame, found: Calibration, learned: Heuristics) -> NDArray[np.bool_]:
    """Which rows are asked no later after the end of the train part than validation rows were, (R,).

    What is known grows old: weights that were fitted on what was fresh do not hold for the others.
    """
    late = lags(moments(rows), learned.end)
    return np.asarray(late <= found.lag + SPARE)


def ranked(
    params: Params,
    ranker: Ranker,
    rows: pl.DataFrame,
    weights: Sequence[Floats],
    learned: Heuristics,
    *,
    progress: Progress,
) -> tuple[np.ndarray, Floats, list[int]]:
    """Rank all rows.

    Args:
        params: `predict`, with no seen fate left `auto`; `sequences.max_length`.
        ranker: Made with parts.
        rows: `schema.TEST_SEQUENCES`, R rows.
        weights: Of the table's numbers: one for all rows, or one a fold of users, (F,) each.
        learned: The recommenders that the table asks.
        progress: Told how many rows are ranked.

    Returns:
        Item ids, best first, 0 where candidates ran out, (R, k) int32; their scores, NaN there,
        (R, k); and how many candidates there were, for some of the rows each.
    """
    k = min(params.predict.k, ranker.k)
    lists, scores = np.zeros((len(rows), k), dtype=np.int32), np.full((len(rows), k), np.nan)
    pools, done = [], 0
    for start in range(0, len(rows), SLICE):
        some = rows.slice(start, SLICE)
        asked = asked_rows(some, params.sequences.max_length, params.predict.seen)
        fold = folds(some["user_id"]) % len(weights)
        parts = tables(ranker, asked.rows, learned.ranks(some), learned.counts)
        best, worth = lists[start : start + len(some)], scores[start : start + len(some)]
        for batch, told in parts:
            place_best(best, worth, told, cross_scores(told, fold, weights))
            pools.append(batch.candidates)
            done += len(batch.rows)
            progress(done, len(rows), rows=done)
        order = asked.order(best)
        best[:], worth[:] = (np.take_along_axis(part, order, axis=1) for part in (best, worth))
    return lists, scores, pools


def weights_of(found: Calibration, *, held_out: bool) -> list[Floats]:
    """Weights for `ranked`: of all validation rows, or for those rows the ones without their users.

    Raises:
        HhrecError: The weights are of another version.
    """
    if tuple(found.weights) != names(found.heuristics):
        raise HhrecError(
            f"the model's {CALIBRATION} names other numbers than this version computes",
            "run `hhrec train` anew",
        )
    if not held_out:
        return [found.vector()]
    return [found.vector(number) for number in range(len(found.fold_weights))]


def place_best(lists: np.ndarray, scores: Floats, told: CandidateTable, score: Floats) -> None:
    """Write the best items of each row of a table, and their scores, (R, k) each: ties by item."""
    order = np.lexsort((told.items, -score, told.rows))
    rows = told.rows[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    kept = place < lists.shape[1]
    lists[rows[kept], place[kept]] = told.items[order][kept]
    scores[rows[kept], place[kept]] = score[order][kept]
