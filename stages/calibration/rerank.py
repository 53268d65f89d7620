"""Rank rows by a calibration: the model's best candidates and those of the lists, weighed anew."""

import numpy as np
import polars as pl

from stages.asked import asked_rows
from stages.bert4rec.histories import Ints
from stages.bert4rec.ranking import Ranker
from stages.calibration.files import Calibration
from stages.calibration.fitting import cross_scores, folds
from stages.calibration.heuristics import Heuristics
from stages.calibration.table import Table, names, tables
from stages.conditional_logit import Floats
from stages.errors import HhrecError
from stages.params import Params
from stages.report import Progress

SLICE = 10_000  # rows whose lists are held at once


def ranked(
    params: Params,
    ranker: Ranker,
    rows: pl.DataFrame,
    found: Calibration,
    learned: Heuristics,
    *,
    held_out: bool,
    progress: Progress,
) -> tuple[np.ndarray, list[int]]:
    """Rank all rows.

    Args:
        params: `predict`, with no seen fate left `auto`; `sequences.max_length`.
        ranker: Made with parts.
        rows: `schema.TEST_SEQUENCES`, R rows.
        found: The weights.
        learned: The recommenders that `found` names.
        held_out: The rows are those that the weights were fitted on: each is ranked by the weights
            that do not know its user.
        progress: Told how many rows are ranked.

    Returns:
        Item ids, best first, 0 where candidates ran out, (R, k) int32; and how many candidates
        there were, for some of the rows each.

    Raises:
        HhrecError: The weights are of another version.
    """
    if tuple(found.weights) != names(found.heuristics):
        raise HhrecError(
            "the model's calibration.json names other numbers than this version computes",
            "run `hhrec train` anew",
        )
    k = min(params.predict.k, ranker.k)
    lists, pools, done = np.zeros((len(rows), k), dtype=np.int32), [], 0
    for start in range(0, len(rows), SLICE):
        some = rows.slice(start, SLICE)
        asked = asked_rows(some, params.sequences.max_length, params.predict.seen)
        fold = folds(some["user_id"]) if held_out else None
        parts = tables(ranker, asked.rows, learned.ranks(some), learned.counts)
        best = np.zeros((len(some), k), dtype=np.int32)
        for batch, told in parts:
            place_best(best, told, scores(told, found, fold))
            pools.append(batch.candidates)
            done += len(batch.rows)
            progress(done, len(rows))
        lists[start : start + len(some)] = asked.arranged(best)
    return lists, pools


def scores(told: Table, found: Calibration, fold: Ints | None) -> Floats:
    """Score candidates, (P,)."""
    if fold is None:
        return told.values.astype(np.float64) @ found.vector()
    own = tuple(found.vector(number) for number in range(len(found.fold_weights)))
    return cross_scores(told, fold, own)


def place_best(lists: np.ndarray, told: Table, score: Floats) -> None:
    """Write the best items of each row of a table into `lists` (R, k): ties by item."""
    order = np.lexsort((told.items, -score, told.rows))
    rows = told.rows[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    kept = place < lists.shape[1]
    lists[rows[kept], place[kept]] = told.items[order][kept]
