"""Salaries in one currency, log-scaled and in quantile buckets."""

from collections.abc import Mapping
from math import expm1, log1p

import polars as pl

RATES = {
    "RUR": 1.0,
    "RUB": 1.0,
    "USD": 90.4,
    "EUR": 97.8,
    "KZT": 0.195,
    "BYR": 28.6,
    "BYN": 28.6,
    "UZS": 0.0074,
    "KGS": 1.01,
    "UAH": 2.50,
    "GEL": 33.5,
    "AZN": 53.2,
}
"""Roubles for one unit: round figures of about November 2023, good to a few per cent.

`BYR` is what the job board writes for the Belarusian rouble of today (ISO 4217: BYN). A constant:
exchange rates that move would change every feature each day and explain nothing about a vacancy.
"""

UNIT = 1_000.0  # roubles below which the log scale becomes linear
BUCKETS = 32


def bounds(rates: Mapping[str, float], cap: int) -> tuple[pl.Expr, pl.Expr]:
    """Lower and upper bound of a salary in roubles a month, null where neither is known.

    Reads `compensation_from`, `compensation_to`, `compensation_currencyCode`. No currency means
    roubles, a currency without a rate no salary; zero and below count as missing; a missing bound
    is taken from the other; swapped bounds are put right; both are clipped to `cap`.
    """
    currency = pl.col("compensation_currencyCode").fill_null("RUR")
    rate = currency.replace_strict(
        list(rates), list(rates.values()), default=None, return_dtype=pl.Float64
    )
    given = [
        pl.when(bound > 0).then(bound.cast(pl.Float64) * rate).clip(upper_bound=float(cap))
        for bound in (pl.col("compensation_from"), pl.col("compensation_to"))
    ]
    return pl.min_horizontal(given), pl.max_horizontal(given)


def scaled(roubles: pl.Expr, cap: int) -> pl.Expr:
    """Bring roubles to [0, 1]: `log(1 + r / 1000) / log(1 + cap / 1000)`, 0 where missing.

    With the default cap of 1,000,000: 20,000 is 0.44, 50,000 is 0.57, 100,000 is 0.67.
    """
    return ((roubles / UNIT).log1p() / log1p(cap / UNIT)).fill_null(0.0).cast(pl.Float32)


def unscaled(value: float, cap: int) -> float:
    """Roubles of a scaled salary."""
    return expm1(value * log1p(cap / UNIT)) * UNIT


def middle(lower: pl.Expr, upper: pl.Expr) -> pl.Expr:
    """Midpoint of a salary's bounds, in roubles."""
    return (lower + upper) / 2


def quantile_edges(middles: pl.Series, count: int = BUCKETS) -> tuple[float, ...]:
    """Find the distinct inner edges that cut the known salaries into `count` equal parts."""
    known = middles.drop_nulls().sort()
    if known.is_empty():
        return ()
    places = sorted({len(known) * part // count for part in range(1, count)})
    edges = known.gather(places).unique().sort()
    return tuple(edges.filter(edges > known[0]))  # nothing lies below the least salary


def bucket(middles: pl.Expr, edges: tuple[float, ...]) -> pl.Expr:
    """Code of a salary: 0 missing, else 1 + the number of edges at or below it."""
    above = [(middles >= edge).cast(pl.Int32) for edge in edges]
    code = pl.sum_horizontal([pl.lit(1, pl.Int32), *above]).cast(pl.Int32)
    return pl.when(middles.is_null()).then(0).otherwise(code).cast(pl.Int32)
