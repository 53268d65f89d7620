"""Rules for train.parquet and test.parquet, as `explode` reads them."""

from datetime import datetime
from pathlib import Path

import polars as pl

from stages.core.actions import KNOWN_ACTIONS
from stages.core.keys import KEYS
from stages.core.raw_sessions import LISTS
from stages.core.schema import TIME
from stages.data.findings import Finding, Rule, apply, first, rows
from stages.data.import_doubts import heavy
from stages.data.list_columns import WORDS_OF_NULL
from stages.data.timestamps import unusual

WORDS = list(WORDS_OF_NULL)
DROPPED = "explode drops the row"
KEPT = "the row is answered without these events"
LOST = "explode drops the event"


def check_sessions(
    path: Path, sessions: pl.LazyFrame, *, test: bool
) -> tuple[int, int, list[Finding]]:
    """Check the rows and the events of one session file.

    Args:
        path: The file, named in findings.
        sessions: As `stages.core.raw_sessions.scan_sessions` gives it.
        test: Test rows are kept whatever is in them, but each needs a key of its own.

    Returns:
        Rows, events in usable rows, findings.
    """
    count, found = apply(_row_rules(test=test), sessions, path)
    usable = sessions.filter(pl.col("fault").is_null())
    events = usable.select(*KEYS, *LISTS).explode(*LISTS, empty_as_null=True)
    event_count, in_events = apply(_event_rules(), events, path)
    if not test:
        found += _heavy_user(path, events, event_count)
    found += in_events + _repeated(path, sessions, count, test=test)
    empty = Rule("stop", "no_events", "", "nothing to learn from", pl.lit(True))
    answerless = Rule("stop", "no_rows", "", "no row to answer", pl.lit(True))
    if not test and not event_count:
        found.append(empty.found(path, 0, 0, ""))
    if test and not count:
        found.append(answerless.found(path, 0, 0, ""))
    return count, event_count, found


def _row_rules(*, test: bool) -> list[Rule]:
    fault = pl.col("fault")
    fate = KEPT if test else DROPPED
    unsorted = pl.col("action_dt").list.eval(pl.element().diff()).list.min() < pl.duration()
    nothing = "answered from the user's train sessions" if test else DROPPED
    keys = "every test row needs a key" if test else DROPPED
    return [
        Rule(
            "stop" if test else "warn", "null_id", "user_id, session_id", keys, fault == "null_id"
        ),
        Rule("warn", "null_list", ", ".join(LISTS), fate, fault == "null_list"),
        Rule("warn", "unequal_lists", ", ".join(LISTS), fate, fault == "unequal_lists"),
        Rule(
            "info" if test else "warn",
            "empty_list",
            ", ".join(LISTS),
            nothing,
            fault == "empty_list",
        ),
        Rule(
            "warn",
            "null_word",
            "user_id",
            "one user like any other",
            pl.col("user_id").is_in(WORDS),
        ),
        Rule("info", "unordered_times", "action_dt", "explode sorts them", unsorted),
    ]


def _event_rules() -> list[Rule]:
    vacancy, action, time = (pl.col(name) for name in LISTS)
    misread = "days, offsets or two units read as one, perhaps: see --time-format of the import"
    unknown = "kept in contexts as action 0, filtered from training"
    return [
        Rule("warn", "null_vacancy", "vacancy_id", LOST, vacancy.is_null()),
        Rule("warn", "null_action", "action_type", LOST, action.is_null()),
        Rule("warn", "null_time", "action_dt", LOST, time.is_null()),
        Rule("warn", "unusual_time", "action_dt", misread, unusual(time)),
        Rule("warn", "null_word", "vacancy_id", "an id like any other", vacancy.is_in(WORDS)),
        Rule("warn", "unknown_action", "action_type", unknown, ~action.is_in(KNOWN_ACTIONS)),
    ]


def _heavy_user(path: Path, events: pl.LazyFrame, total: int) -> list[Finding]:
    """A user with a large share of all events: an id that stands for many, or a bot."""
    users = events.group_by("user_id").agg(events=pl.len()).collect(engine="streaming")
    if users.is_empty():
        return []
    top = users.sort(["events", "user_id"], descending=[True, False]).head(1)
    most, median = int(top["events"][0]), float(users["events"].median() or 0)  # type: ignore[arg-type]
    rule = Rule(
        "warn", "heavy_user", "user_id", "an id that stands for many, or a bot?", pl.lit(True)
    )
    return [rule.found(path, most, total, first(top.lazy()))] if heavy(most, total, median) else []


def time_range(sessions: pl.LazyFrame) -> tuple[datetime | None, datetime | None]:
    """First and last time of the usable rows."""
    times = pl.col("action_dt").list
    usable = sessions.filter(pl.col("fault").is_null())
    ends = usable.select(first=times.min().min(), last=times.max().max())
    earliest, latest = ends.collect(engine="streaming").row(0)
    return earliest, latest


def _repeated(path: Path, sessions: pl.LazyFrame, total: int, *, test: bool) -> list[Finding]:
    keyed = sessions.filter(pl.all_horizontal(pl.col(KEYS).is_not_null()))
    repeated = keyed.group_by(KEYS).agg(rows=pl.len()).filter(pl.col("rows") > 1).sort(KEYS)
    fate = "each test row needs a key of its own" if test else "explode takes them for one session"
    rule = Rule(
        "stop" if test else "warn", "duplicate_session", ", ".join(KEYS), fate, pl.lit(True)
    )
    return rows(rule, repeated, total, path)


def check_both(
    path: Path, train: pl.LazyFrame, test: pl.LazyFrame, test_rows: int
) -> list[Finding]:
    """Check test rows against the train file: shared keys, unknown users, times too early."""
    shared = Rule(
        "info", "session_in_train", "session_id", "the train piece counts as earlier", pl.lit(True)
    )
    stranger = Rule("info", "unknown_user", "user_id", "answered from the row alone", pl.lit(True))
    early = Rule(
        "info",
        "before_train_end",
        "action_dt",
        "train holds events later than the row",
        pl.lit(True),
    )
    keys = test.select(KEYS)
    end = pl.col("action_dt").list.max().max()
    last = train.filter(pl.col("fault").is_null()).select(end).collect(engine="streaming").item()
    begins = test.select(*KEYS, begins=pl.col("action_dt").list.min())
    users = train.select("user_id").unique()
    return [
        *rows(shared, keys.join(train.select(KEYS).unique(), on=KEYS, how="semi"), test_rows, path),
        *rows(stranger, keys.join(users, on="user_id", how="anti"), test_rows, path),
        *rows(early, begins.filter(pl.col("begins") < pl.lit(last, TIME)), test_rows, path),
    ]
