"""Count which items follow which in ordered lists: the sums of item-kNN, block by block.

Source: Deshpande and Karypis, "Item-Based Top-N Recommendation Algorithms", TOIS 2004; pairs count
less the farther apart they are, as in Ludewig and Jannach, UMUAI 2018.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from stages.core.greatest import greatest
from stages.core.item_ids import FIRST_ITEM
from stages.core.line_ranges import ranges
from stages.interface.stage_report import Progress, silent

PAIRS = 4_000_000  # held at once
BITS = 64  # of a key that pairs are sorted by
COUNTED = "touches paired with their neighbours"

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]


class Touches(NamedTuple):
    """Items that owners touched: one owner's side by side, each item once, in order; all (n,).

    Ids below `FIRST_ITEM` take their place and are in no pair.

    Attributes:
        item: What was touched.
        before: Touches of the same owner before it, at most as many as are paired.
        after: The same, after it.
        period: When, ascending in an owner's list, from 0 on; None where there is but one period.
        weight: What a pair counts whose second it is; None for 1.
    """

    item: Ints
    before: Ints
    after: Ints
    period: Ints | None = None
    weight: Floats | None = None


@dataclass(frozen=True)
class Pairing:
    """What a pair of touches of one owner counts, times the weight of its second item.

    Attributes:
        worth: By how far they are apart, from 1 on; farther apart they are no pair, (D,).
        backward: Factor of a pair whose second item was touched first.
    """

    worth: Floats
    backward: float

    def ways(self) -> tuple[Ints, Floats]:
        """Where the other one of a pair stands and what the pair counts, (2 D,), or (D,) forward."""
        ahead = np.arange(1, len(self.worth) + 1)
        if not self.backward:
            return ahead, self.worth
        places = np.concatenate([-ahead[::-1], ahead])
        return places, np.concatenate([self.backward * self.worth[::-1], self.worth])


class Norms(NamedTuple):
    """What sums are divided by: of a line and of a column, (N,) each."""

    source: Floats
    target: Floats


def beside(owner: Ints, reach: int) -> tuple[Ints, Ints]:
    """Touches of the same owner before and after each, at most `reach`: (n,) each.

    One owner's stand side by side.
    """
    kind = np.min_scalar_type(-reach - 1)
    starts = np.flatnonzero(np.diff(owner, prepend=owner[:1] - 1))
    sizes = np.diff(np.append(starts, len(owner)))
    place = np.arange(len(owner)) - np.repeat(starts, sizes)
    after = np.repeat(sizes, sizes) - place - 1
    return np.minimum(place, reach).astype(kind), np.minimum(after, reach).astype(kind)


def followers(
    touches: Touches,
    pairing: Pairing,
    norms: Sequence[Norms],
    most: int,
    dtype: type[np.floating[Any]] = np.float64,
    progress: Progress = silent,
) -> list[Any]:
    """Similarity of what follows to what was there: CSR matrices of shape (N, N).

    Line i holds the `most` items j of the greatest similarity, ties by item: the sum of what the
    pairs of i and j count, over source(i) target(j). Lines are made in blocks, so memory depends on
    `PAIRS`, on the touches and on the result.

    Args:
        touches: All of them.
        pairing: What pairs count.
        norms: Of one matrix each: the first counts pairs of period 0, the second those of 0 and 1,
            and so on; the last one counts all.
        most: Followers kept of an item.
        dtype: Of the result.
        progress: Told how many touches are paired.
    """
    count = len(norms[-1].source)
    found: list[list[Any]] = [[] for _ in norms]
    for begin, stop, sums in _blocks(touches, pairing, count, progress):
        for number, (norm, made) in enumerate(zip(norms, found, strict=True)):
            known = sums if number == len(norms) - 1 else sums.until(number)
            made.append(_lines(known.over_periods(), norm, begin, stop, most, dtype))
    return [_matrix(blocks, count, dtype) for blocks in found]


@dataclass(frozen=True)
class _Sums:
    """Sums over pairs of some lines, by line, column and period; all (m,).

    Attributes:
        pair: Line number times `width` plus column.
        period: Of the later touch of the pairs.
        value: What they count.
        width: A power of 2 above any column.
    """

    pair: Ints
    period: Ints
    value: Floats
    width: int

    def until(self, period: int) -> "_Sums":
        """Leave later ones out."""
        kept = np.flatnonzero(self.period <= period)
        return _Sums(self.pair[kept], self.period[kept], self.value[kept], self.width)

    def over_periods(self) -> "_Sums":
        """Add up the periods of each pair."""
        starts = _starts(self.pair)
        if len(starts) == len(self.pair):
            return self
        value = np.add.reduceat(self.value, starts)
        return _Sums(self.pair[starts], self.period[starts], value, self.width)


def _starts(ordered: Ints) -> Ints:
    """Where new values begin."""
    new = np.empty(len(ordered), dtype=bool)
    new[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return np.flatnonzero(new)


def _lines(
    sums: _Sums, norm: Norms, begin: int, stop: int, most: int, dtype: type[np.floating[Any]]
) -> tuple[Ints, Ints, Floats]:
    """Sizes of lines begin..stop-1, columns, similarities."""
    line, column = sums.pair // sums.width, (sums.pair % sums.width).astype(np.int32)
    sizes = np.bincount(line.astype(np.int64), minlength=stop - begin)
    value = sums.value / (np.repeat(norm.source[begin:stop], sizes) * norm.target[column])
    kept = greatest(value, sizes, most)
    if kept is None:
        return sizes, column, value.astype(dtype)
    return np.minimum(sizes, most), column[kept], value[kept].astype(dtype)


def _matrix(blocks: Sequence[tuple[Ints, Ints, Floats]], count: int, dtype: Any) -> Any:
    """Put lines together."""
    none = np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, dtype)
    sizes, columns, values = (np.concatenate(part) for part in zip(none, *blocks, strict=True))
    ends = np.append(0, np.cumsum(sizes))
    found = sparse.csr_matrix((values, columns, ends), shape=(count, count), copy=False)
    found.has_sorted_indices = True
    return found


def _blocks(
    touches: Touches, pairing: Pairing, count: int, progress: Progress
) -> Iterator[tuple[int, int, _Sums]]:
    """Sums over pairs by blocks of source items: first, behind the last, sums."""
    places, worth = pairing.ways()
    reached = np.abs(places) <= max(touches.before.max(initial=0), touches.after.max(initial=0))
    places, worth = places[reached], worth[reached]
    touched = np.bincount(touches.item, minlength=count)
    order, ends = np.argsort(touches.item, kind="stable"), np.append(0, np.cumsum(touched))
    order = order.astype(np.min_scalar_type(len(order)))
    for begin, stop in ranges(len(places) * touched, PAIRS, _most_lines(touches, count)):
        first = int(ends[max(begin, min(FIRST_ITEM, stop))])
        ours = order[first : ends[stop]].astype(np.int64)
        yield begin, stop, _summed(touches, ours, begin, places, worth, count)
        progress(int(ends[stop]), len(order), COUNTED)


def _most_lines(touches: Touches, count: int) -> int:
    """Lines of a block whose numbers fit into a key, beside column, period and pair."""
    periods = 1 if touches.period is None else int(touches.period.max(initial=0)) + 1
    free = BITS - count.bit_length() - periods.bit_length() - (2 * PAIRS).bit_length()
    return int(2 ** max(free, 0))


def _summed(
    touches: Touches, ours: Ints, begin: int, places: Ints, worth: Floats, count: int
) -> _Sums:
    """Sums over the pairs of some touches, which stand in order of their items."""
    row, way, other = _pairs(touches, ours, places)
    column = touches.item[other]
    shift = np.uint64(count.bit_length())
    key = (touches.item[ours].astype(np.uint64) - np.uint64(begin))[row] << shift
    key |= column.astype(np.uint64)
    if touches.period is not None:
        later = np.maximum(touches.period[ours][row], touches.period[other])
        bits = np.uint64(int(touches.period.max(initial=0)).bit_length())
        key = (key << bits) | later.astype(np.uint64)
    else:
        bits = np.uint64(0)
    given = worth if touches.weight is None else worth[way] * touches.weight[other]
    number = way if touches.weight is None else np.arange(len(way))
    low = np.uint64(max(len(given), 1).bit_length())
    key = (key << low) | number.astype(np.uint64)
    key.sort()
    value = given[(key & ((np.uint64(1) << low) - np.uint64(1))).astype(np.int64)]
    key >>= low
    starts = _starts(key)
    if len(starts) < len(key):
        key, value = key[starts], np.add.reduceat(value, starts)
    period = (key & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int8)
    return _Sums(key >> bits, period, value, 1 << int(shift))


def _pairs(touches: Touches, ours: Ints, places: Ints) -> tuple[Ints, Ints, Ints]:
    """Pairs of some touches: number of the first one, of the way, place of the second; (p,) each."""
    near = places.astype(touches.before.dtype)
    there = (near >= -touches.before[ours][:, None]) & (near <= touches.after[ours][:, None])
    flat = np.flatnonzero(there)
    row = flat // max(len(places), 1)
    way = flat - row * len(places)
    other = ours[row] + places[way]
    known = touches.item[other] >= FIRST_ITEM
    return (row, way, other) if known.all() else (row[known], way[known], other[known])
