"""Eligible vacancies: all, or the active ones."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.core import tables
from stages.core.schema import HISTORY
from stages.core.time_units import DAY


@dataclass(frozen=True)
class Activity:
    """On which days, counted from 1970 in UTC, there were events of which items.

    A vacancy is a candidate for a question if it had an event in the `window` days before the day
    of the question, or none at all before that day: then nothing says that it is over. The day of
    the question itself does not count, so that nothing later than the question can.

    Attributes:
        items: Item ids, (E,).
        days: Day of each, (E,).
        count: N, all item ids.
        window: Days.
    """

    items: Ints
    days: Ints
    count: int
    window: int

    def day_of(self, asked_at: Ints) -> Ints:
        """Day of each question, (R,); one without a time is asked after all that is known."""
        after = int(self.days.max(initial=-1)) + 1
        return np.where(asked_at < 0, after, asked_at // DAY)

    def known(self, day: int) -> tuple[np.ndarray, np.ndarray]:
        """Whether each item was met before a day, and in its window, by item id, (N,) bool each."""
        met, recent = np.zeros((2, self.count), dtype=bool)
        before = self.days < day
        met[self.items[before]] = True
        recent[self.items[before & (self.days >= day - self.window)]] = True
        return met, recent

    def active(self, day: int) -> np.ndarray:
        """Whether each item is a candidate on a day, by item id, (N,) bool."""
        met, recent = self.known(day)
        return recent | ~met

    def since(self, day: int) -> int:
        """Microsecond from which on a row's own event makes its vacancy a candidate."""
        return (day - self.window) * DAY


def activity(train: Path, rows: pl.DataFrame, count: int, window: int) -> Activity:
    """Collect the days of all events in the train histories and in the contexts of `rows`.

    Args:
        train: `sequences/train`.
        rows: Rows to rank, with `items` and `times`.
        count: N, all item ids.
        window: Days.
    """
    return with_rows(of_train(train, count, window), rows)


def of_train(train: Path, count: int, window: int) -> Activity:
    """Collect the days of all events in the train histories."""
    learnt = tables.scan(train, HISTORY, made_by="hhrec sequences build")
    return Activity(*_days(learnt.select("items", "times")), count, window)


def with_rows(base: Activity, rows: pl.DataFrame) -> Activity:
    """Add the events of rows that are ranked."""
    items, days = _days(rows.lazy().select("items", "times"))
    return replace(base, items=np.append(base.items, items), days=np.append(base.days, days))


def _days(events: pl.LazyFrame) -> tuple[Ints, Ints]:
    """Distinct pairs of item and day."""
    day = pl.col("times").to_physical() // DAY
    found = (
        events.explode("items", "times", empty_as_null=False, keep_nulls=False)
        .select("items", day=day)
        .unique()
        .collect(engine="streaming")
    )
    return found["items"].to_numpy(), found["day"].to_numpy()
