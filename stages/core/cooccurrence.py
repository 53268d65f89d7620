"""Count which items follow which in ordered lists: the sums of item-kNN, block by block.

Source: Deshpande and Karypis, "Item-Based Top-N Recommendation Algorithms", TOIS 2004; pairs count
less the farther apart they are, as in Ludewig and Jannach, UMUAI 2018.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from stages.core.item_ids import FIRST_ITEM

PAIRS = 8_000_000  # held at once
SORTED = 2**18  # of them at once

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]


class Touches(NamedTuple):
    """Items that owners touched: one owner's side by side, each item once, in order; all (n,).

    Ids below `FIRST_ITEM` take their place and are in no pair.
    """

    owner: Ints
    item: Ints
    weight: Floats


@dataclass(frozen=True)
class Pairing:
    """What a pair of touches of one owner counts, times the weight of its second item.

    Attributes:
        worth: By how far they are apart, from 1 on; farther apart they are no pair, (D,).
        backward: Factor of a pair whose second item was touched first.
    """

    worth: Floats
    backward: float


def followers(
    touches: Callable[[], Iterator[Touches]],
    owners: Ints,
    pairing: Pairing,
    source: Floats,
    target: Floats,
    most: int,
    dtype: type[np.floating[Any]] = np.float64,
) -> Any:
    """Similarity of what follows to what was there: a CSR matrix of shape (N, N).

    Line i holds the `most` items j of the greatest similarity, ties by item: the sum of what the
    pairs of i and j count, over source(i) target(j). Lines are made in blocks, so memory depends on
    `PAIRS`, on the longest of `touches` and on the result.

    Args:
        touches: Gives the touches from the start, in slices that cut no owner.
        owners: How many touched each item, (N,).
        pairing: What pairs count.
        source: What a line is divided by, (N,).
        target: What a column is divided by, (N,).
        most: Followers kept of an item.
        dtype: Of the result.
    """
    blocks = []
    for begin, stop in ranges(2 * owners * len(pairing.worth), PAIRS):
        lines = _lines(touches(), pairing, begin, stop, len(source))
        lines.data /= np.repeat(source[begin:stop], np.diff(lines.indptr)) * target[lines.indices]
        blocks.append(nearest(lines, most).astype(dtype))
    return sparse.vstack(blocks, format="csr")


def _lines(touches: Iterator[Touches], pairing: Pairing, begin: int, stop: int, count: int) -> Any:
    """Sums for source items begin..stop-1, (stop - begin, count) CSR."""
    total = sparse.csr_matrix((stop - begin, count))
    for some in touches:
        found = list(_pairs(some, pairing, begin, stop))
        source, target, value = (np.concatenate(column) for column in zip(*found, strict=True))
        total = total + sparse.csr_matrix((value, (source - begin, target)), shape=total.shape)
    return total


def _pairs(
    touches: Touches, pairing: Pairing, begin: int, stop: int
) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield pairs by distance, along their order and against it: source, target, what they count."""
    owner, item, weight = touches
    ours = np.flatnonzero((item >= max(begin, FIRST_ITEM)) & (item < stop))
    ways = [(step, share, ours) for step, share in ((1, 1.0), (-1, pairing.backward)) if share]
    for distance, worth in enumerate(pairing.worth, start=1):
        for place, (step, share, sources) in enumerate(ways):
            there = sources + step * distance
            kept = sources[(there >= 0) & (there < len(item))]
            kept = kept[owner[kept] == owner[kept + step * distance]]
            ways[place] = (step, share, kept)
            first = kept[item[kept + step * distance] >= FIRST_ITEM]
            then = first + step * distance
            yield item[first], item[then], share * (weight[then] * worth)


def ranges(sizes: Ints, most: int) -> list[tuple[int, int]]:
    """Ranges of lines whose sizes add up to at most `most`, or of a single line."""
    ends, begin, found = np.cumsum(sizes), 0, []
    while begin < len(sizes):
        done = ends[begin - 1] if begin else 0
        stop = max(begin + 1, int(np.searchsorted(ends, done + most, side="right")))
        found.append((begin, min(stop, len(sizes))))
        begin = stop
    return found


def nearest(lines: Any, most: int) -> Any:
    """Keep the `most` greatest values of each line of a CSR matrix, ties by column."""
    lines.sort_indices()
    some = ranges(np.diff(lines.indptr), SORTED)
    return sparse.vstack([_nearest(lines[begin:stop], most) for begin, stop in some], format="csr")


def _nearest(lines: Any, most: int) -> Any:
    line = np.repeat(np.arange(lines.shape[0]), np.diff(lines.indptr))
    order = np.lexsort((-lines.data, line))
    kept = np.sort(order[np.arange(len(order)) - lines.indptr[line] < most])
    values = (lines.data[kept], (line[kept], lines.indices[kept]))
    return sparse.csr_matrix(values, shape=lines.shape)
