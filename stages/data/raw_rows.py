"""Split events gathered into rows of the raw files."""

import polars as pl

from stages.core.schema import RAW_SESSIONS
from stages.data.import_split import USER


def session_rows(events: pl.DataFrame) -> pl.DataFrame:
    """Gather events into the raw schema, one row a session, ordered by user and first event."""
    rows = events.group_by("slot", "user", "name").agg(
        "item", "action", "time", first=pl.first("n")
    )
    return rows.sort("slot", "user", "first").select(
        user_id="user",
        session_id="name",
        vacancy_id="item",
        action_type=pl.col("action").cast(RAW_SESSIONS["action_type"]),
        action_dt=pl.col("time").cast(RAW_SESSIONS["action_dt"]),
    )


def label_rows(events: pl.DataFrame) -> pl.DataFrame:
    """Pair each user's test session with the vacancy asked for: `schema.LABELS`."""
    fate = pl.col("fate")
    sessions = events.filter(fate == "test").unique(USER, keep="first", maintain_order=True)
    labels = events.filter(fate == "label").select(*USER, vacancy_id="item")
    pairs = sessions.join(labels, on=USER, how="inner", maintain_order="left")
    return pairs.select(user_id="user", session_id="name", vacancy_id="vacancy_id")


def next_rows(events: pl.DataFrame) -> pl.DataFrame:
    """An empty session for each user, in the raw schema: what comes after all that is known."""
    users = events.select(USER).unique().sort(USER)
    lists = [
        pl.lit([], dtype=dtype).alias(name)
        for name, dtype in RAW_SESSIONS.items()
        if dtype.is_nested()
    ]
    rows = users.select(
        pl.col("user").alias("user_id"), pl.format("{}-next", "user").alias("session_id"), *lists
    )
    return rows.select(*RAW_SESSIONS)
