"""Time-aware popularity prior: a score from the train counts known when a question is asked.

Counts are taken in periods of equal length over the train part. A question asked in period p sees
only periods before p, so nothing of its own future. In training it often sees even less: what it
knows ends some periods earlier, since at prediction the train part may end long before the question.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from stages.bert4rec.examples.histories import Ints
from stages.core.time_units import DAY

WINDOWS = (1, 4, 16)  # periods
FEATURES = len(WINDOWS) + 4
MOST_PERIODS = 64
AT_ONCE = 2**20  # events counted at once


@dataclass(frozen=True)
class Demand:
    """Events of N items (by id) in D periods.

    Attributes:
        before: Events of an item before each period, (N, D + 1) int32; the last column is all.
        first: First period with an event, D where there is none, (N,) int64.
        start: When period 0 starts, microseconds since 1970.
        length: Length of a period, microseconds.
    """

    before: Tensor
    first: Tensor
    start: int
    length: int

    def periods(self) -> int:
        """Return D."""
        return self.before.shape[1] - 1

    def to(self, device: torch.device) -> "Demand":
        """Return the same counts on a device."""
        return Demand(self.before.to(device), self.first.to(device), self.start, self.length)


def demand(items: Ints, times: Ints, count: int) -> Demand:
    """Count events as `demand_of` does, of arrays (T,) that may be files larger than memory."""
    starts = range(0, len(items), AT_ONCE)
    return demand_of(
        lambda: (
            (items[start : start + AT_ONCE], times[start : start + AT_ONCE]) for start in starts
        ),
        count,
    )


def demand_of(events: Callable[[], Iterable[tuple[Ints, Ints]]], count: int) -> Demand:
    """Count events by item and period: days, or longer so that there are at most 64.

    Args:
        events: Gives all train events, some at a time: item ids, and microseconds since 1970. Called
            twice.
        count: N, rows wanted.
    """
    spans = [(int(times.min()), int(times.max())) for _, times in events() if len(times)] or [
        (0, 0)
    ]
    start, end = min(first for first, _ in spans), max(last for _, last in spans)
    length = max(DAY, (end - start) // MOST_PERIODS + 1)
    periods = (end - start) // length + 1
    table = np.zeros((count, periods), dtype=np.int32)
    for items, times in events():
        np.add.at(table, (items, (times - start) // length), 1)
    before = np.zeros((count, periods + 1), dtype=np.int32)
    np.cumsum(table, axis=1, out=before[:, 1:])
    first = np.where(table.any(axis=1), (table > 0).argmax(axis=1), periods)
    return Demand(torch.from_numpy(before), torch.from_numpy(first), start, length)


class PopularityPrior(nn.Module):
    """Additive logits from demand: linear ones, and a learned correction that starts at zero.

    Args:
        width: Hidden units.
        pace: Factor on the logits, hence on how fast they are learned.
    """

    def __init__(self, width: int = 16, pace: float = 1.0) -> None:
        super().__init__()
        self.pace = pace
        self.prior = nn.Linear(FEATURES, 1, bias=False)
        self.first = nn.Linear(FEATURES, width)
        self.second = nn.Linear(width, 1, bias=False)
        self.start_from(torch.zeros(FEATURES))

    @torch.no_grad()
    def start_from(self, weights: Tensor) -> None:
        """Set the linear scores, (7,); no correction to them."""
        self.prior.weight.copy_(weights[None])
        self.second.weight.zero_()

    def forward(self, items: Tensor, asked: Tensor, known: Tensor, demand: Demand) -> Tensor:
        """Score items for questions; all arguments broadcast to one shape.

        Args:
            items: Item ids.
            asked: Periods in which the questions are asked.
            known: Periods before which demand is known; at most `asked`.
            demand: The counts.
        """
        features = describe(items, asked, known, demand)
        bend = self.pace * self.second(torch.relu(self.first(features)))
        return (self.prior(features) + bend).squeeze(-1)


def describe(items: Tensor, asked: Tensor, known: Tensor, demand: Demand) -> Tensor:
    """Features (..., 7): log counts in the last 1, 4, 16 periods and ever; unmet; log age; log lag."""
    width = demand.before.shape[1]
    flat = demand.before.flatten()

    def until(period: Tensor) -> Tensor:
        return flat[items * width + period.clamp_min(0)].to(torch.float32)

    ever = until(known)
    age = (known - demand.first[items]).clamp_min(0).to(torch.float32)
    lag = (asked - known).to(torch.float32).expand_as(ever)
    recent = [(ever - until(known - window)).log1p() for window in WINDOWS]
    return torch.stack(
        [*recent, ever.log1p(), (ever == 0).to(torch.float32), age.log1p(), lag.log1p()], dim=-1
    )


def numbered(asked: Any, known: Any, demand: Demand) -> Any:
    """One number for a period asked in and one before which demand is known."""
    return asked * (demand.periods() + 1) + known


def periods_of(when: Tensor, demand: Demand, lag: int) -> tuple[Tensor, Tensor]:
    """Periods in which questions are asked, and before which demand is known to them.

    Args:
        when: Microseconds since 1970; negative where not known: the end of the train part.
        demand: The counts.
        lag: Periods between the end of what is known and the question.
    """
    last = demand.periods()
    asked = torch.where(when < 0, last, (when - demand.start) // demand.length).clamp_min(0)
    return asked, (asked - lag).clamp(0, last)
