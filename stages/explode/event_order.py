"""Events of one bucket in their total order, with the ordinal of each session.

The order is user, time, session, position; vacancy and action decide where one session was
written in two rows, and a session of the train file comes before its namesake of the test file.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from stages.core.keys import KEYS
from stages.core.raw_sessions import EVENT_FAULTS, explode_sessions
from stages.core.session_numbers import first_places

NAME = (*KEYS, "from_test")
KEY_BITS = 63
ORDER = ("user", "action_dt", "name", "position", "vacancy_id", "action_type")


class Ordered(NamedTuple):
    """Events of one bucket in their total order, and the sessions that they are of.

    Attributes:
        events: With `session` and `from_test`; `user` and `name` stand for the ids.
        names: `user_id` and `session_id` of each session, at the row that is its `name`.
        faults: Events that were dropped, by reason.
        sessions: Rows that came in.
    """

    events: pl.DataFrame
    names: pl.DataFrame
    faults: Counter[str]
    sessions: int


def ordered_events(sessions: pl.LazyFrame) -> Ordered:
    """Events of one bucket in order.

    A test session without a usable event keeps one row of nulls, last in its user's life.
    """
    given = sessions.collect()
    named = _numbered(given)
    numbers = named.select("user", "name")[_inverse(named["row"])]
    events = explode_sessions(given.lazy().drop(KEYS).with_columns(numbers)).collect()
    faulty = events.filter(pl.col("fault").is_not_null())
    faults = Counter(dict(faulty["fault"].value_counts().iter_rows()))
    usable = events.filter(pl.col("fault").is_null()) if faults else events
    empty = _without_events(events, usable)
    events = (pl.concat([usable, empty]) if empty.height else usable).drop("fault")
    once = named["name"].n_unique() == named.height
    names = named if once else named.unique("name", keep="first", maintain_order=True)
    order = _by_moment(events) if once else None
    ordered = events.sort(ORDER, nulls_last=True) if order is None else events[order]
    ordinal = _ordinal(ordered["user"], ordered["name"])
    dropped = Counter({fault: faults[fault] for fault in EVENT_FAULTS})
    return Ordered(ordered.with_columns(session=ordinal), names.select(KEYS), dropped, given.height)


def with_ids(events: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Events of `Ordered` with the ids of their users and sessions, and without the numbers."""
    return names[events["name"]].hstack(events.drop("user", "name", strict=False))


def _numbered(sessions: pl.DataFrame) -> pl.DataFrame:
    """The `row` of each session, sorted by name, and the numbers `user` and `name`."""
    named = sessions.lazy().select(NAME).with_row_index("row").sort(NAME)
    return named.with_columns(user=_number("user_id"), name=_number(*NAME)).collect()


def _inverse(order: pl.Series) -> npt.NDArray[np.int64]:
    """Where each row stands in an order of all rows."""
    places = np.empty(len(order), dtype=np.int64)
    places[order.to_numpy()] = np.arange(len(order))
    return places


def _by_moment(events: pl.DataFrame) -> npt.NDArray[np.int64] | None:
    """Order of events by user, time, name and position; those without a time are their user's last.

    User and time fit into one number but in a log of many years (None), and numbers are sorted fast.

    Args:
        events: Those of a name stand side by side, by position.
    """
    time, users = events["action_dt"].to_physical(), events["user"].to_numpy().astype(np.int64)
    known = time.drop_nulls().to_numpy()
    low, high = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    late = (high - low + 1).bit_length()
    if late + int(users.max(initial=0)).bit_length() > KEY_BITS:
        return None
    key = (users << late) | (time - low).fill_null((1 << late) - 1).to_numpy()
    by_name = _by_name(events["name"].to_numpy())
    return by_name[np.argsort(key[by_name], kind="stable")]


def _by_name(names: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """Order of rows by name, where those of a name stand side by side."""
    starts = np.flatnonzero(np.diff(names, prepend=-1))
    sizes = np.diff(starts, append=len(names))
    order = np.argsort(names[starts])
    ends = np.cumsum(sizes[order])
    shift = np.repeat(starts[order] - (ends - sizes[order]), sizes[order])
    return shift + np.arange(len(names))


def _number(*columns: str) -> pl.Expr:
    """Number of a row's group of equal rows, which stand side by side."""
    return pl.struct(columns).rle_id() if len(columns) > 1 else pl.col(*columns).rle_id()


def _without_events(events: pl.DataFrame, usable: pl.DataFrame) -> pl.DataFrame:
    """One row of nulls for each test session that has no usable event."""
    nothing = {"vacancy_id": None, "action_type": 0, "action_dt": None, "position": 0}
    known = usable.filter("from_test").select("name").unique()
    tested = events.filter("from_test").unique("name")
    rows = tested.join(known, on="name", how="anti").sort("name")
    return rows.with_columns(pl.lit(value).alias(name) for name, value in nothing.items()).cast(
        usable.schema
    )


def _ordinal(users: pl.Series, names: pl.Series) -> pl.Series:
    """0-based ordinal of an event's session among its user's, by the order of their firsts.

    Args:
        users: Numbers of users, ascending.
        names: Numbers of sessions, those of a user above all of the user before.
    """
    user, name = users.to_numpy(), names.to_numpy()
    first = first_places(int(name.max(initial=0)) + 1, name, np.arange(len(name)))
    there = np.flatnonzero(first >= 0)
    opened = np.empty(len(there), dtype=np.int64)
    opened[np.argsort(first[there])] = np.arange(len(there))
    owner = user[first[there]].astype(np.int64)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    of_user = np.repeat(starts, np.diff(np.append(starts, len(owner))))
    ordinal = np.zeros(len(first), dtype=np.int32)
    ordinal[there] = opened - of_user
    return pl.Series(ordinal[name], dtype=pl.Int32)
