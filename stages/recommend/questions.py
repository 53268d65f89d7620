"""Rows to rank, from the events of people: the same as `sequences` makes of the log."""

from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl

from stages.core.schema import HISTORY, TEST_SEQUENCES, TIME
from stages.explode.event_order import ordered_events, with_ids
from stages.interface.errors import HhrecError
from stages.recommend.event_frames import Events, frame
from stages.sequences.contexts import LISTS, MAX_CONTEXT
from stages.sequences.stage import histories, with_items

PAUSE = pl.duration(minutes=30)  # after which a session is over, where none is named
WIDTH = 12  # digits of a person's number


class Questions(NamedTuple):
    """One row a person, in order of first appearance.

    Attributes:
        users: Ids of the people, (R,); None where the events name nobody.
        rows: `schema.TEST_SEQUENCES`, R rows, with numbers for user ids.
    """

    users: pl.Series | None
    rows: pl.DataFrame


def questions(events: Events, names: pl.DataFrame, at: datetime | None) -> Questions:
    """Ask for each person what comes next.

    A vacancy that the vocabulary lacks stays in the history as an unknown one; an event without a
    vacancy, an action or a time counts as none.

    Args:
        events: See `event_frames.frame`.
        names: The vocabulary.
        at: When the question is asked, later events left out; None asks as the newest event of each
            person ends.
    """
    moment = None if at is None else naive(at)
    found = frame(events)
    given = found.with_row_index("place").with_columns(user=_number())
    people = given.select("user", "user_id").unique("user", maintain_order=True)
    if moment is not None:
        given = given.filter(pl.col("action_dt") <= moment)
    ordered = ordered_events(_sessions(given).lazy())
    told = with_ids(ordered.events, ordered.names)
    known = histories(with_items(told, names).lazy()).collect()
    newest = pl.col("times").list.max() if moment is None else pl.lit(moment)
    rows = (
        people.select(user_id="user")
        .join(known, on="user_id", how="left", maintain_order="left")
        .with_columns(
            *(pl.col(name).list.tail(MAX_CONTEXT) for name in LISTS),
            session_id=pl.lit(""),
            asked_at=newest.cast(TIME),
        )
        .with_columns(pl.col(name).fill_null(pl.lit([], dtype=HISTORY[name])) for name in LISTS)
        .select(*TEST_SEQUENCES)
    )
    nameless = found["user_id"].null_count() == len(found) > 0
    return Questions(None if nameless else people["user_id"], rows)


def naive(at: datetime) -> datetime:
    """Give a moment in UTC without a zone.

    Raises:
        HhrecError: It is none in UTC: before the year 1, or after 9999.
    """
    try:
        return at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise HhrecError(f"at: {at}: no moment in UTC", "leave the zone out") from error


def _number() -> pl.Expr:
    """Number of an event's person, in order of first appearance, as text that sorts alike."""
    return pl.col("place").min().over("user_id").cast(pl.String).str.zfill(WIDTH)


def _sessions(events: pl.DataFrame) -> pl.DataFrame:
    """One row a session, as in a raw file; sessions that nobody named are cut by a pause."""
    pause = pl.col("action_dt").diff().over("user") > PAUSE
    cut = pause.fill_null(value=False).cum_sum().over("user").cast(pl.String).str.zfill(WIDTH)
    lists = ("vacancy_id", "action_type", "action_dt")
    return (
        events.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in lists))
        .sort("user", "action_dt", "place")
        .with_columns(pl.col("session_id").fill_null(cut))
        .sort("place")
        .group_by("user", "session_id", maintain_order=True)
        .agg(lists)
        .select(pl.col("user").alias("user_id"), "session_id", *lists)
        .with_columns(
            pl.col("action_type").cast(pl.List(pl.Int64)),
            fault=pl.lit(None, dtype=pl.String),
            from_test=pl.lit(value=True),
        )
    )
