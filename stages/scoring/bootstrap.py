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
    found = Covering(count, catalogue, seed)
    found.add(rows, codes)
    return found.result()


class Covering:
    """The same, from recommendations that come block by block; one bit a row and resample.

    Args:
        count: Rows.
        catalogue: Number of vacancies.
        seed: Seed of the resamples.
    """

    def __init__(self, count: int, catalogue: int, seed: int) -> None:
        generator = np.random.default_rng(seed)
        self.taken = np.zeros((COVERAGE_RESAMPLES, count), dtype=bool)
        for taken in self.taken if count else ():
            taken[generator.integers(count, size=count)] = True
        self.taken = np.packbits(self.taken, axis=0)  # (13, count): eight resamples a byte
        self.met = np.zeros((len(self.taken), catalogue), dtype=np.uint8)
        self.counts = np.zeros(catalogue, dtype=np.int64)

    def add(self, rows: Ints, codes: Ints) -> None:
        """Note recommendations: row of each, and number of its vacancy, (P,)."""
        order = np.argsort(codes, kind="stable")
        codes, rows = codes[order], rows[order]
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        if not len(starts):
            return
        met = codes[starts]
        self.counts[met] += np.diff(starts, append=len(codes))
        for taken, seen in zip(self.taken, self.met, strict=True):
            seen[met] |= np.bitwise_or.reduceat(taken[rows], starts)

    def result(self) -> Interval:
        """Coverage by all that was noted."""
        size = len(self.counts)
        value = metrics.coverage(np.flatnonzero(self.counts), size)
        if not value:
            return Interval(0.0, 0.0, 0.0)
        rare = self.counts < CERTAIN  # the others vary in no resample
        bits = (np.unpackbits(met[rare]).reshape(-1, 8).sum(axis=0) for met in self.met)
        covered = np.concatenate(list(bits))[:COVERAGE_RESAMPLES].tolist()
        margin = NORMAL * float(np.std(covered, ddof=1)) / max(1, size)
        return Interval(value, max(0.0, value - margin), min(1.0, value + margin))
