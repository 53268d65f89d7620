"""Fit the weights of a table's numbers on validation rows, and say honestly how well they rank.

Every row is scored by weights that were fitted without the rows of its user (cross-fitting), so that
what is reported, and what the seen policy is chosen by, is not flattered. The weights published are
those of all rows. A penalty pulls them to those that the model was trained with: few rows move little.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from stages import seen_choice
from stages.bert4rec.histories import Ints
from stages.calibration.files import Calibration
from stages.calibration.table import Table, names
from stages.conditional_logit import Choices, Floats, fit
from stages.params import SeenParams

FOLDS = 5
PULL = 2.0  # on weights of numbers that are scaled to a standard deviation of 1


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


def fitted(table: Table, rows: pl.DataFrame, start: Floats, policy: SeenParams, k: int) -> Fitted:
    """Fit on all rows; score each by a fit that leaves out its fold.

    Args:
        table: Candidates of the rows.
        rows: `schema.VALIDATION_SEQUENCES`, R rows.
        start: Weights that the penalty pulls to, (F,).
        policy: Fates of seen vacancies; those that are `auto` are chosen.
        k: Vacancies of a list that count.
    """
    scale = table.values.std(axis=0, dtype=np.float64)
    scale[scale < 1e-6] = 1.0  # noqa: PLR2004  a number that does not vary
    right = table.items == rows["label_item"].to_numpy()[table.rows]
    scaled = (table.values / scale.astype(np.float32)).astype(np.float32)
    choices, owners = _choices(scaled, table.rows, right)
    fold, pull, begin = folds(rows["user_id"]), np.full(len(start), PULL), start * scale
    weights = fit(choices, begin, pull)
    others = [fit(choices.picked(fold[owners] != number), begin, pull) for number in range(FOLDS)]
    own = tuple(weights / scale for weights in others)
    lists = ordered(table, cross_scores(table, fold, own), right, rows)
    chosen = seen_choice.choose(lists, policy, k)
    return Fitted(weights / scale, own, chosen, seen_choice.gains(lists, chosen, k))


def cross_scores(table: Table, fold: Ints, weights: Sequence[Floats]) -> Floats:
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


def ordered(
    table: Table, scores: Floats, right: np.ndarray, rows: pl.DataFrame
) -> seen_choice.Lists:
    """Sort candidates by row, score and item, with what their contexts did to them."""
    order = np.lexsort((table.items, -scores, table.rows))
    touched = seen_choice.touched_bits(rows)
    bits = seen_choice.bits_of(table.rows[order], table.items[order], touched)
    return seen_choice.Lists(table.rows[order], bits, right[order], len(rows))


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
