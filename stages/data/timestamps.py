"""Times of any common notation as `datetime[us]` in UTC, null where they cannot be read."""

import re

import polars as pl

from stages.core.schema import TIME
from stages.core.time_units import DAY, SECOND
from stages.interface import failures
from stages.interface.errors import UsageError

PER_SECOND = {"s": 1, "ms": 1_000, "us": SECOND, "ns": 1_000_000_000}
LARGEST = {"s": 1e11, "ms": 1e14, "us": 1e17}  # beyond the year 5138: then the unit is finer
FIRST, LAST = pl.datetime(1678, 1, 1), pl.datetime(2262, 1, 1)  # what nanoseconds can hold
USUAL = (
    pl.datetime(1990, 1, 1),
    pl.datetime(2100, 1, 1),
)  # where times of a log are to be expected
DAYS_FROM_1970 = 106_000 * DAY // SECOND  # seconds, just inside the same bounds


def notation(frame: pl.LazyFrame, column: str) -> str:
    """Guess how the times of a column are written: `datetime`, `iso`, `s`, `ms`, `us` or `ns`.

    The notation that fits most rows wins, the first in that order on a tie, so that neither the
    order of rows nor a few broken ones decide.
    """
    dtype = frame.select(column).collect_schema()[column]
    if isinstance(dtype, pl.Datetime | pl.Date):
        return "datetime"
    number = pl.col(column).cast(pl.Float64, strict=False).abs()
    kinds = frame.select(
        iso=(number.is_null() & pl.col(column).is_not_null()).sum(),
        s=(number < LARGEST["s"]).sum(),
        ms=number.is_between(LARGEST["s"], LARGEST["ms"], closed="left").sum(),
        us=number.is_between(LARGEST["ms"], LARGEST["us"], closed="left").sum(),
        ns=(number >= LARGEST["us"]).sum(),
    ).collect(engine="streaming")
    counts = kinds.row(0, named=True)
    return max(counts, key=lambda name: int(counts[name] or 0))


def moment(column: pl.Expr, dtype: pl.DataType, written: str) -> pl.Expr:
    """Read a column of times.

    Args:
        column: Times as text, number, date or datetime.
        dtype: Its dtype.
        written: `datetime`, `iso`, `s`, `ms`, `us`, `ns`, or a strftime pattern such as `%d.%m.%Y`.

    Raises:
        UsageError: The notation is not one of these, or does not go with the dtype.
    """
    if isinstance(dtype, pl.Datetime | pl.Date):
        return _bounded(_naive(column, dtype))
    if written in PER_SECOND:
        return _bounded(_epoch(column, written))
    if dtype != pl.String:
        raise UsageError(f"--time-format {written} reads text, but the times are {dtype}")
    if written == "iso":
        return _bounded(_iso(column))
    _require_pattern(written)
    return _bounded(_pattern(column, written))


def _require_pattern(written: str) -> None:
    """Try a pattern on a text of no meaning: whether it can be read at all."""
    example = "for example --time-format '%d.%m.%Y %H:%M:%S'"
    if "%" not in written:
        raise UsageError(
            f"--time-format {written}: expected auto, iso, s, ms, us, ns or a pattern", example
        )
    try:
        pl.select(_pattern(pl.lit("none"), written))
    except pl.exceptions.PolarsError as error:
        said = failures.short(str(error).partition("\n")[0])
        raise UsageError(f"--time-format {written}: not a pattern ({said})", example) from error


def _naive(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime) and dtype.time_zone:
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return column.cast(TIME, strict=False)


def _epoch(column: pl.Expr, unit: str) -> pl.Expr:
    """Whole numbers exactly, others rounded to the microsecond."""
    per = PER_SECOND[unit]
    number = column.cast(pl.Float64, strict=False)
    sane = number.is_finite() & ((number / per).abs() < DAYS_FROM_1970)
    whole = pl.when(sane).then(column.cast(pl.Int64, strict=False))
    micros = whole * (SECOND // per) if per <= SECOND else whole // (per // SECOND)
    real = (pl.when(sane).then(number) / per * SECOND).round().cast(pl.Int64, strict=False)
    fraction = number != number.floor()
    return pl.when(fraction).then(real).otherwise(pl.coalesce(micros, real)).cast(TIME)


def _iso(column: pl.Expr) -> pl.Expr:
    text = column.str.strip_chars().str.replace(r"^(\d{4}-\d\d-\d\d)[Tt]", "$1 ")
    text = text.str.replace(r"^(\d{4}-\d\d-\d\d \d\d)$", "$1:00")
    text = text.str.replace(r" ?(Z|z|UTC)$", "+00:00")
    text = text.str.replace(r"(:\d\d(?:\.\d+)? ?[+-]\d\d)$", "$1:00")  # PostgreSQL's zone: hours
    minutes, seconds = "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f"
    patterns = (seconds, f"{seconds}%z", minutes, f"{minutes}%z")
    day = text.str.to_date("%Y-%m-%d", strict=False).cast(TIME)
    return pl.coalesce(*(_pattern(text, pattern) for pattern in patterns), day)


def unusual(time: pl.Expr) -> pl.Expr:
    """Whether a time lies where no log's times lie: days or offsets read as seconds, say."""
    return ~time.is_between(*USUAL, closed="left")


def _pattern(text: pl.Expr, pattern: str) -> pl.Expr:
    if re.search("%[-_0]?[HIkl]", pattern) and not re.search("%[-_0]?[MTRXcs]", pattern):
        text, pattern = text + " 00", pattern + " %M"  # a full hour
    if re.search(r"%[:#]*z|%\+", pattern):
        zoned = text.str.to_datetime(pattern, strict=False, time_unit="us", time_zone="UTC")
        return zoned.dt.replace_time_zone(None)
    if any(part in pattern for part in ("%H", "%I", "%T", "%R", "%X", "%c", "%s")):
        return text.str.to_datetime(pattern, strict=False, time_unit="us")
    return text.str.to_date(pattern, strict=False).cast(TIME)


def _bounded(time: pl.Expr) -> pl.Expr:
    return pl.when(time.is_between(FIRST, LAST, closed="left")).then(time)
