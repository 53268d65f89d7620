"""Histories of many users as flat arrays, from which a batch is cut without a Python loop."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

ELSEWHERE = 0.5  # share of windows that may end before the history does
Ints: TypeAlias = NDArray[np.integer]


@dataclass(frozen=True)
class Histories:
    """N histories with T events in all, each in time order; arrays may be memory-mapped.

    Attributes:
        items: Item ids, (T,) int32.
        actions: Action types 0..3, (T,) int8.
        times: Microseconds since 1970, (T,) int64.
        sessions: Ordinal of the event's session in the user's life, (T,) int32.
        ranks: Place of the event's vacancy among the distinct ones of its history, (T,) int32.
        met: Distinct vacancies of the history before the event, (T,) int32; the event is the first
            of its vacancy where that is its rank.
        offsets: History i holds events offsets[i] to offsets[i + 1], (N + 1,) int64.
    """

    items: Ints
    actions: Ints
    times: Ints
    sessions: Ints
    ranks: Ints
    met: Ints
    offsets: Ints

    def __len__(self) -> int:
        """Return the number of histories."""
        return len(self.offsets) - 1

    def lengths(self) -> Ints:
        """Events of each history, (N,)."""
        return np.diff(self.offsets)


def meetings(items: Ints, offsets: Ints) -> tuple[Ints, Ints]:
    """Find `ranks` and `met` of `Histories` from items (T,) and offsets (N + 1,)."""
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    key = owner * (int(items.max(initial=0)) + 1) + items
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    new = np.zeros(len(items) + 1, dtype=np.int64)
    new[first + 1] = 1
    met = np.cumsum(new)  # before each event, over all histories
    met -= np.append(met[offsets[:-1]][owner], 0)
    met = met[:-1]
    return met[first][place].astype(np.int32), met.astype(np.int32)


@dataclass(frozen=True)
class Window:
    """At most L events in a row of B histories, oldest first, zeros after the end; all (B, L)."""

    items: Ints
    actions: Ints
    times: Ints
    sessions: Ints
    ranks: Ints
    met: Ints
    lengths: Ints  # (B,)

    @property
    def new(self) -> NDArray[np.bool_]:
        """Whether an event is the first of its vacancy in the whole history."""
        return self.ranks == self.met


def window(histories: Histories, rows: Ints, max_length: int, ends: Ints | None = None) -> Window:
    """Cut `max_length` events of the given histories, (B,) -> (B, L).

    Args:
        histories: All of them.
        rows: Which, (B,).
        max_length: Most events.
        ends: The event of each history before which its window ends, (B,); none takes the last.
    """
    starts = histories.offsets[rows]
    stops = histories.offsets[rows + 1] if ends is None else starts + ends
    lengths = np.minimum(stops - starts, max_length)
    width = max(int(lengths.max(initial=0)), 1)
    steps = np.arange(width)
    inside = steps < lengths[:, None]
    places = np.where(inside, (stops - lengths)[:, None] + steps, 0)

    def cut(values: Ints) -> Ints:
        if not len(values):
            return np.zeros(inside.shape, dtype=values.dtype)
        return np.where(inside, values[places], 0).astype(values.dtype, copy=False)

    return Window(
        items=cut(histories.items),
        actions=cut(histories.actions),
        times=cut(histories.times),
        sessions=cut(histories.sessions),
        ranks=cut(histories.ranks),
        met=cut(histories.met),
        lengths=lengths,
    )


def ends(lengths: Ints, max_length: int, generator: np.random.Generator) -> Ints:
    """Before which event the windows of histories end, (B,): half at the end, the others anywhere.

    A window is always as long as its history allows, so a long history shows another part of itself
    in every epoch without weighing more than a short one.
    """
    spare = np.maximum(lengths - max_length, 0)
    back = generator.integers(0, spare + 1) * (generator.random(len(lengths)) < ELSEWHERE)
    return lengths - back
