import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.features import salary

CAP = 1_000_000
AMOUNT = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(-5, 2_000_000))
CURRENCY = st.sampled_from([None, "RUR", "USD", "UZS", "XXX"])


def roubles(low: int | None, high: int | None, currency: str | None) -> tuple[float | None, ...]:
    schema = {
        "compensation_from": pl.Int64,
        "compensation_to": pl.Int64,
        "compensation_currencyCode": pl.String,
    }
    frame = pl.DataFrame([(low, high, currency)], schema=schema, orient="row")
    lower, upper = salary.bounds(salary.RATES, CAP)
    return frame.select(lower.alias("lower"), upper.alias("upper")).row(0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((50_000, 70_000, "RUR"), (50_000, 70_000)),
        ((50_000, 70_000, None), (50_000, 70_000)),
        ((70_000, 50_000, "RUR"), (50_000, 70_000)),
        ((50_000, None, "RUR"), (50_000, 50_000)),
        ((None, 70_000, "RUR"), (70_000, 70_000)),
        ((0, 70_000, "RUR"), (70_000, 70_000)),
        ((-1, 0, "RUR"), (None, None)),
        ((None, None, "USD"), (None, None)),
        ((1_000, 2_000, "USD"), (90_400, 180_800)),
        ((5, 991_788_366, "RUR"), (5, CAP)),
        ((1_000, 2_000, "XXX"), (None, None)),
    ],
)
def test_bounds(
    given: tuple[int | None, int | None, str | None], expected: tuple[float | None, ...]
) -> None:
    assert roubles(*given) == pytest.approx(expected)


@given(AMOUNT, AMOUNT, CURRENCY)
@settings(max_examples=60, deadline=None)
def test_bounds_agree_with_the_slow_way(
    low: int | None, high: int | None, currency: str | None
) -> None:
    rate = salary.RATES.get(currency or "RUR")
    given = [min(x * rate, CAP) for x in (low, high) if x is not None and x > 0 and rate]
    expected = (min(given), max(given)) if given else (None, None)
    assert roubles(low, high, currency) == pytest.approx(expected)


def test_scale_runs_from_zero_to_one_and_back() -> None:
    amounts = pl.Series([None, 1.0, 20_000.0, 50_000.0, 100_000.0, 1_000_000.0])
    values = pl.select(salary.scaled(amounts, CAP)).to_series()
    assert values.dtype == pl.Float32
    assert values.round(2).to_list() == pytest.approx([0, 0, 0.44, 0.57, 0.67, 1], abs=1e-6)
    assert salary.unscaled(values[3], CAP) == pytest.approx(50_000, rel=1e-4)


@given(st.lists(st.one_of(st.none(), st.floats(1, 1e6)), max_size=80), st.integers(2, 9))
@settings(max_examples=60, deadline=None)
def test_buckets_hold_equal_parts_of_distinct_salaries(
    amounts: list[float | None], count: int
) -> None:
    middles = pl.Series(amounts, dtype=pl.Float64)
    edges = salary.quantile_edges(middles, count)
    codes = pl.select(salary.bucket(middles, edges)).to_series()
    expected = [0 if x is None else 1 + sum(x >= edge for edge in edges) for x in amounts]
    assert codes.to_list() == expected
    known = [x for x in amounts if x is not None]
    if len(set(known)) == len(known) >= count:
        sizes = [codes.to_list().count(code) for code in range(1, count + 1)]
        assert max(sizes) - min(sizes) <= 1


def test_ten_currencies_have_rates() -> None:
    assert {"RUR", "USD", "EUR", "KZT", "BYR", "UZS", "KGS", "UAH", "GEL", "AZN"} <= set(
        salary.RATES
    )
    assert roubles(1, 1, "BYN") == roubles(1, 1, "BYR")
