"""Item co-occurrence: the nearest vacancies of each vacancy, counted over train histories.

Pairs of vacancies are counted here over the train histories. A question gets the vacancies that
followed its newest events most (`near`), and a learned score of that (`nearby`) is added to theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from stages.bert4rec.examples.histories import Histories, Ints
from stages.core.cooccurrence import Norms, Pairing, Touches, beside, followers
from stages.interface.stage_report import Progress, silent

REACH = 20  # distinct vacancies between two of a pair, plus one
KEPT = 100  # neighbours of a vacancy, at most
PAIRS_KEPT = 160_000_000  # in all tables, above which a vacancy keeps fewer: 1.3 GB
SOURCE_NORM, TARGET_NORM, SHRINK = 0.75, 0.35, 20.0
DISTANCE = 0.25  # exponent
BACKWARD = 0.25  # what a pair counts against its order
CUTS = 4  # moments before which pairs are counted apart
TIMES = 2**20  # moments told apart for the cuts of a log of more events
RULES = (
    *(REACH, KEPT, PAIRS_KEPT, SOURCE_NORM, TARGET_NORM, SHRINK, DISTANCE, BACKWARD),
    *(CUTS, TIMES),
)
EVENTS = 2**18  # looked at together

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class CooccurrenceTable:
    """Which vacancies follow which.

    Attributes:
        table: Line i holds the nearest followers of item i, a CSR matrix of shape (N, N).
        source: What a line is divided by, (N,) float32.
        target: What a column is divided by, (N,) float32.
    """

    table: Any
    source: Floats
    target: Floats


@dataclass(frozen=True)
class Neighbours:
    """What is known of who follows whom: of all train events, and of those before some moments.

    Attributes:
        whole: Of all.
        past: Of those before each cut.
        cuts: Microseconds since 1970, ascending, (K,).
        end: Moment of the newest train event.
    """

    whole: CooccurrenceTable
    past: tuple[CooccurrenceTable, ...]
    cuts: Ints
    end: int

    def newest(self) -> "Neighbours":
        """Leave the past out, which training alone asks."""
        return Neighbours(self.whole, (), self.cuts[:0], self.end)


def neighbours(
    histories: Histories, count: int, *, past: bool = True, progress: Progress = silent
) -> Neighbours:
    """Count pairs over histories: for `count` item ids, special ones included.

    The similarity of j to i is the sum, over people who met i at most `REACH` distinct vacancies
    before j, of distance ** -`DISTANCE` (times `BACKWARD` where they met j before i), over (people
    with i + shrink) ** `SOURCE_NORM` (people with j + shrink) ** `TARGET_NORM`; a vacancy's place
    is where it was met first. A pair is of the moment of its later event, so that all tables are
    counted together.

    Args:
        histories: All that is known.
        count: Item ids.
        past: Count those before each cut, too, which training alone asks.
        progress: Told how many vacancies of histories are paired.
    """
    slices = _slices(histories.offsets)
    cuts, end = _cuts(histories, slices)
    touches = _touches(histories, slices, cuts)
    met_by = np.stack([
        np.bincount(touches.item[touches.period == period], minlength=count)
        for period in range(len(cuts) + 1)
    ]).cumsum(axis=0)  # fmt: skip
    most = kept(met_by)
    if not past:
        touches, met_by = touches._replace(period=None), met_by[-1:]
    people = met_by + SHRINK
    norms = [Norms(one**SOURCE_NORM, one**TARGET_NORM) for one in people]
    pairing = Pairing(worth(np.arange(1, REACH + 1)), BACKWARD)
    found = followers(touches, pairing, norms, most, np.float32, progress)
    *early, whole = (
        CooccurrenceTable(table, *(part.astype(np.float32) for part in norm))
        for table, norm in zip(found, norms, strict=True)
    )
    return Neighbours(whole, tuple(early), cuts if past else cuts[:0], end)


def _slices(offsets: Ints) -> list[tuple[int, int]]:
    """Ranges of histories with about `EVENTS` events each: they may be files larger than memory."""
    steps = np.arange(EVENTS, int(offsets[-1]), EVENTS)
    ends = np.unique([0, *np.searchsorted(offsets, steps), len(offsets) - 1])
    return list(pairwise(ends.tolist())) or [(0, 0)]


def _cuts(histories: Histories, slices: list[tuple[int, int]]) -> tuple[Ints, int]:
    """Moments before which pairs are counted apart, and that of the newest event."""
    spans = [(int(one.min()), int(one.max())) for one in _times(histories, slices) if len(one)]
    if not spans:
        return np.zeros(0, dtype=np.int64), 0
    begin, end = min(first for first, _ in spans), max(last for _, last in spans)
    if int(histories.offsets[-1]) < TIMES:
        times = np.concatenate(list(_times(histories, slices)))
        moments, events = np.unique(times, return_counts=True)
    else:
        unit = (end - begin) // TIMES + 1
        moments, events = begin + unit * np.arange(TIMES), np.zeros(TIMES, dtype=np.int64)
        for times in _times(histories, slices):
            events += np.bincount((times - begin) // unit, minlength=TIMES)
    return _quantiles(moments, events), end


def _times(histories: Histories, slices: list[tuple[int, int]]) -> Iterator[Ints]:
    """When distinct vacancies were met, slice by slice."""
    return (met(histories, *part)[2] for part in slices)


def _quantiles(moments: Ints, events: Ints) -> Ints:
    """Moments that part events into `CUTS` + 1 shares, as far as they are apart.

    Args:
        moments: Ascending, (M,).
        events: How many are of each, (M,): they alone decide, not the order in which they were read.
    """
    shares = np.arange(1, CUTS + 1) / (CUTS + 1)
    places = np.floor((events.sum() - 1) * shares)
    return np.unique(moments[np.searchsorted(events.cumsum(), places, side="right")])


def _touches(histories: Histories, slices: list[tuple[int, int]], cuts: Ints) -> Touches:
    """Where vacancies were met first, in few bytes each."""
    parts = []
    for part in slices:
        owner, item, time = met(histories, *part)
        period = np.searchsorted(cuts, time, side="right").astype(np.int8)
        parts.append((item.astype(np.int32), *beside(owner, REACH), period))
    return Touches(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def kept(met_by: Ints) -> int:
    """How many neighbours each vacancy keeps: `KEPT`, or fewer, so that all tables have `PAIRS_KEPT`.

    Args:
        met_by: People who met each vacancy before each cut, and in all, (T, N).
    """
    people, lines = np.unique(np.minimum(met_by, KEPT), return_counts=True)
    for most in range(KEPT, 1, -1):
        if int((np.minimum(2 * REACH * people, most) * lines).sum()) <= PAIRS_KEPT:
            return most
    return 1


def nobody(count: int) -> Neighbours:
    """No pairs among `count` item ids."""
    ones = np.ones(count, dtype=np.float32)
    none = CooccurrenceTable(sparse.csr_matrix((count, count), dtype=np.float32), ones, ones)
    return Neighbours(none, (), np.zeros(0, dtype=np.int64), 0)


def met(histories: Histories, first: int, stop: int) -> tuple[Ints, Ints, Ints]:
    """Distinct vacancies of histories first..stop-1, as met: owner, item, time of each, (n,).

    An unknown one takes its place, so that distances are differences of `Histories.ranks`.
    """
    offsets = histories.offsets[first : stop + 1]
    part = slice(offsets[0], offsets[-1])
    owner = np.repeat(np.arange(first, stop), np.diff(offsets))
    new = np.asarray(histories.ranks[part]) == histories.met[part]
    items = np.asarray(histories.items[part], dtype=np.int64)
    return owner[new], items[new], np.asarray(histories.times[part])[new]


def worth(apart: Ints) -> NDArray[np.float64]:
    """What a pair counts, in steps of 2**-16: sums of such are exact, so in any order the same."""
    return np.round(apart.astype(np.float64) ** -DISTANCE * 2**16) / 2**16
