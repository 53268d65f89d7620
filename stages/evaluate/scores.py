"""One set of predictions against one set of labels: every metric, interval and segment."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.core.seeds import derive
from stages.evaluate.list_spread import ListSpread
from stages.evaluate.report_schema import Figures, Score
from stages.scoring import bootstrap, metrics
from stages.scoring.predicted_lists import PredictedLists, places

COVERAGE = "coverage"


class Scored(NamedTuple):
    """The score of predictions, and the rank of the true vacancy of each labelled row."""

    score: Score
    ranks: metrics.Ranks


def score(
    labels: pl.DataFrame,
    predictions: PredictedLists,
    *,
    cuts: pl.DataFrame | None,
    catalogue: pl.Series | None,
    employers: pl.DataFrame | None = None,
    resamples: int,
    seed: int,
) -> Scored:
    """Score predictions, block by block; see `stages.scoring.metrics` for the formulas.

    Args:
        labels: `schema.LABELS`, unique keys, at least one row.
        predictions: Rows without a label are not looked at.
        cuts: `stages.scoring.segments.segments` of the labels, or none for no segments.
        catalogue: Every vacancy id, or none for no coverage and no spread.
        employers: vacancy_id and employer, as far as they are known.
        resamples: Resamples of the bootstrap.
        seed: The user's seed.
    """
    place = places(labels, predictions.keys)
    ranks, predicted = np.zeros(labels.height, dtype=np.int64), 0
    spread = None if catalogue is None else ListSpread(catalogue, employers, place.count, seed)
    for which, numbers, asked in place.asked(predictions):
        ranks[which] = metrics.ranks(labels[which], asked)
        predicted += int((asked["predictions"].list.len() > 0).sum())
        if spread is not None:
            spread.add(numbers, asked["predictions"])
    found = _intervals(ranks, resamples, seed)
    if spread is not None:
        found[COVERAGE] = spread.covering.result()
    whole = Score(
        **_figures(labels.height, found).model_dump(),
        unpredicted=labels.height - predicted,
        segments={} if cuts is None else _segments(ranks, cuts, resamples, seed),
        spread={} if spread is None else spread.result(resamples),
    )
    return Scored(whole, ranks)


def ranks_of(labels: pl.DataFrame, predictions: PredictedLists) -> metrics.Ranks:
    """Rank of the true vacancy of each labelled row, block by block: see `metrics.ranks`."""
    place, ranks = places(labels, predictions.keys), np.zeros(labels.height, dtype=np.int64)
    for which, _, asked in place.asked(predictions):
        ranks[which] = metrics.ranks(labels[which], asked)
    return ranks


def _figures(rows: int, found: dict[str, bootstrap.Interval]) -> Figures:
    return Figures(
        rows=rows,
        metrics={name: interval.value for name, interval in found.items()},
        intervals={name: (interval.low, interval.high) for name, interval in found.items()},
    )


def _intervals(ranks: metrics.Ranks, resamples: int, seed: int) -> dict[str, bootstrap.Interval]:
    found = bootstrap.intervals(
        metrics.per_row(ranks), resamples=resamples, seed=derive(seed, "evaluate", "bootstrap")
    )
    return dict(zip(metrics.METRICS, found, strict=True))


def _segments(
    ranks: metrics.Ranks, cuts: pl.DataFrame, resamples: int, seed: int
) -> dict[str, dict[str, Figures]]:
    """Scores by each way of cutting the rows; segments without rows are left out."""
    return {
        cut: {
            name: _figures(int(inside.sum()), _intervals(ranks[inside], resamples, seed))
            for name, inside in found.items()
        }
        for cut, found in masks(cuts).items()
    }


def masks(cuts: pl.DataFrame) -> dict[str, dict[str, NDArray[np.bool_]]]:
    """Rows of each segment of each cut, segments in order: masks of shape (rows,), none empty."""
    found = {
        cut.name: {name: (cut == name).to_numpy() for name in cut.dtype.categories}
        for cut in cuts
        if isinstance(cut.dtype, pl.Enum)
    }
    return {
        cut: {name: mask for name, mask in inside.items() if mask.any()}
        for cut, inside in found.items()
    }
