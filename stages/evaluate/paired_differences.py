"""Paired differences of two prediction tables on the same labelled rows."""

import numpy as np
import polars as pl

from stages.core.seeds import derive
from stages.evaluate.report_schema import Difference, Paired
from stages.evaluate.scores import masks
from stages.params import Params
from stages.scoring import bootstrap, metrics

HEADLINES = ("MRR@100", "HR@10", "NDCG@10", "HR@100")  # with one true vacancy HR is recall
WHICH = [list(metrics.METRICS).index(name) for name in HEADLINES]


def values(ranks: metrics.Ranks) -> metrics.Floats:
    """The `HEADLINES` of every labelled row, by the rank of its true vacancy: shape (rows, 4)."""
    return metrics.per_row(ranks)[:, WHICH]


def paired(first: metrics.Floats, second: metrics.Floats, params: Params) -> Paired:
    """Compare `values` of two tables by the paired bootstrap."""
    seed = derive(params.seed, "evaluate", "bootstrap")
    resamples = params.evaluate.bootstrap
    found = bootstrap.differences(first, second, resamples=resamples, seed=seed)
    return Paired(
        rows=len(first),
        first=_means(first),
        second=_means(second),
        differences={
            name: Difference(**one._asdict()) for name, one in zip(HEADLINES, found, strict=True)
        },
    )


def by_segment(
    first: metrics.Floats, second: metrics.Floats, cuts: pl.DataFrame, params: Params
) -> dict[str, dict[str, Paired]]:
    """Compare two tables on the rows of each segment: see `stages.scoring.segments.segments`."""
    return {
        cut: {name: paired(first[inside], second[inside], params) for name, inside in found.items()}
        for cut, found in masks(cuts).items()
    }


def _means(rows: metrics.Floats) -> dict[str, float]:
    # sorted: a sum's last bit depends on the order
    return dict(zip(HEADLINES, np.sort(rows, axis=0).mean(axis=0).tolist(), strict=True))
