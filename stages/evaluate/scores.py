"""One set of predictions against one set of labels: every metric, interval and segment."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.core.keys import KEYS
from stages.core.seeds import derive
from stages.evaluate.report_schema import Figures, Score, Spread
from stages.scoring import bootstrap, congestion, metrics

COVERAGE = "coverage"


def score(
    labels: pl.DataFrame,
    predictions: pl.DataFrame,
    *,
    cuts: pl.DataFrame | None,
    catalogue: pl.Series | None,
    employers: pl.DataFrame | None = None,
    resamples: int,
    seed: int,
) -> Score:
    """Score predictions; see `stages.scoring.metrics` for the formulas.

    Args:
        labels: `schema.LABELS`, unique keys, at least one row.
        predictions: `schema.PREDICTIONS`, unique keys; rows without a label are not looked at.
        cuts: `stages.scoring.segments.segments` of the labels, or none for no segments.
        catalogue: Every vacancy id, or none for no coverage and no spread.
        employers: vacancy_id and employer, as far as they are known.
        resamples: Resamples of the bootstrap.
        seed: The user's seed.
    """
    asked = labels.select(KEYS).join(predictions, on=KEYS)
    ranks = metrics.ranks(labels, predictions)
    found = _intervals(ranks, resamples, seed)
    if catalogue is not None:
        found[COVERAGE] = _coverage(asked, catalogue, seed)
    predicted = int((asked["predictions"].list.len() > 0).sum())
    return Score(
        **_figures(labels.height, found).model_dump(),
        unpredicted=labels.height - predicted,
        segments={} if cuts is None else _segments(ranks, cuts, resamples, seed),
        spread={} if catalogue is None else _spread(asked, catalogue, employers, resamples, seed),
    )


def _spread(
    asked: pl.DataFrame,
    catalogue: pl.Series,
    employers: pl.DataFrame | None,
    resamples: int,
    seed: int,
) -> dict[str, Spread]:
    """How the first 100 of each list are spread; ids outside the catalogue are left out."""
    rows, codes = _codes(asked, catalogue)
    shown = congestion.Shown(rows, codes, asked.height, len(catalogue))
    found = congestion.congestion(shown, derive(seed, "evaluate", "congestion"))
    if employers is not None:
        found |= congestion.concentration(
            asked, employers, resamples=resamples, seed=derive(seed, "evaluate", "bootstrap")
        )
    return {name: Spread(**one._asdict()) for name, one in found.items()}


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


def _coverage(asked: pl.DataFrame, catalogue: pl.Series, seed: int) -> bootstrap.Interval:
    """Coverage by the first 100 of each list; ids outside the catalogue cover nothing."""
    rows, codes = _codes(asked, catalogue)
    return bootstrap.coverage(
        codes,
        rows,
        count=asked.height,
        catalogue=len(catalogue),
        seed=derive(seed, "evaluate", COVERAGE),
    )


def _codes(asked: pl.DataFrame, catalogue: pl.Series) -> tuple[bootstrap.Ints, bootstrap.Ints]:
    """Row and catalogue number of every recommendation: two arrays, shape (recommendations,)."""
    numbers = catalogue.alias("predictions").to_frame().with_row_index("code")
    flat = (
        asked.sort(KEYS)
        .select(pl.col("predictions").list.head(metrics.DEPTH))
        .with_row_index("row")
        .explode("predictions", empty_as_null=False, keep_nulls=False)
        .join(numbers, on="predictions", maintain_order="left")
    )
    return (
        flat["row"].cast(pl.Int64).to_numpy(),
        flat["code"].cast(pl.Int64).to_numpy(),
    )
