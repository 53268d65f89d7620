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
from stages.core.cooccurrence import Pairing, Touches, followers

REACH = 20  # distinct vacancies between two of a pair, plus one
KEPT, KEPT_OF_MANY = 100, 50  # neighbours of a vacancy, at most
MANY = 20_000_000  # neighbours in all above which a vacancy keeps fewer
SOURCE_NORM, TARGET_NORM, SHRINK = 0.75, 0.35, 20.0
DISTANCE = 0.25  # exponent
BACKWARD = 0.25  # what a pair counts against its order
CUTS = 4  # moments before which pairs are counted apart
EVENTS = 2**18  # looked at together
TIMES = 2**20  # looked at for the cuts, at most

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


def neighbours(histories: Histories, count: int) -> Neighbours:
    """Count pairs over histories: for `count` item ids, special ones included.

    The similarity of j to i is the sum, over people who met i at most `REACH` distinct vacancies
    before j, of distance ** -`DISTANCE` (times `BACKWARD` where they met j before i), over (people
    with i + shrink) ** `SOURCE_NORM` (people with j + shrink) ** `TARGET_NORM`; a vacancy's place
    is where it was met first.
    """
    slices, every = _slices(histories.offsets), int(histories.offsets[-1]) // TIMES + 1
    seen, end = np.zeros(0, dtype=np.int64), 0
    for part in slices:
        times = met(histories, *part)[2]
        seen, end = np.append(seen, times[::every]), max(end, int(times.max(initial=0)))
    shares = np.arange(1, CUTS + 1) / (CUTS + 1)
    cuts = np.unique(np.quantile(seen, shares, method="lower")) if len(seen) else seen
    past = tuple(_table(histories, slices, cut, count) for cut in cuts.tolist())
    return Neighbours(_table(histories, slices, end + 1, count), past, cuts.astype(np.int64), end)


def _slices(offsets: Ints) -> list[tuple[int, int]]:
    """Ranges of histories with about `EVENTS` events each: they may be files larger than memory."""
    steps = np.arange(EVENTS, int(offsets[-1]), EVENTS)
    ends = np.unique([0, *np.searchsorted(offsets, steps), len(offsets) - 1])
    return list(pairwise(ends.tolist())) or [(0, 0)]


def _table(
    histories: Histories, slices: list[tuple[int, int]], cut: int, count: int
) -> CooccurrenceTable:
    """Count the events before a cut."""

    def touches() -> Iterator[Touches]:
        for part in slices:
            owner, item, time = met(histories, *part)
            early = time < cut
            yield Touches(owner[early], item[early], np.ones(int(early.sum())))

    met_by = np.zeros(count, dtype=np.int64)
    for some in touches():
        met_by += np.bincount(some.item, minlength=count)
    people = met_by + SHRINK
    source, target = people**SOURCE_NORM, people**TARGET_NORM
    pairing = Pairing(worth(np.arange(1, REACH + 1)), BACKWARD)
    table = followers(touches, met_by, pairing, source, target, kept(count), np.float32)
    return CooccurrenceTable(table, source.astype(np.float32), target.astype(np.float32))


def kept(count: int) -> int:
    """How many neighbours each of so many vacancies keeps."""
    return min(KEPT, max(KEPT_OF_MANY, MANY // max(count, 1)))


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
