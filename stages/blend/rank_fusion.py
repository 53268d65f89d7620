"""Reciprocal rank fusion (Cormack et al., 2009): several ranked lists merged by rank.

Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual
Rank Learning Methods", SIGIR 2009. The score of a vacancy is the sum of w / (60 + rank) over the
lists that hold it; here each list has a weight w, in the paper all are 1.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.core.keys import KEYS
from stages.scoring import metrics

OFFSET = 60  # of the paper: how little the first places stand out
STEPS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.5, 4.0, 8.0)  # weights that are tried
ROUNDS = 3  # times that every weight is tried while the others stand still
Floats = NDArray[np.float64]


class FusionCandidates(NamedTuple):
    """Every vacancy that some list recommends to a row, in an order that breaks all ties."""

    frame: pl.DataFrame
    """Columns row, vacancy_id: by row, then by rank in the first list, in the second, and so on."""
    gains: Floats
    """1 / (60 + rank) in each list, 0 where it is absent; shape (candidates, lists)."""


def candidates(keys: pl.DataFrame, tables: Sequence[pl.DataFrame]) -> FusionCandidates:
    """Bring the lists of some rows together.

    Args:
        keys: Columns user_id, session_id, unique: the rows, numbered by their place.
        tables: `schema.PREDICTIONS` each; keys are unique, vacancies distinct within a list.
    """
    rows = keys.select(KEYS).with_row_index("row")
    names = [f"rank{number}" for number in range(len(tables))]
    found = _ranked(rows, tables[0], names[0])
    for table, name in zip(tables[1:], names[1:], strict=True):
        ranks = _ranked(rows, table, name)
        found = found.join(ranks, on=["row", "vacancy_id"], how="full", coalesce=True)
    found = found.sort("row", *names, nulls_last=True)
    gains = found.select(
        (1.0 / (pl.col(name) + OFFSET)).fill_null(0.0).alias(name) for name in names
    )
    return FusionCandidates(found.select("row", "vacancy_id"), gains.to_numpy())


def _ranked(rows: pl.DataFrame, table: pl.DataFrame, name: str) -> pl.DataFrame:
    """Columns row, vacancy_id, and the 1-based rank under `name`."""
    return (
        rows.join(table, on=KEYS)
        .select("row", vacancy_id="predictions")
        .with_columns(pl.int_ranges(1, pl.col("vacancy_id").list.len() + 1).alias(name))
        .explode("vacancy_id", name, empty_as_null=False, keep_nulls=False)
    )


def fuse(
    keys: pl.DataFrame, tables: Sequence[pl.DataFrame], weights: Sequence[float], k: int
) -> pl.DataFrame:
    """Make one list of several: the k best by score, ties by rank in the first list that differs.

    Args:
        keys: Rows to recommend for, user_id and session_id.
        tables: `schema.PREDICTIONS` each.
        weights: Of each table; what only lists of weight 0 hold comes last.
        k: Most vacancies a row.

    Returns:
        `schema.PREDICTIONS`, in the order of `keys`.
    """
    frame, gains = candidates(keys, tables)
    lists = (
        frame.with_columns(score=score(gains, weights))
        .sort("row", "score", descending=[False, True], maintain_order=True)
        .group_by("row", maintain_order=True)
        .agg(predictions=pl.col("vacancy_id").head(k))
    )
    none = pl.lit([], dtype=pl.List(pl.String))
    rows = keys.select(KEYS).with_row_index("row")
    return rows.join(lists, on="row", how="left", maintain_order="left").select(
        *KEYS, pl.col("predictions").fill_null(none)
    )


def score(gains: Floats, weights: Sequence[float]) -> Floats:
    """Add the gains up list by list, so that equal sums are equal to the last bit."""
    total = np.zeros(len(gains))
    for column, weight in zip(gains.T, weights, strict=True):
        total += weight * column
    return total


class Judge:
    """MRR@100 of weights on labelled rows, without sorting anything anew."""

    def __init__(self, labels: pl.DataFrame, tables: Sequence[pl.DataFrame]) -> None:
        """Take `schema.LABELS` and the tables: see `candidates`."""
        frame, self._gains = candidates(labels, tables)
        true = labels.with_row_index("row").select("row", "vacancy_id", true=True)
        found = frame.join(true, on=["row", "vacancy_id"], how="left", maintain_order="left")
        places = found["true"].is_not_null().to_numpy().nonzero()[0]
        self._rows = frame["row"].to_numpy()
        self._own = np.full(labels.height, -1)
        self._own[self._rows[places]] = places

    def __call__(self, weights: Sequence[float]) -> float:
        """Mean of 1 / rank of the true vacancy over all rows, 0 where no list holds it."""
        scores, own = score(self._gains, weights), self._own[self._rows]
        ahead = (scores > scores[own]) | ((scores == scores[own]) & (np.arange(len(own)) < own))
        ranks = 1 + np.bincount(self._rows[ahead], minlength=len(self._own))
        return float(np.sort(metrics.reciprocal_rank(ranks * (self._own >= 0), 100)).mean())


def tune(
    judge: Callable[[tuple[float, ...]], float], lists: int
) -> tuple[tuple[float, ...], float]:
    """Find good weights by trying one after the other; at least as good as any list alone.

    Args:
        judge: Gives the score of weights; greater is better.
        lists: Number of weights.

    Returns:
        The weights and their score. Of equal scores the one that was tried first wins.
    """
    alone = [tuple(float(place == own) for place in range(lists)) for own in range(lists)]
    best = max([(1.0,) * lists, *alone], key=judge)
    most = judge(best)
    for place in list(range(lists)) * ROUNDS:
        for step in STEPS:
            tried = (*best[:place], step, *best[place + 1 :])
            if any(tried) and (found := judge(tried)) > most:
                best, most = tried, found
    return best, most
