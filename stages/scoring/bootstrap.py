"""Bootstrap intervals (95 %) of means over rows.

Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 6, 13 and 16.
Drawing n rows with replacement is drawing how often each *distinct* row is taken, which is one
multinomial draw; metrics of ranks have at most 101 distinct rows, so that this is fast at any n,
and the result cannot depend on the order of rows.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stages.scoring import metrics

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LOW, HIGH = 2.5, 97.5  # percent
NORMAL = 1.959964  # 97.5 % quantile of the standard normal distribution
BLOCK = 10_000_000  # cells of drawn counts held at once
CERTAIN = 50  # rows that make a vacancy's absence from a resample a matter of e**-50
COVERAGE_RESAMPLES = 100  # a standard error needs few resamples (Efron and Tibshirani, chapter 6)


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


class Difference(NamedTuple):
    """How much the first of two models is better, with the paired 95 % interval."""

    value: float
    low: float
    high: float
    above: float
    """Share of the resamples in which the first is better."""


def means(values: Floats, *, resamples: int, seed: int) -> Floats:
    """Means of resampled rows: values of shape (n, m), n >= 1, give shape (resamples, m)."""
    distinct, counts = np.unique(values, axis=0, return_counts=True)
    n = len(values)
    generator = np.random.default_rng(seed)
    step = max(1, BLOCK // len(distinct))
    blocks = [
        generator.multinomial(n, counts / n, size=min(step, resamples - start)) @ distinct / n
        for start in range(0, resamples, step)
    ]
    return np.concatenate(blocks)


def intervals(values: Floats, *, resamples: int, seed: int) -> list[Interval]:
    """Mean and 95 % percentile interval of each column of `values`, shape (n, m), n >= 1."""
    return _intervals(values, means(values, resamples=resamples, seed=seed))


def _intervals(values: Floats, drawn: Floats) -> list[Interval]:
    low, high = np.percentile(drawn, [LOW, HIGH], axis=0)
    mean = np.sort(values, axis=0).mean(axis=0)  # sorted: a sum's last bit depends on the order
    columns = zip(mean.tolist(), low.tolist(), high.tolist(), strict=True)
    return [Interval(*column) for column in columns]


def differences(first: Floats, second: Floats, *, resamples: int, seed: int) -> list[Difference]:
    """Mean of first - second of each column over the *same* rows, with its paired interval.

    Args:
        first: Values of shape (n, m), n >= 1.
        second: Those of the other model on the same rows, in the same order.
        resamples: How often rows are drawn; a drawn row brings both its values.
        seed: Seed of the draws.
    """
    values = first - second
    drawn = means(values, resamples=resamples, seed=seed)
    above = (drawn > 0).mean(axis=0).tolist()
    found = _intervals(values, drawn)
    return [Difference(*interval, share) for interval, share in zip(found, above, strict=True)]


def coverage(codes: Ints, rows: Ints, *, count: int, catalogue: int, seed: int) -> Interval:
    """Catalogue coverage with estimate ± 1.96 bootstrap standard errors, clipped to [0, 1].

    A resample leaves out about 37 % of the rows and so covers less than all rows do: percentiles
    would lie below the estimate. The spread of the resamples is used, not their place.

    Args:
        codes: Recommended vacancies as numbers 0..catalogue-1, shape (recommendations,).
        rows: Row of each recommendation, 0..count-1, shape (recommendations,).
        count: Rows, those without recommendations too.
        catalogue: Number of vacancies.
        seed: Seed of the resamples.
    """
    value = metrics.coverage(codes, catalogue)
    if not value:
        return Interval(0.0, 0.0, 0.0)
    rare = np.bincount(codes)[codes] < CERTAIN  # the others vary in no resample
    codes, rows = codes[rare], rows[rare]
    generator = np.random.default_rng(seed)
    covered = [
        _covered(codes, rows, generator.integers(count, size=count), (count, catalogue))
        for _ in range(COVERAGE_RESAMPLES)
    ]
    margin = NORMAL * float(np.std(covered, ddof=1)) / max(1, catalogue)
    return Interval(value, max(0.0, value - margin), min(1.0, value + margin))


def _covered(codes: Ints, rows: Ints, drawn: Ints, shape: tuple[int, int]) -> int:
    taken, seen = (np.zeros(size, dtype=bool) for size in shape)
    taken[drawn] = True
    seen[codes[taken[rows]]] = True
    return int(seen.sum())
