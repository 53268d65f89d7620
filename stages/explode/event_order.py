"""Events of one bucket in their total order, with the ordinal of each session.

The order is user, time, session, position; vacancy and action decide where one session was
written in two rows, and a session of the train file comes before its namesake of the test file.
"""

from collections import Counter

import polars as pl

from stages.core.keys import KEYS
from stages.core.raw_sessions import EVENT_FAULTS, explode_sessions

NAME = (*KEYS, "from_test")
ORDER = ("user", "action_dt", "name", "position", "vacancy_id", "action_type")


def ordered_events(sessions: pl.LazyFrame) -> tuple[pl.DataFrame, Counter[str]]:
    """Events of one bucket in order with `session` and `from_test`, and the faults dropped.

    A test session without a usable event keeps one row of nulls, last in its user's life.
    Ranks stand for the names while sorting: they order alike and compare faster.
    """
    ranks = {"user": pl.col("user_id").rank("dense"), "name": pl.struct(NAME).rank("dense")}
    events = explode_sessions(sessions.with_columns(**ranks)).collect()
    faults = Counter(dict(events["fault"].value_counts().iter_rows()))
    usable = events.filter(pl.col("fault").is_null())
    events = pl.concat([usable, _without_events(events, usable)]).drop("fault")
    ordered = events.sort(ORDER, nulls_last=True).with_row_index().with_columns(session=_ordinal())
    dropped = Counter({fault: faults[fault] for fault in EVENT_FAULTS})
    return ordered.drop("index", "user", "name"), dropped


def _without_events(events: pl.DataFrame, usable: pl.DataFrame) -> pl.DataFrame:
    """One row of nulls for each test session that has no usable event."""
    nothing = {"vacancy_id": None, "action_type": 0, "action_dt": None, "position": 0}
    rows = events.filter("from_test").unique("name").join(usable, on="name", how="anti")
    return rows.with_columns(pl.lit(value).alias(name) for name, value in nothing.items()).cast(
        usable.schema
    )


def _ordinal() -> pl.Expr:
    """0-based ordinal of an event's session among its user's, by the order of their firsts."""
    first = pl.col("index").min().over("name")
    opened = (first == pl.col("index")).cum_sum()
    user_first = pl.col("index").min().over("user")
    return (opened.gather(first) - opened.gather(user_first)).cast(pl.Int32)
