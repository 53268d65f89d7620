"""Active vacancies for one history: the train events' part is kept by day."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stages.bundle.content import Content
from stages.core.time_units import DAY
from stages.recommend.history import History

KEPT = 8  # days whose vacancies are kept


@dataclass
class ActiveDays:
    """Which vacancies are active when a history is asked: what `eligibility.activity` says.

    Attributes:
        content: Knows on which days vacancies were met.
        days: What is known before a day: met at all, met of late; by item id, (N,) bool each.
    """

    content: Content
    days: dict[int, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = field(default_factory=dict)

    def at(self, history: History) -> tuple[NDArray[np.bool_], int]:
        """Find the active vacancies, (N,) bool, and the moment from which own events count."""
        base = self.content.met
        own = history.times // DAY
        last = max(int(base.days.max(initial=-1)), int(own.max(initial=-1)))
        day = last + 1 if history.asked_at < 0 else history.asked_at // DAY
        if day not in self.days:
            kept = dict(list(self.days.items())[1 - KEPT :])
            self.days = {**kept, day: base.known(day)}
        met, recent = self.days[day]
        active = recent | ~met
        before = own < day
        active[history.items[before]] = recent[history.items[before]]
        fresh = before & (own >= day - base.window)
        active[history.items[fresh]] = True
        return active, base.since(day)
