"""Cut a log into sessions, and choose train, test and labels among them.

An event's `fate` is `train`, `test`, `label`, or the reason why it is left out. Whatever the split,
the label of a test row is the first response of the user's next session after it.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import polars as pl

from stages.core.actions import RESPONSE

SplitKind: TypeAlias = Literal["leave-one-out", "time-cut", "none"]
LEAST_EVENTS = 3  # one to train on, one to ask from, one to ask for
USER = ("slot", "user")
SESSION = ("slot", "user", "base")


@dataclass(frozen=True)
class Split:
    """How events become train, test and labels.

    Attributes:
        kind: `leave-one-out`, `time-cut` at `cut`, or `none`: all events are of train.
        cut: First moment after the train part, in UTC (`time-cut` only).
    """

    kind: SplitKind
    cut: datetime | None = None


def ordered(events: pl.DataFrame, *, keep_duplicates: bool) -> pl.DataFrame:
    """Sort events by user and time; ties by session, by `lot`, then views before responses.

    Logs of days have many ties. An order by item would make the last of the alphabet everyone's
    label, so the order among ties is one without a meaning, the same on every machine.
    """
    if not keep_duplicates:
        events = events.unique(["user", "session", "time", "item", "action"])
    late = pl.col("action") == RESPONSE
    order = ("slot", "user", "time", "session", "lot", "item", late, "action")
    drawn = events.with_columns(lot=lot(events))
    return drawn.sort(*order).drop("lot").with_columns(n=pl.int_range(pl.len()).over(USER))


def lot(events: pl.DataFrame) -> pl.Series:
    """Place of an event among those of its user, session and moment, by CRC-32; 0 without a tie."""
    tied = events.select("slot", "user", "time", "session").is_duplicated()
    names = events.select(
        pl.concat_str("user", pl.col("time").cast(pl.String), "item", separator="\n")
    ).to_series()
    lots = [zlib.crc32(name.encode()) for name in names.filter(tied)]
    return pl.zeros(len(events), pl.UInt32, eager=True).scatter(
        tied.arg_true(), pl.Series(lots, dtype=pl.UInt32)
    )


def with_sessions(events: pl.DataFrame, gap_minutes: float) -> pl.DataFrame:
    """Add `base`: the ready session id, or `USER-000004` for the fifth run without a gap.

    Args:
        events: Sorted as by `ordered`; `session` is null throughout where there is no such column.
        gap_minutes: A pause longer than this starts a new session.
    """
    gap = timedelta(minutes=gap_minutes)
    late = (pl.col("time").diff() > gap).fill_null(False)
    ordinal = (late & (pl.col("n") > 0)).cum_sum().over(USER)
    own = pl.concat_str("user", ordinal.cast(pl.String).str.zfill(6), separator="-")
    return events.with_columns(base=pl.coalesce("session", own))


def leave_one_out(events: pl.DataFrame) -> pl.DataFrame:
    """Ask for each user's last response; the event before it is the test session.

    What follows the last response is left out (`after_label`). A user with fewer than
    `LEAST_EVENTS` events up to it stays in train as a whole.
    """
    target = pl.col("n").filter(pl.col("action") == RESPONSE).max().over(USER)
    away = pl.when(target >= LEAST_EVENTS - 1).then(pl.col("n") - target)
    fate = pl.coalesce(
        pl.when(away > 0).then(pl.lit("after_label")),
        pl.when(away == 0).then(pl.lit("label")),
        pl.when(away == -1).then(pl.lit("test")),
        pl.lit("train"),
    )
    piece = pl.when(away >= -1).then(away + 2).otherwise(0)
    return events.with_columns(fate=fate, piece=piece)


def time_cut(events: pl.DataFrame, cut: datetime) -> pl.DataFrame:
    """Train before `cut`; then each user's first session whose next one holds a response.

    A session that lies across the cut is cut in two. Sessions after the cut that are neither asked
    from nor asked for are left out (`after_cut`), as is the rest of the asked session.
    """
    late = pl.col("time") >= pl.lit(cut, dtype=pl.Datetime("us"))
    chosen = asked(events.filter(late))
    fate = pl.coalesce(
        pl.when(~late).then(pl.lit("train")),
        pl.when(pl.col("base") == pl.col("asking")).then(pl.lit("test")),
        pl.when(pl.col("n") == pl.col("target")).then(pl.lit("label")),
        pl.lit("after_cut"),
    )
    joined = events.join(chosen, on=USER, how="left", maintain_order="left")
    return joined.with_columns(fate=fate, piece=late.cast(pl.Int64)).drop("asking", "target")


def asked(events: pl.DataFrame) -> pl.DataFrame:
    """Choose for each user the session to ask from, and the event to ask for.

    Returns:
        slot, user, `asking`: the first session whose next one, begun after it ended, holds a
        response; `target`: place `n` of that response among the user's events.
    """
    response = pl.col("n").filter(pl.col("action") == RESPONSE).min()
    sessions = (
        events.group_by(SESSION)
        .agg(start=pl.col("n").min(), end=pl.col("n").max(), response=response)
        .sort("slot", "user", "start")
    )
    following = sessions.with_columns(
        target=pl.col("response").shift(-1).over(USER),
        begins=pl.col("start").shift(-1).over(USER),
    )
    good = pl.col("target").is_not_null() & (pl.col("begins") > pl.col("end"))
    return (
        following.filter(good)
        .unique(USER, keep="first", maintain_order=True)
        .select(*USER, "target", asking="base")
    )


def named(events: pl.DataFrame) -> pl.DataFrame:
    """Add `name`: the session's id, with `+1`, `+2` where a session was cut into pieces."""
    later = pl.col("piece") - pl.col("piece").min().over(SESSION)
    suffix = pl.when(later > 0).then(pl.format("+{}", later)).otherwise(pl.lit(""))
    return events.with_columns(name=pl.concat_str("base", suffix))


def split_events(events: pl.DataFrame, split: Split, gap_minutes: float) -> pl.DataFrame:
    """Cut sorted events of whole users into sessions and decide each event's fate."""
    sessions = with_sessions(events, gap_minutes)
    if split.kind == "none":
        return named(sessions.with_columns(fate=pl.lit("train"), piece=pl.lit(0)))
    if split.cut is None:
        return named(leave_one_out(sessions))
    return named(time_cut(sessions, split.cut))
