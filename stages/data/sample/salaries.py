"""Salaries as employers type them: rounded, half hidden, in ten currencies, sometimes absurd."""

import numpy as np
import polars as pl

from stages.data.sample import dials, facts
from stages.data.sample.draw import Floats, Ints, pick, pick_by_row

CURRENCIES = tuple(dials.RATES)


def draw_salaries(
    rng: np.random.Generator, pay: Floats, shown: Ints, region: Ints, number: Ints
) -> pl.DataFrame:
    """Turn log roubles into `from`, `to` and currency, null where the vacancy hides them.

    Args:
        rng: Source of chance.
        pay: Log of monthly roubles: (n,).
        shown: Index into PAY_SHOWN: (n,).
        region: Region of each vacancy: (n,).
        number: Internal number; vacancy 0 always carries the log's most absurd salary.
    """
    size = len(pay)
    currency = pick_by_row(rng, _currency_table(), region)
    rate = np.array(list(dials.RATES.values()))[currency]
    amount = np.exp(pay) / rate
    low, high = _round(amount), _round(amount * rng.uniform(1.1, 1.7, size))
    low, high = _spoil(rng, low, high)
    named = list(facts.PAY_SHOWN)
    has_low = np.isin(shown, [named.index("from"), named.index("both")])
    has_high = np.isin(shown, [named.index("to"), named.index("both")])
    high = np.where(number == 0, facts.ABSURD_PAY, high)
    return pl.DataFrame({"low": low, "high": high, "code": currency}).select(
        pl.when(pl.Series(has_low)).then("low").alias("compensation.from"),
        pl.when(pl.Series(has_high | (number == 0))).then("high").alias("compensation.to"),
        pl.when(pl.Series(has_low | has_high | (number == 0)))
        .then(pl.Series(values=CURRENCIES, dtype=pl.String).gather(currency))
        .alias("compensation.currencyCode"),
    )


def _round(amount: Floats) -> Ints:
    """Round to two significant digits and a half, as people do."""
    step = 10.0 ** np.floor(np.log10(amount) - 1.0) / 2.0
    rounded: Ints = np.maximum(1, np.round(amount / step) * step).astype(np.int64)
    return rounded


def _spoil(rng: np.random.Generator, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Add typing errors: bounds swapped, pay in thousands, digits typed twice, one rouble."""
    error = pick(rng, np.array([1.0 - sum(dials.ABSURD_KINDS), *dials.ABSURD_KINDS]), len(low))
    low, high = np.where(error == 1, high, low), np.where(error == 1, low, high)
    factor = np.array([1.0, 1.0, 0.001, 1000.0])[np.minimum(error, 3)]
    low = np.maximum(1, low * factor).astype(np.int64)
    high = np.maximum(1, high * factor).astype(np.int64)
    low = np.where(error == len(dials.ABSURD_KINDS), 1, low)
    return np.minimum(low, facts.ABSURD_PAY), np.minimum(high, facts.ABSURD_PAY)


def _currency_table() -> Floats:
    """Return the chances of each currency in each region: (REGIONS, currencies)."""
    table = np.zeros((facts.REGIONS, len(CURRENCIES)))
    table[:] = np.array(dials.HOME_CURRENCIES)
    foreign = np.arange(facts.REGIONS - len(dials.FOREIGN_CURRENCIES), facts.REGIONS)
    for region, code in zip(foreign, dials.FOREIGN_CURRENCIES, strict=True):
        table[region] = 0.02
        table[region, CURRENCIES.index(code)] = 1.0
    return table
