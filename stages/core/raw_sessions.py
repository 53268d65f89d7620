"""Raw session files: their dtypes, their malformed rows, and one row an event.

A raw row is a session with three parallel lists. Nothing is padded and nothing vanishes: every row
or event that cannot be used is named by a reason in a column `fault`.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from stages.core import table_files
from stages.core.actions import KNOWN_ACTIONS, OTHER
from stages.core.keys import KEYS
from stages.core.schema import RAW_SESSIONS, TIME
from stages.interface.errors import HhrecError, MissingInputError

LISTS = ("vacancy_id", "action_type", "action_dt")
EVENT_FAULTS = ("null_vacancy", "null_action", "null_time")
HINT = "`hhrec data check DIR` lists every fault of the raw files"


def scan_sessions(path: Path) -> pl.LazyFrame:
    """Open a raw session file: `user_id`, `session_id`, the three lists, and `fault`.

    Integers of any width and times of any unit are accepted; times become microseconds.

    Raises:
        MissingInputError: The file is not there.
        HhrecError: It is not Parquet, or a column is missing or of an unusable dtype.
    """
    if not path.is_file():
        raise MissingInputError(
            f"{path}: not found; a Parquet file of sessions was expected there",
            "run `hhrec data sample`, or set `raw` in params.yaml to the directory of your files",
        )
    try:
        found = table_files.parquet_schema(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise HhrecError(f"{path}: not a readable Parquet file ({error})", HINT) from error
    _check_dtypes(path, found)
    return (
        table_files.scan_parquet(path)
        .select(*KEYS, *LISTS)
        .with_columns(
            pl.col("action_type").cast(pl.List(pl.Int64), strict=False),
            pl.col("action_dt").cast(pl.List(TIME)),
            pl.col("vacancy_id").cast(pl.List(pl.String)),
        )
        .with_columns(fault=_row_fault())
    )


def _check_dtypes(path: Path, found: Mapping[str, pl.DataType]) -> None:
    """Raise one error that names every column that cannot be used."""
    faults = [
        f"column `{name}`: expected {expected}, found {found.get(name, 'nothing')}"
        for name, expected in RAW_SESSIONS.items()
        if not _usable(found.get(name), expected)
    ]
    if faults:
        raise HhrecError(f"{path}: " + "; ".join(faults), HINT)


def _usable(found: pl.DataType | None, expected: pl.DataType) -> bool:
    """Tell whether `found` is `expected`, or the same in another width or unit."""
    if not (isinstance(found, pl.List) and isinstance(expected, pl.List)):
        return found == expected
    inner = pl.Series(dtype=found.inner).dtype  # an instance, whatever was declared
    if isinstance(inner, pl.Datetime):
        return expected.inner == pl.Datetime and inner.time_zone is None
    return inner in (expected.inner, pl.Null) or (inner.is_integer() and expected.inner == pl.Int64)


def _row_fault() -> pl.Expr:
    """Why a row cannot be used; null where it can."""
    lengths = [pl.col(name).list.len() for name in LISTS]
    return (
        pl.when(pl.any_horizontal(pl.col(name).is_null() for name in KEYS))
        .then(pl.lit("null_id"))
        .when(pl.any_horizontal(pl.col(name).is_null() for name in LISTS))
        .then(pl.lit("null_list"))
        .when((lengths[0] != lengths[1]) | (lengths[0] != lengths[2]))
        .then(pl.lit("unequal_lists"))
        .when(lengths[0] == 0)
        .then(pl.lit("empty_list"))
    )


def event_count(sessions: pl.LazyFrame) -> int:
    """Events of all rows; only their actions are read."""
    lengths = pl.col("action_type").list.len().cast(pl.Int64)
    return int(sessions.select(lengths.sum()).collect().item())


def fault_counts(sessions: pl.LazyFrame) -> dict[str, int]:
    """Rows that cannot be used, by reason."""
    return {fault: rows for fault, (rows, _) in row_counts(sessions).items() if fault}


def row_counts(sessions: pl.LazyFrame) -> dict[str | None, tuple[int, int]]:
    """Rows and events in them by `fault` (None: without), names in order."""
    events = pl.col("vacancy_id").list.len().cast(pl.Int64).sum()
    counts = sessions.group_by("fault").agg(pl.len(), events).sort("fault").collect()
    return {fault: (rows, events) for fault, rows, events in counts.iter_rows()}


def check_keys(path: Path, sessions: pl.LazyFrame) -> None:
    """Raise an error where a test row has no key, or shares it: each must get its own answer."""
    keys = sessions.select(*KEYS).collect()
    missing = keys.filter(pl.any_horizontal(pl.col(KEYS).is_null())).height
    if missing:
        raise HhrecError(f"{path}: {missing:,} row(s) with a null user_id or session_id", HINT)
    double = keys.filter(keys.is_duplicated()).sort(KEYS)
    if double.height:
        user, session = double.row(0)
        raise HhrecError(
            f"{path}: {double.unique().height:,} session(s) stand in more than one row,"
            f" for example user_id {user!r}, session_id {session!r}",
            HINT,
        )


def explode_sessions(sessions: pl.LazyFrame) -> pl.LazyFrame:
    """One row an event, with its `position` in the list and its `fault`, if any.

    A row that is faulty itself gives one row of nulls.
    """
    lists = [pl.when(pl.col("fault").is_null()).then(pl.col(name)).alias(name) for name in LISTS]
    return (
        sessions.with_columns(lists)
        .with_columns(position=pl.int_ranges(0, pl.col("vacancy_id").list.len(), dtype=pl.Int32))
        .explode(*LISTS, "position", empty_as_null=True)
        .with_columns(
            pl.col("position").fill_null(0),
            fault=pl.coalesce(
                "fault",
                *(
                    pl.when(pl.col(name).is_null()).then(pl.lit(fault))
                    for name, fault in zip(LISTS, EVENT_FAULTS, strict=True)
                ),
            ),
            action_type=pl.when(pl.col("action_type").is_in(KNOWN_ACTIONS))
            .then(pl.col("action_type"))
            .otherwise(OTHER)
            .cast(pl.Int8),
        )
    )
