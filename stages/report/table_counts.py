"""Counts of the tables: rows by stage, and distributions of the log.

A user lives in one bucket, so what is per user is summed over buckets; what is per vacancy is
counted over all of them in a stream.
"""

from collections import Counter
from pathlib import Path
from typing import NamedTuple, TypeAlias

import polars as pl

from stages.core import table_files, tables
from stages.core.actions import is_bot, is_known
from stages.core.buckets import buckets
from stages.core.raw_sessions import row_counts, scan_sessions
from stages.core.schema import EVENTS, FILTERED

Histogram: TypeAlias = Counter[int]
SESSION = ["user_id", "session"]


class TableCounts(NamedTuple):
    """How much there is of a log."""

    sessions: int
    events: int
    users: int

    def minus(self, other: "TableCounts") -> "TableCounts":
        """What `other` lacks of this."""
        pairs = zip(self, other, strict=True)
        return TableCounts(*(mine - theirs for mine, theirs in pairs))


class Raw(NamedTuple):
    """The input files together, and their malformed rows by reason: (rows, events in them)."""

    whole: TableCounts
    faults: dict[str, tuple[int, int]]


class Log(NamedTuple):
    """The events: all, by part, of the train part by what the filter makes of them; histograms."""

    whole: TableCounts
    by: dict[str, TableCounts]
    per_user: Histogram
    per_session: Histogram
    gaps: Histogram  # minutes from the end of a session to the start of the user's next
    weekdays: dict[tuple[int, int], int]  # (1 Monday .. 7 Sunday, action type): events


def raw_files(train: Path, test: Path) -> Raw:
    """Count both input files; rows of the test file that hold nothing are no fault."""
    files = {"train": scan_sessions(train), "test": scan_sessions(test)}
    counts = {name: row_counts(file) for name, file in files.items()}
    users = pl.concat([file.select("user_id") for file in files.values()]).select(
        pl.col("user_id").drop_nulls().n_unique()
    )
    every = [pair for faults in counts.values() for pair in faults.values()]
    return Raw(
        TableCounts(
            sum(rows for rows, _ in every),
            sum(events for _, events in every),
            users.collect(engine="streaming").item(),
        ),
        {fault: pair for fault, pair in counts["train"].items() if fault},
    )


def log(events: Path, max_user_events: int) -> Log:
    """Count the events at `events`, bucket by bucket; rows of empty test sessions are left out."""
    tables.scan(events, EVENTS, made_by="hhrec explode")
    by: dict[str, Counter[str]] = {}
    spread = {name: Histogram() for name in ("user", "session", "gap")}
    weekdays = Counter[tuple[int, int]]()
    for file in buckets(events) or [events]:
        rows = table_files.scan_parquet(file).filter(pl.col("vacancy_id").is_not_null())
        for name, tally in _tallies(rows, max_user_events).items():
            by.setdefault(name, Counter()).update(tally._asdict())
        for name, found in _spread(rows).items():
            spread[name].update(found)
        weekdays.update(_weekdays(rows))
    sums = {name: TableCounts(**counter) for name, counter in by.items()}
    return Log(
        sums.pop("whole"), sums, spread["user"], spread["session"], spread["gap"], dict(weekdays)
    )


def filtered(path: Path) -> TableCounts:
    """Count the filtered events."""
    rows = tables.scan(path, FILTERED, made_by="hhrec filter")
    sums = [_tally(table_files.scan_parquet(file)) for file in buckets(path)] or [_tally(rows)]
    return TableCounts(*(sum(column) for column in zip(*sums, strict=True)))


def per_vacancy(events: Path) -> Histogram:
    """How many vacancies have how many events, over all buckets together."""
    rows = tables.scan(events, EVENTS, made_by="hhrec explode").drop_nulls("vacancy_id")
    sizes = rows.group_by("vacancy_id").agg(size=pl.len())
    return _histogram(sizes.group_by("size").len())


def _tally(rows: pl.LazyFrame) -> TableCounts:
    sessions = pl.struct(SESSION).n_unique()
    found = rows.select(sessions, pl.len(), users=pl.col("user_id").n_unique()).collect()
    return TableCounts(*found.row(0))


def _tallies(rows: pl.LazyFrame, max_user_events: int) -> dict[str, TableCounts]:
    """One bucket: `whole`, each part, and of the train part `bots` and `usable` events."""
    train = rows.filter(pl.col("part") == "train")
    people = train.filter(~is_bot(max_user_events))
    found = {"whole": _tally(rows), "train": _tally(train), "people": _tally(people)}
    for part in ("validation", "test"):
        found[part] = _tally(rows.filter(pl.col("part") == part))
    found["usable"] = _tally(people.filter(is_known()))
    return found


def _spread(rows: pl.LazyFrame) -> dict[str, Histogram]:
    time = pl.col("action_dt")
    sessions = rows.group_by(SESSION).agg(size=pl.len(), opened=time.min(), closed=time.max())
    ordered = sessions.sort(SESSION).with_columns(
        gap=(pl.col("opened") - pl.col("closed").shift(1).over("user_id")).dt.total_minutes()
    )
    users = rows.group_by("user_id").agg(size=pl.len())
    gaps = ordered.select(gap=pl.col("gap").clip(lower_bound=0)).drop_nulls()
    return {
        "user": _histogram(users.group_by("size").len()),
        "session": _histogram(sessions.group_by("size").len()),
        "gap": _histogram(gaps.group_by("gap").len()),
    }


def _weekdays(rows: pl.LazyFrame) -> dict[tuple[int, int], int]:
    cells = rows.group_by(pl.col("action_dt").dt.weekday(), "action_type").len().collect()
    return {(day, action): count for day, action, count in cells.iter_rows()}


def _histogram(counts: pl.LazyFrame) -> Histogram:
    return Counter(dict(counts.collect(engine="streaming").iter_rows()))
