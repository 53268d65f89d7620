"""Contexts: the events of a user that are known when a row is asked.

`events` here is one bucket in order (`schema.EVENTS`), with `item` where items are gathered. A
question has a context, the half-open range `begin` to `end` among the rows of `events`: the last
`MAX_CONTEXT` events of its user before it was asked.
"""

import polars as pl

from stages.core.schema import HISTORY

MAX_CONTEXT = 5_000  # only a bot has more
ROWS_AT_ONCE = 10_000  # bounds what is gathered at once: this times MAX_CONTEXT events
LISTS = {name: dtype for name, dtype in HISTORY.items() if name != "user_id"}
COLUMNS = {"items": "item", "actions": "action_type", "times": "action_dt", "sessions": "session"}


def asking_users(events: pl.LazyFrame) -> pl.LazyFrame:
    """All events, in order, of the users who have a validation or a test row."""
    asked = events.filter((pl.col("part") == "test") | pl.col("label")).select("user_id").unique()
    return events.join(asked, on="user_id", how="semi", maintain_order="left")


def sessions(events: pl.DataFrame) -> pl.DataFrame:
    """One row a session: its range of rows and times, its label if any, its user's range."""
    index, time = pl.col("index").cast(pl.Int64), pl.col("action_dt")
    in_train_file = (pl.col("part") != "test") & time.is_not_null()
    frame = events.lazy().with_row_index()
    users = frame.group_by("user_id").agg(
        user_start=index.min(),
        user_end=(index.filter(in_train_file).max() + 1).fill_null(index.min()),
        user_closed=time.filter(in_train_file).max(),
        known_end=(index.filter(time.is_not_null()).max() + 1).fill_null(index.min()),
    )
    return (
        frame.group_by("user_id", "session")
        .agg(
            pl.col("session_id").first(),
            label=pl.col("vacancy_id").filter("label").first(),
            is_test=(pl.col("part") == "test").any(),
            first=index.min(),
            last=index.max(),
            opened=time.min(),
            closed=time.max(),
        )
        .join(users, on="user_id")
        .sort("user_id", "session")
        .collect()
    )


def validation_questions(sessions: pl.DataFrame) -> pl.DataFrame:
    """Asked as a labelled session begins: nothing of the session itself is known."""
    rows = sessions.filter(pl.col("label").is_not_null())
    return rows.with_columns(asked_at="opened", begin=_begin("first"), end="first")


def test_questions(sessions: pl.DataFrame, *, now: bool) -> pl.DataFrame:
    """Asked as a test session ends: all of it is known.

    One without events has no time of its own and is asked after all of the train file. With `now`
    all are asked after everything that is known, of every person: at no moment of the log.
    """
    if now:
        moment = pl.lit(None, dtype=sessions.schema["closed"])
        asked = sessions.filter("is_test").with_columns(asked_at=moment, end="known_end")
        return asked.with_columns(begin=_begin("end"))
    after = pl.when(pl.col("closed").is_null()).then("user_end").otherwise(pl.col("last") + 1)
    rows = sessions.filter("is_test").with_columns(
        asked_at=pl.coalesce("closed", "user_closed"), end=after
    )
    return rows.with_columns(begin=_begin("end"))


def _begin(end: str) -> pl.Expr:
    return pl.max_horizontal("user_start", pl.col(end) - MAX_CONTEXT)


def contexts(events: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """The questions, in order, with their events as parallel lists (`LISTS`), oldest first."""
    table = events.select(pl.col(column).alias(name) for name, column in COLUMNS.items())
    slices = questions.iter_slices(ROWS_AT_ONCE) if questions.height else [questions]
    return pl.concat([_gather(table, rows) for rows in slices], rechunk=True)


def _gather(table: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """Gather the events of a slice of questions into lists; an empty context gives empty lists."""
    rows = questions.with_row_index("row")
    picks = rows.select("row", place=pl.int_ranges("begin", "end")).explode(
        "place", empty_as_null=False
    )
    gathered = table[picks["place"]].with_columns(picks["row"])
    lists = gathered.group_by("row", maintain_order=True).agg(pl.col(name) for name in LISTS)
    return (
        rows.join(lists, on="row", how="left", maintain_order="left")
        .with_columns(
            pl.col(name).fill_null(pl.lit([], dtype=dtype)) for name, dtype in LISTS.items()
        )
        .drop("row")
    )
