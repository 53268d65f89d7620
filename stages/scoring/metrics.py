"""Ranking metrics for rows with exactly one true vacancy.

Every metric but coverage is a function of one number a row: the 1-based rank of the true vacancy
in the row's list, 0 where the list does not hold it (or the row has no list). Means are over all
labelled rows, so that a row without predictions counts 0.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.core.keys import KEYS

DEPTH = 100  # places of a list that any metric looks at
Floats = NDArray[np.float64]
Ranks = NDArray[np.int64]


def ranks(labels: pl.DataFrame, predictions: pl.DataFrame) -> Ranks:
    """Rank of the true vacancy of each labelled row, 0 where it is absent.

    Args:
        labels: user_id, session_id, vacancy_id; keys are unique.
        predictions: user_id, session_id, predictions (list[str], best first); keys are unique.

    Returns:
        Shape (labels.height,), in the order of `labels`.
    """
    hits = (
        labels.with_row_index("row")
        .join(predictions.select(*KEYS, "predictions"), on=KEYS)
        .select("row", "vacancy_id", "predictions")
        .with_columns(rank=pl.int_ranges(1, pl.col("predictions").list.len() + 1, dtype=pl.Int64))
        .explode("predictions", "rank", empty_as_null=False, keep_nulls=False)
        .filter(pl.col("predictions") == pl.col("vacancy_id"))
        .group_by("row")
        .agg(pl.col("rank").min())
    )
    found = np.zeros(labels.height, dtype=np.int64)
    found[hits["row"].to_numpy()] = hits["rank"].to_numpy()
    return found


def reciprocal_rank(ranks: Ranks, k: int) -> Floats:
    """1 / rank where 1 <= rank <= k, else 0; its mean is MRR@k.

    Source: Voorhees, "The TREC-8 Question Answering Track Report", 1999; cut at k.
    """
    return _at(ranks, k, 1 / np.maximum(ranks, 1))


def hit(ranks: Ranks, k: int) -> Floats:
    """1 where 1 <= rank <= k, else 0; its mean is HR@k, with one true vacancy also recall@k.

    Source: Deshpande and Karypis, "Item-Based Top-N Recommendation Algorithms", TOIS 2004.
    """
    return _at(ranks, k, np.ones(len(ranks)))


def discounted_gain(ranks: Ranks, k: int) -> Floats:
    """1 / log2(rank + 1) where 1 <= rank <= k, else 0; its mean is NDCG@k.

    With one true vacancy the ideal gain is 1, so that the gain is its own normalisation.
    Source: Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques", TOIS 2002.
    """
    return _at(ranks, k, 1 / np.log2(np.maximum(ranks, 1) + 1))


def _at(ranks: Ranks, k: int, gain: Floats) -> Floats:
    return np.where((ranks >= 1) & (ranks <= k), gain, 0.0)


METRICS: Mapping[str, Callable[[Ranks], Floats]] = {
    "MRR@100": partial(reciprocal_rank, k=100),
    **{f"HR@{k}": partial(hit, k=k) for k in (1, 5, 10, 50, 100)},
    **{f"NDCG@{k}": partial(discounted_gain, k=k) for k in (10, 100)},
}


def per_row(ranks: Ranks) -> Floats:
    """Every metric of every row: shape (rows, len(METRICS))."""
    return np.stack([metric(ranks) for metric in METRICS.values()], axis=1)


def coverage(codes: NDArray[np.int64], catalogue: int) -> float:
    """Share of the catalogue's vacancies that some list holds among its first 100.

    Source: Ge, Delgado-Battenfeld and Jannach, "Beyond Accuracy", RecSys 2010 (catalogue coverage).
    Nothing recommended gives 0, and so does an empty catalogue.

    Args:
        codes: Recommended vacancies as numbers from 0, repeats allowed, shape (recommendations,).
        catalogue: Number of vacancies in the catalogue.
    """
    return int((np.bincount(codes) > 0).sum()) / catalogue if catalogue else 0.0
