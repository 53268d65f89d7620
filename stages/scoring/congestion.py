"""How recommendations are spread over vacancies and over employers.

A vacancy that is in many lists is crowded: its employer gets more responses than it can read, and
others none. The Gini coefficient is that of the number of lists that each vacancy of the catalogue is
in: 0 where all are in equally many, near 1 where a few are in all (Gini, 1912; of recommendations:
Fleder and Hosanagar, Management Science 55, 2009). The concentration of a list is the Herfindahl index
of its employers: the sum of their squared shares, 1 over the list's length where all differ, 1 where
there is one (Herfindahl, 1950).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.scoring import bootstrap, metrics
from stages.scoring.bootstrap import NORMAL, Floats, Interval, Ints

RESAMPLES = 100  # a standard error needs few


@dataclass(frozen=True)
class Shown:
    """P recommendations of R rows.

    Attributes:
        rows: Row of each, (P,).
        items: Number of its vacancy in the catalogue, (P,).
        count: R.
        catalogue: Vacancies of the catalogue.
    """

    rows: Ints
    items: Ints
    count: int
    catalogue: int


def gini(counts: Ints) -> float:
    """Gini coefficient of whole numbers (n,), not negative; 0 of nothing."""
    total, size = int(counts.sum()), len(counts)
    if not total:
        return 0.0
    sizes = np.bincount(counts).astype(np.float64)  # of equal numbers, ascending
    before = np.cumsum(sizes) - sizes
    ranks = sizes * before + sizes * (sizes + 1) / 2  # sum of the ranks of those
    weighted = float((ranks * np.arange(len(sizes))).sum())
    return 2 * weighted / (size * total) - (size + 1) / size


def congestion(shown: Shown, seed: int) -> dict[str, Interval]:
    """Gini coefficient, share of the catalogue shown, and the lists that the most crowded vacancy is in.

    Estimates ± 1.96 bootstrap standard errors: as for coverage, the spread of the resamples is used
    and not their place.
    """
    found = Crowding(shown.count, shown.catalogue, seed)
    found.add(shown.rows, shown.items)
    return found.result()


class Crowding:
    """The same, from recommendations that come block by block.

    Args:
        count: Rows.
        catalogue: Vacancies of the catalogue.
        seed: Seed of the resamples.
    """

    def __init__(self, count: int, catalogue: int, seed: int) -> None:
        generator = np.random.default_rng(seed)
        self.times = np.empty((RESAMPLES if count else 0, count), dtype=np.uint8)
        for times in self.times:  # a row is drawn once on average, 255 times never
            times[:] = np.bincount(generator.integers(count, size=count), minlength=count)
        self.counts = np.zeros(catalogue, dtype=np.int64)
        self.drawn = np.zeros((len(self.times), catalogue), dtype=np.int32)

    def add(self, rows: Ints, items: Ints) -> None:
        """Count recommendations: row of each, and number of its vacancy, (P,)."""
        met, places = np.unique(items, return_inverse=True)
        self.counts[met] += np.bincount(places, minlength=len(met))
        for times, counts in zip(self.times, self.drawn, strict=True):
            drawn = np.bincount(places, times[rows], minlength=len(met))
            counts[met] += drawn.astype(np.int32)

    def result(self) -> dict[str, Interval]:
        """Figures of all that was counted."""
        found = _figures(self.counts)
        drawn = [list(_figures(counts.astype(np.int64)).values()) for counts in self.drawn]
        errors = np.std(drawn, axis=0, ddof=1) if drawn else np.zeros(len(found))
        return {
            name: Interval(value, max(0.0, value - NORMAL * error), value + NORMAL * error)
            for (name, value), error in zip(found.items(), errors.tolist(), strict=True)
        }


def _figures(counts: Ints) -> dict[str, float]:
    return {
        "gini": gini(counts),
        "shown": float((counts > 0).mean()) if len(counts) else 0.0,
        "most_crowded": float(counts.max(initial=0)),
    }


def concentration(
    lists: pl.DataFrame, employers: pl.DataFrame, *, resamples: int, seed: int
) -> dict[str, Interval]:
    """Mean Herfindahl index and mean number of employers of the lists that hold anything.

    Args:
        lists: `predictions` of each row.
        employers: vacancy_id, once each, and `employer`; one that is not known is one by itself.
        resamples: Resamples of the rows.
        seed: Seed of these.
    """
    return of_lists(employers_of(lists, employers), resamples=resamples, seed=seed)


def of_lists(per_row: Floats, *, resamples: int, seed: int) -> dict[str, Interval]:
    """Means of what `employers_of` says of each list, (n, 2), with their intervals."""
    if not len(per_row):
        return {}
    found = bootstrap.intervals(per_row, resamples=resamples, seed=seed)
    return dict(zip(("employer_concentration", "employers"), found, strict=True))


def employers_of(lists: pl.DataFrame, employers: pl.DataFrame) -> NDArray[np.float64]:
    """Herfindahl index and number of employers of each list that holds anything, (n, 2)."""
    places = pl.col("len").cast(pl.Int64)
    shares: Floats = (
        lists.select(pl.col("predictions").list.head(metrics.DEPTH))
        .with_row_index("row")
        .explode("predictions", empty_as_null=False, keep_nulls=False)
        .rename({"predictions": "vacancy_id"})
        .join(employers, on="vacancy_id", how="left")
        .with_columns(pl.coalesce("employer", "vacancy_id"), known=pl.col("employer").is_not_null())
        .group_by("row", "employer", "known")
        .len()
        .group_by("row")
        .agg(
            # whole numbers: a sum of shares has other last bits in another order
            ((places**2).sum() / places.sum() ** 2).alias("index"),
            pl.len().cast(pl.Float64).alias("employers"),
        )
        .sort("row")
        .select("index", "employers")
        .to_numpy()
    )
    return shares
