"""Events of one bucket in their total order, with the ordinal of each session.

The order is user, time, session, position; vacancy and action decide where one session was
written in two rows, and a session of the train file comes before its namesake of the test file.
"""

from collections import Counter

import numpy as np
import polars as pl

from stages.core.keys import KEYS
from stages.core.raw_sessions import EVENT_FAULTS, explode_sessions

NAME = (*KEYS, "from_test")
MOMENT = ("user", "action_dt")
KEY_BITS = 63
ORDER = (*MOMENT, "name", "position", "vacancy_id", "action_type")


def ordered_events(sessions: pl.LazyFrame) -> tuple[pl.DataFrame, Counter[str]]:
    """Events of one bucket in order with `session` and `from_test`, and the faults dropped.

    A test session without a usable event keeps one row of nulls, last in its user's life.
    """
    named = sessions.sort(NAME).with_columns(user=_number("user_id"), name=_number(*NAME)).collect()
    events = explode_sessions(named.lazy().drop(KEYS)).collect()
    faulty = events.filter(pl.col("fault").is_not_null())
    faults = Counter(dict(faulty["fault"].value_counts().iter_rows()))
    usable = events.filter(pl.col("fault").is_null()) if faults else events
    empty = _without_events(events, usable)
    events = (pl.concat([usable, empty]) if empty.height else usable).drop("fault")
    once = named["name"].n_unique() == named.height  # then they stand by name and position
    ordered = _by_moment(events) if once else events.sort(ORDER, nulls_last=True)
    ordinal = _ordinal(ordered["user"], ordered["name"])
    names = named if once else named.unique("name", keep="first", maintain_order=True)
    ids = names.select(KEYS)[ordered["name"]]
    dropped = Counter({fault: faults[fault] for fault in EVENT_FAULTS})
    return ids.hstack(ordered.drop("user", "name").with_columns(session=ordinal)), dropped


def _by_moment(events: pl.DataFrame) -> pl.DataFrame:
    """Events by user and time, those without one last; equal ones stay as they stand.

    Both fit into one number but in a log of many years, and numbers are sorted fast.
    """
    time, users = events["action_dt"].to_physical(), events["user"].to_numpy().astype(np.int64)
    known = time.drop_nulls().to_numpy()
    low, high = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    late = (high - low + 1).bit_length()
    if late + int(users.max(initial=0)).bit_length() > KEY_BITS:
        return events.sort(MOMENT, nulls_last=True, maintain_order=True)
    key = (users << late) | (time - low).fill_null((1 << late) - 1).to_numpy()
    return events[np.argsort(key, kind="stable")]


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
    places = np.arange(len(name))
    first = np.full(int(name.max(initial=0)) + 1, -1)
    first[name[::-1]] = places[::-1]  # of equal ones the last is written, which is the first event
    there = np.flatnonzero(first >= 0)
    opened = np.empty(len(there), dtype=np.int64)
    opened[np.argsort(first[there])] = np.arange(len(there))
    owner = user[first[there]].astype(np.int64)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    of_user = np.repeat(starts, np.diff(np.append(starts, len(owner))))
    ordinal = np.zeros(len(first), dtype=np.int32)
    ordinal[there] = opened - of_user
    return pl.Series(ordinal[name], dtype=pl.Int32)
