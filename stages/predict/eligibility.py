"""Eligible vacancies: all, or the active ones."""

from dataclasses import dataclass
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

    def active(self, day: int) -> np.ndarray:
        """Whether each item is a candidate on a day, by item id, (N,) bool."""
        met, recent = np.zeros((2, self.count), dtype=bool)
        before = self.days < day
        met[self.items[before]] = True
        recent[self.items[before & (self.days >= day - self.window)]] = True
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
    learnt = tables.scan(train, HISTORY, made_by="hhrec sequences build")
    events = pl.concat([learnt.select("items", "times"), rows.lazy().select("items", "times")])
    day = pl.col("times").to_physical() // DAY
    found = (
        events.explode("items", "times", empty_as_null=False, keep_nulls=False)
        .select("items", day=day)
        .unique()
        .collect(engine="streaming")
    )
    return Activity(found["items"].to_numpy(), found["day"].to_numpy(), count, window)
