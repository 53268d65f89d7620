"""Fit the weights of a calibration on validation rows, cross-fitted by user.

Every row is scored by weights that were fitted without the rows of its user (cross-fitting), so that
what is reported, and what the seen policy is chosen by, is not flattered. The weights published are
those of all rows. A penalty pulls them to those that the model was trained with: few rows move little.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.calibration.candidate_table import CandidateTable, names
from stages.calibration.conditional_logit import Choices, Floats, fit
from stages.core.calibration_file import Calibration
from stages.params import SeenParams
from stages.seen_policy import choice

FOLDS = 5
PULLS = (300.0, 30.0, 3.0)  # on weights of numbers that are scaled to a standard deviation of 1


@dataclass(frozen=True)
class Fitted:
    """Weights, and what they are worth.

    Attributes:
        weights: Of the table's numbers, (F,).
        fold_weights: The same fitted without the users of a fold, one a fold.
        seen: Fates of seen vacancies that rank the rows best.
        gains: Reciprocal rank of each row's label, cross-fitted, under those fates, (R,).
    """

    weights: Floats
    fold_weights: tuple[Floats, ...]
    seen: SeenParams
    gains: Floats

    def mrr(self) -> float:
        """Mean reciprocal rank over all rows."""
        return float(np.sort(self.gains).mean()) if len(self.gains) else 0.0


def folds(users: pl.Series) -> Ints:
    """Fold of each row, by its user alone, (R,)."""
    return np.array([zlib.crc32(user.encode()) % FOLDS for user in users], dtype=np.int64)


def fitted(
    table: CandidateTable,
    rows: pl.DataFrame,
    start: Floats,
    policy: SeenParams,
    k: int,
    *,
    pulls: Sequence[float] = PULLS,
) -> Fitted:
    """Fit on all rows; score each by a fit that leaves out its fold.

    Of several strengths of the pull, none at all moving among them, the strongest is taken that ranks
    the rows no worse than the best one by more than half a standard error: few rows move little.

    Args:
        table: Candidates of the rows.
        rows: `schema.VALIDATION_SEQUENCES`, R rows.
        start: Weights that the penalty pulls to, (F,).
        policy: Fates of seen vacancies; those that are `auto` are chosen.
        k: Vacancies of a list that count.
        pulls: Strengths that are tried, beside none moving; the strongest first.
    """
    lists = choice.Labelled(rows).lists(table.rows, table.items)
    choices, owners = _choices(table.values, table.rows, lists.right)
    fold, spread = folds(rows["user_id"]), _spread(table.values)
    tried = [_judged(table, lists, fold, policy, k, start, (start,) * FOLDS)]
    for strength in pulls:
        pull = strength * spread**2
        own = tuple(fit(choices.picked(fold[owners] != n), start, pull) for n in range(FOLDS))
        tried.append(_judged(table, lists, fold, policy, k, fit(choices, start, pull), own))
    best = max(tried, key=Fitted.mrr)
    return next(one for one in tried if best.mrr() - one.mrr() <= _error(best, one) / 2)


def _spread(values: Floats) -> Floats:
    """Standard deviation of each column (P, F) -> (F,), column by column; 1 for one that is fixed.

    A pull on a weight times its square is one on the weight of the column scaled to 1, which nobody
    has to make then.
    """
    found = np.array([column.std(dtype=np.float64) for column in values.T])
    return np.where(found < 1e-6, 1.0, found)  # noqa: PLR2004  a number that does not vary


def _error(one: Fitted, other: Fitted) -> float:
    """Standard error of the difference of two mean reciprocal ranks on the same rows."""
    return float((one.gains - other.gains).std() / max(len(one.gains), 1) ** 0.5)


def _judged(
    table: CandidateTable,
    lists: choice.Lists,
    fold: Ints,
    policy: SeenParams,
    k: int,
    weights: Floats,
    own: tuple[Floats, ...],
) -> Fitted:
    """Say what weights are worth, with the weights of the folds."""
    lists = ordered(lists, table.items, cross_scores(table, fold, own))
    chosen = choice.choose(lists, policy, k)
    return Fitted(weights, own, chosen, choice.gains(lists, chosen, k))


def cross_scores(table: CandidateTable, fold: Ints, weights: Sequence[Floats]) -> Floats:
    """Score each candidate by the weights of its row's fold, (P,)."""
    scores = np.zeros(len(table.rows))
    for number, own in enumerate(weights):
        held = fold[table.rows] == number
        scores[held] = table.values[held].astype(np.float64) @ own
    return scores


def _choices(values: Floats, rows: Ints, right: np.ndarray) -> tuple[Choices, Ints]:
    """The rows whose label is among their candidates, and their numbers."""
    owners = rows[right]
    kept = np.isin(rows, owners)
    starts = np.searchsorted(rows[kept], owners)
    chosen = np.flatnonzero(right[kept])
    return Choices(values[kept], np.append(starts, kept.sum()), chosen), owners


def ordered(lists: choice.Lists, items: Ints, scores: Floats) -> choice.Lists:
    """Sort candidates by row, score and item."""
    order = np.lexsort((items, -scores, lists.rows))
    return choice.Lists(lists.rows[order], lists.bits[order], lists.right[order], lists.count)


def calibration_of(found: Fitted, heuristics: tuple[str, ...], lag: int) -> Calibration:
    """Name what was fitted."""
    named_as = names(heuristics)

    def named(weights: Floats) -> dict[str, float]:
        return dict(zip(named_as, weights.tolist(), strict=True))

    return Calibration(
        heuristics=heuristics,
        weights=named(found.weights),
        fold_weights=tuple(named(weights) for weights in found.fold_weights),
        seen=found.seen.model_dump(),
        lag=lag,
        rows=len(found.gains),
        mrr_100=found.mrr(),
        baselines={},
    )
