"""Holdout: assign events to train, validation and test, and choose validation labels.

`events` here is one bucket in order: the columns of `schema.EVENTS` before `part` and `label`, and
`from_test`. `rows` is one row a validation row: `user_id`, `start` (index in the bucket of the
session's first event) and `answer` (index of its first response).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from stages.core.actions import RESPONSE
from stages.core.schema import PARTS
from stages.core.seeds import lot
from stages.core.session_numbers import first_places, session_numbers
from stages.explode.event_order import Ordered
from stages.interface.errors import HhrecError
from stages.params import Params

ENOUGH_LABELS = 1_000


@dataclass(frozen=True)
class Split:
    """A way to split: `test_sessions`, `last_session`, `none`, or `after` with its moment `cut`."""

    name: str
    cut: datetime | None = None

    def __str__(self) -> str:
        """The value of `split.kind` that means this split."""
        return self.name if self.cut is None else f"{self.name}: {self.cut:%Y-%m-%d}"


def splits(kind: str) -> list[Split]:
    """The splits that `split.kind` asks for, best first; only `auto` gives more than one.

    Raises:
        HhrecError: The date of `after:` does not exist.
    """
    if kind == "auto":
        return [Split("test_sessions"), Split("last_session")]
    name, _, date = kind.partition(":")
    try:
        return [Split(name, datetime.fromisoformat(date.strip()) if date else None)]
    except ValueError as error:
        raise HhrecError(
            f"split.kind: {kind!r} names no day of the calendar", "write after: YYYY-MM-DD"
        ) from error


def candidates(ordered: Ordered, ways: Sequence[Split]) -> list[pl.DataFrame]:
    """Rows that could be validation rows, before `max_users`, for each way to split.

    Only sessions with a response count, and only where the user did something before them.
    `test_sessions`: those of the test file whose user is known from train. `last_session`: each
    user's last of the train file. `after`: all of the train file whose first event is not before
    the cut. `none`: no session.
    """
    sessions = _sessions(ordered.events)
    asked = sessions.filter(pl.col("answer") >= 0, pl.col("start") > pl.col("user_start"))
    users = ordered.names["user_id"]
    rows = asked.with_columns(user_id=users.gather(asked["name"]))
    return [rows.filter(_wanted(way)).select("user_id", "start", "answer") for way in ways]


def _wanted(split: Split) -> pl.Expr:
    """Whether a session may be asked about."""
    if split.name == "test_sessions":
        return pl.col("from_test") & pl.col("known")
    if split.name == "last_session":
        return ~pl.col("from_test") & pl.col("last")
    if split.name == "after":
        return ~pl.col("from_test") & (pl.col("opened") >= split.cut)
    return pl.lit(False)


def _sessions(events: pl.DataFrame) -> pl.DataFrame:
    """One row a session, in the order of users and of their sessions.

    Returns:
        `start` and `answer`, index of its first event and of its first response, -1 for none;
        `user_start`, that of its user's first event; its `name`, `opened` and `from_test`; `known`,
        whether its user has events of the train file; `last`, whether it is the last session of them
        that has a response.
    """
    user, tested = events["user"].to_numpy(), events["from_test"].to_numpy()
    numbers = session_numbers(user, events["session"].to_numpy())
    response = np.flatnonzero(events["action_type"].to_numpy() == RESPONSE)
    start = first_places(numbers.total, numbers.of_event, np.arange(len(user)))
    answer = first_places(numbers.total, numbers.of_event[response], response)
    owner, of_train, users = user[start], ~tested[start], len(numbers.first)
    known, last = np.zeros(users, dtype=bool), np.full(users, -1)
    known[owner[of_train]] = True
    answered = np.flatnonzero(of_train & (answer >= 0))
    last[owner[answered]] = answered  # of equal ones the last is written
    return events[start].select(
        "name",
        "from_test",
        opened="action_dt",
        start=pl.Series(start),
        answer=pl.Series(answer),
        user_start=pl.Series(start[numbers.first[owner]]),
        known=pl.Series(known[owner]),
        last=pl.Series(last[owner] == np.arange(numbers.total)),
    )


def choose(
    ways: Sequence[Split], found: Sequence[Sequence[pl.DataFrame]], params: Params
) -> tuple[Split, list[pl.DataFrame]]:
    """Pick the first way with 1,000 labels or as many as the last, and at most `max_users` users.

    Args:
        ways: Splits, best first.
        found: For each bucket, the candidates of each way.
        params: `split.max_users` users with the smallest CRC-32 of `seed:user_id` are taken.

    Returns:
        The split, and for each bucket its validation rows.
    """
    labels = [sum(rows.height for rows in column) for column in zip(*found, strict=True)]
    wanted = min(ENOUGH_LABELS, labels[-1])
    pick = next(index for index, count in enumerate(labels) if count >= wanted)
    rows = [bucket[pick] for bucket in found]
    users = {user for bucket in rows for user in bucket["user_id"].unique()}
    ranked = sorted((lot(params.seed, user), user) for user in users)
    taken = pl.Series([user for _, user in ranked[: params.split.max_users]], dtype=pl.String)
    return ways[pick], [bucket.filter(pl.col("user_id").is_in(taken.implode())) for bucket in rows]


def mark(events: pl.DataFrame, rows: pl.DataFrame, split: Split) -> pl.DataFrame:
    """Add `part` and `label`; the order of rows stays."""
    index = pl.int_range(pl.len(), dtype=pl.Int64)
    held = pl.lit(False)
    if split.name == "after":
        held = pl.col("action_dt") >= split.cut
    elif split.name == "last_session":
        cuts = rows.select("user_id", "start")
        events = events.join(cuts, on="user_id", how="left", maintain_order="left")
        held = (index >= pl.col("start")).fill_null(False)
    part = (
        pl.when("from_test")
        .then(pl.lit("test", PARTS))
        .when(held)
        .then(pl.lit("validation", PARTS))
        .otherwise(pl.lit("train", PARTS))
    )
    return events.with_columns(part=part, label=index.is_in(rows["answer"].implode())).drop(
        "from_test", "start", strict=False
    )
