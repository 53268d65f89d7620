"""Histories of many users as flat arrays, so that a batch is cut without a loop over tokens."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.integer]


@dataclass(frozen=True)
class Histories:
    """N histories with T events in all, each in time order; arrays may be memory-mapped.

    Attributes:
        items: Item ids, (T,) int32.
        actions: Action types 0..3, (T,) int8.
        times: Microseconds since 1970, (T,) int64.
        sessions: Ordinal of the event's session in the user's life, (T,) int32.
        offsets: History i holds events offsets[i] to offsets[i + 1], (N + 1,) int64.
    """

    items: Ints
    actions: Ints
    times: Ints
    sessions: Ints
    offsets: Ints

    def __len__(self) -> int:
        """Return the number of histories."""
        return len(self.offsets) - 1

    def lengths(self) -> Ints:
        """Events of each history, (N,)."""
        return np.diff(self.offsets)


@dataclass(frozen=True)
class Window:
    """The last L events of B histories, oldest first, zeros after the end; all (B, L)."""

    items: Ints
    actions: Ints
    times: Ints
    sessions: Ints
    lengths: Ints  # (B,)


def window(histories: Histories, rows: Ints, max_length: int) -> Window:
    """Cut the last `max_length` events of the given histories, (B,) -> (B, L)."""
    ends = histories.offsets[rows + 1]
    lengths = np.minimum(ends - histories.offsets[rows], max_length)
    width = max(int(lengths.max(initial=0)), 1)
    steps = np.arange(width)
    inside = steps < lengths[:, None]
    places = np.where(inside, (ends - lengths)[:, None] + steps, 0)

    def cut(values: Ints) -> Ints:
        if not len(values):
            return np.zeros(inside.shape, dtype=values.dtype)
        return np.where(inside, values[places], 0).astype(values.dtype, copy=False)

    return Window(
        items=cut(histories.items),
        actions=cut(histories.actions),
        times=cut(histories.times),
        sessions=cut(histories.sessions),
        lengths=lengths,
    )
