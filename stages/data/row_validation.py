"""Validate the rows of a flat log: events, and the reason why others are rejected."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from stages.core.actions import ACTION_NAMES, FAVOURITE, KNOWN_ACTIONS, RESPONSE, VIEW
from stages.core.buckets import bucket_of
from stages.data.formats import Flat
from stages.data.timestamps import moment
from stages.interface.errors import UsageError

ACTIONS: Mapping[str, int] = {
    text: code for code in KNOWN_ACTIONS for text in (str(code), ACTION_NAMES[code])
}
SLOTS = 4_096  # users are kept in order of (slot, user_id), so that buckets are ranges of slots


@dataclass(frozen=True)
class EventLog:
    """A flat log and the meaning of its columns.

    Attributes:
        file: Where and how it is stored.
        user: Column of user ids.
        item: Column of item ids.
        time: Column of times.
        action: Column of action names; None: every row is a response.
        session: Column of ready session ids; None: sessions are cut by a gap.
        actions: Action name to 1 response, 2 view, 3 favourite.
        time_format: See `moments.moment`; `auto` guesses.
    """

    file: Flat
    user: str = "user_id"
    item: str = "item_id"
    time: str = "timestamp"
    action: str | None = None
    session: str | None = None
    actions: Mapping[str, int] = field(default_factory=lambda: ACTIONS)
    time_format: str = "auto"

    def columns(self) -> list[str]:
        """Columns to read, each once."""
        named = (self.user, self.item, self.time, self.action, self.session)
        return list(dict.fromkeys(name for name in named if name is not None))


def action_names(
    responses: list[str], views: list[str], favourites: list[str]
) -> Mapping[str, int]:
    """Build the mapping of action names to codes; `ACTIONS` when none is given.

    Raises:
        UsageError: One name is given two meanings.
    """
    groups = ((responses, RESPONSE), (views, VIEW), (favourites, FAVOURITE))
    pairs = [(name, code) for names, code in groups for name in names]
    mapping = dict(pairs)
    doubled = sorted({name for name, code in pairs if mapping[name] != code})
    if doubled:
        raise UsageError(
            f"action {', '.join(doubled)} is given two meanings",
            "name each action once in --response, --view, --favourite",
        )
    return mapping or ACTIONS


def identifier(name: str, dtype: pl.DataType) -> pl.Expr:
    """Read an id as text: null where empty, `7` for the float 7.0 of a column that once had nulls."""
    column = pl.col(name)
    if dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        finite = pl.when(column.is_finite()).then(column)
        text = (
            pl.when(whole == column).then(whole.cast(pl.String)).otherwise(finite.cast(pl.String))
        )
    else:
        text = column.cast(pl.String)
    return pl.when(text != "").then(text)


def judged(log: EventLog, frame: pl.LazyFrame, written: str) -> pl.LazyFrame:
    """Turn log rows into events with a `reason`, null where the row is accepted.

    Returns:
        user, item, session (null without such a column), time, action i8, slot, reason, and `said`:
        the time or action that could not be read.
    """
    schema = frame.collect_schema()
    nothing = pl.lit(None, dtype=pl.String)
    session = identifier(log.session, schema[log.session]) if log.session else nothing
    action = identifier(log.action, schema[log.action]) if log.action else pl.lit("1")
    codes = log.actions if log.action else ACTIONS
    found = frame.select(
        user=identifier(log.user, schema[log.user]),
        item=identifier(log.item, schema[log.item]),
        session=session,
        raw_time=pl.col(log.time).cast(pl.String),
        time=moment(pl.col(log.time), schema[log.time], written),
        raw_action=action,
        action=action.replace_strict(codes, default=None, return_dtype=pl.Int8),
    )
    reason = _reason(ready_sessions=log.session is not None)
    said = (
        pl.when(pl.col("reason") == "unreadable_time")
        .then("raw_time")
        .when(pl.col("reason") == "unknown_action")
        .then("raw_action")
    )
    slot = bucket_of(pl.col("user").fill_null(""), SLOTS).alias("slot")
    return found.with_columns(reason, slot).with_columns(said=said).drop("raw_time", "raw_action")


def _reason(*, ready_sessions: bool) -> pl.Expr:
    """Name the first fault of a row."""
    blank = pl.col("raw_time").is_null() | (pl.col("raw_time").str.strip_chars() == "")
    faults = {
        "null_user": pl.col("user").is_null(),
        "null_item": pl.col("item").is_null(),
        "null_time": blank,
        "unreadable_time": pl.col("time").is_null(),
        "null_action": pl.col("raw_action").is_null(),
        "unknown_action": pl.col("action").is_null(),
        "null_session": pl.col("session").is_null() & ready_sessions,
    }
    named = (pl.when(fault).then(pl.lit(name)) for name, fault in faults.items())
    return pl.coalesce(*named).alias("reason")
