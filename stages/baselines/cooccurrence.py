"""Which items follow which, counted in blocks so that any log fits into memory."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from stages.params import ItemKnnParams

PAIRS = 20_000_000  # pairs of items held at once: about 1.5 GB while they are sorted
Floats = NDArray[np.float64]
Ints = NDArray[Any]


class Touches(NamedTuple):
    """`stages.baselines.interactions` as arrays of shape (n,)."""

    row: Ints
    item: Ints
    session: Ints
    weight: Floats


class Pairs(NamedTuple):
    """Two items that one user touched not far apart, and what that counts; shape (m,)."""

    source: Ints
    target: Ints
    value: Floats


def arrays(touched: pl.DataFrame) -> Touches:
    """Take the columns of `stages.baselines.interactions.touches` as arrays."""
    return Touches(*(touched[name].to_numpy() for name in Touches._fields))


def neighbours(known: Touches, size: int, given: ItemKnnParams) -> Any:
    """Similarity of what comes next to what was there: a CSR matrix of shape (size, size).

    Line i holds the `given.neighbours` items j that are the most similar to i, ties by item:

        sum over users with i and j at most `window` touches apart, being d touches apart:
            weight(j) d ** -distance touches(user) ** -activity
            (times `backward` where j was touched before i)
        over (users(i) + shrink) ** source_norm (users(j) + shrink) ** target_norm

    Items are taken in blocks: memory depends on `PAIRS` and on the size of the result alone.
    """
    users = np.maximum(np.bincount(known.item, minlength=size) + given.shrink, 1.0)
    activity = np.bincount(known.row)[known.row].astype(np.float64)
    known = known._replace(weight=known.weight * activity**-given.activity)
    blocks = [_block(known, begin, stop, users, given) for begin, stop in _cuts(known, size, given)]
    return sparse.vstack(blocks, format="csr")


def _block(known: Touches, begin: int, stop: int, users: Floats, given: ItemKnnParams) -> Any:
    """Lines begin..stop-1 of `neighbours`."""
    found = [_within(pairs, begin, stop) for pairs in _pairs(known, given)]
    source, target, value = (np.concatenate(column) for column in zip(*found, strict=True))
    shape = (stop - begin, len(users))
    lines = sparse.coo_matrix((value, (source - begin, target)), shape=shape).tocsr()
    own = np.repeat(users[begin:stop], np.diff(lines.indptr))
    lines.data /= own**given.source_norm * users[lines.indices] ** given.target_norm
    return nearest(lines, given.neighbours)


def _pairs(known: Touches, given: ItemKnnParams) -> Iterator[Pairs]:
    """Pairs by distance and direction; empty ones first, so that there is always one."""
    yield Pairs(known.item[:0], known.item[:0], known.weight[:0])
    for distance in range(1, given.window + 1):
        near = np.flatnonzero(known.row[distance:] == known.row[:-distance])
        if not len(near):
            return
        first, then, decay = near, near + distance, distance**-given.distance
        item, weight = known.item, known.weight * decay
        yield Pairs(item[first], item[then], weight[then])
        if given.backward:
            yield Pairs(item[then], item[first], given.backward * weight[first])


def _within(pairs: Pairs, begin: int, stop: int) -> Pairs:
    inside = (pairs.source >= begin) & (pairs.source < stop)
    return Pairs(*(column[inside] for column in pairs))


def _cuts(known: Touches, size: int, given: ItemKnnParams) -> Iterator[tuple[int, int]]:
    """Ranges of source items of at most `PAIRS` pairs each, or of one item; together all items."""
    counts = np.zeros(size, dtype=np.int64)
    for pairs in _pairs(known, given):
        counts += np.bincount(pairs.source, minlength=size)
    ends, begin, done = np.cumsum(counts), 0, 0
    while begin < size:
        stop = max(begin + 1, int(np.searchsorted(ends, done + PAIRS, side="right")))
        yield begin, stop
        begin, done = stop, int(ends[stop - 1])


def nearest(lines: Any, most: int) -> Any:
    """Keep the `most` greatest values of each line of a CSR matrix, ties by column."""
    line = np.repeat(np.arange(lines.shape[0]), np.diff(lines.indptr))
    order = np.lexsort((lines.indices, -lines.data, line))
    kept = np.sort(order[np.arange(len(order)) - lines.indptr[line] < most])
    values = (lines.data[kept], (line[kept], lines.indices[kept]))
    return sparse.csr_matrix(values, shape=lines.shape)
