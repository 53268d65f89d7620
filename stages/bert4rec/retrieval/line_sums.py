"""Weighted sums of lines of a sparse matrix, and the greatest entries of each sum.

Sums are made for some rows at a time. What those rows touch of the matrix is small: it is copied with
its columns numbered anew, so that sums, and what the rows have met, stay in a processor's cache
however many columns the matrix has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from stages.bert4rec.examples.histories import Histories, Ints

LINES, ROWS = 1_024, 256  # of a part, at most
TABLE = 2**15  # entries of sums laid out at once
SPARSE = 64  # times as many columns as entries: from there on, sorting finds distinct ones faster
LATE = np.iinfo(np.int32).max  # rank of what was never met

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class HistoryItems:
    """Every vacancy of the whole histories of some rows, and when it was met.

    Attributes:
        keys: Row number times `width` plus item, ascending, (n,).
        ranks: Place among the distinct vacancies of the history, (n,).
        width: More than any item id.
    """

    keys: Ints
    ranks: Ints
    width: int

    def of(self, first: int, last: int) -> tuple[Ints, Ints, Ints]:
        """Row, item and rank of all that rows `first` to `last` hold, (n,) each."""
        start, stop = np.searchsorted(self.keys, (first * self.width, (last + 1) * self.width))
        keys = self.keys[start:stop]
        return keys // self.width, keys % self.width, self.ranks[start:stop]


@dataclass(frozen=True)
class Asked:
    """M sums that are wanted, by ascending row.

    Attributes:
        rows: Whose they are, (M,).
        lines: Lines that each adds up, (M, N).
        share: Weight of each, 0 where it is left out, (M, N) float32.
        before: Distinct vacancies that the row has met by then: no entries of the sum, (M,).
    """

    rows: Ints
    lines: Ints
    share: Floats
    before: Ints

    def part(self, some: slice) -> "Asked":
        """Return some of them."""
        return Asked(self.rows[some], self.lines[some], self.share[some], self.before[some])


def held(histories: Histories, rows: Ints, width: int) -> HistoryItems:
    """Find what the histories of rows (B,) hold; row numbers count from 0 to B - 1."""
    starts, sizes = histories.offsets[rows], histories.lengths()[rows]
    owner = np.repeat(np.arange(len(rows)), sizes)
    places = starts[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    new = histories.ranks[places] == histories.met[places]
    keys = owner[new] * width + histories.items[places[new]]
    order = np.argsort(keys)
    return HistoryItems(keys[order], histories.ranks[places[new]][order], width)


def best_sums(table: Any, held: HistoryItems, asked: Asked, most: int) -> tuple[Ints, Floats]:
    """Add up lines and take the greatest entries, those of equal size by ascending column.

    Args:
        table: A CSR matrix whose columns are items, with values of at least 0.
        held: What rows have met.
        asked: M sums.
        most: E, entries wanted.

    Returns:
        Columns and values in descending order, (M, E) each; zeros where there are fewer.
    """
    columns = np.zeros((len(asked.rows), most), dtype=np.int64)
    values = np.zeros(columns.shape, dtype=np.float32)
    numbers = np.zeros(table.shape[1], dtype=np.int32)
    ranks = np.zeros(0, dtype=np.int32)
    for some in _parts(asked.rows):
        part = asked.part(some)
        sums, distinct = _sums(table, part, numbers)
        first, last = int(part.rows[0]), int(part.rows[-1])
        size = (last + 1 - first) * len(distinct)
        if size > len(ranks):
            ranks = np.zeros(2 * size, dtype=np.int32)
        rows, items, rank = held.of(first, last)
        place = numbers[items]
        there = (place < len(distinct)) & (distinct[np.minimum(place, len(distinct) - 1)] == items)
        met = (rows[there] - first) * len(distinct) + place[there]
        ranks[met] = rank[there] - LATE
        found = _best(sums, ranks, (part.rows - first) * len(distinct), part.before, most)
        ranks[met] = 0
        values[some] = (found >> 32).astype(np.int32).view(np.float32)
        columns[some] = distinct[np.where(values[some] > 0, 0xFFFFFFFF - (found & 0xFFFFFFFF), 0)]
    return np.where(values > 0, columns, 0), values


def _parts(rows: Ints) -> Iterator[slice]:
    """Runs of at most `LINES` of ascending rows (M,), or of a single row, of at most `ROWS` rows."""
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    ends, first = np.append(starts[1:], len(rows)), 0
    while first < len(starts):
        last = int(np.searchsorted(ends, starts[first] + LINES, side="right"))
        last = min(max(last, first + 1), first + ROWS)
        last = min(
            last,
            first + max(int(np.searchsorted(rows[starts[first:]], rows[starts[first]] + ROWS)), 1),
        )
        yield slice(int(starts[first]), int(ends[last - 1]))
        first = last


def _sums(table: Any, asked: Asked, numbers: NDArray[np.int32]) -> tuple[Any, Ints]:
    """Sums as a CSR matrix, (m, C), and the column of the table that each of its columns is, (C,).

    Leaves in `numbers` where each of those columns stands.
    """
    asks = asked.share > 0
    lines = _distinct(asked.lines[asks], table.shape[0])
    starts, sizes = table.indptr[lines], table.indptr[lines + 1] - table.indptr[lines]
    ends = np.cumsum(sizes, dtype=np.int64)
    places = np.repeat(starts - ends + sizes, sizes) + np.arange(ends[-1] if len(ends) else 0)
    columns = table.indices[places]
    numbers[lines] = np.arange(len(lines))
    inside = (asked.share[asks], numbers[asked.lines[asks]], _starts(asks.sum(axis=1)))
    query = sparse.csr_matrix(inside, shape=(len(asks), len(lines)))
    distinct = _distinct(columns, table.shape[1])
    numbers[distinct] = np.arange(len(distinct))
    inside = (table.data[places], numbers[columns], _starts(sizes))
    return query @ sparse.csr_matrix(inside, shape=(len(lines), len(distinct))), distinct


def _distinct(values: Ints, width: int) -> Ints:
    """Distinct values of those below `width`, ascending; 0 if there are none."""
    if not len(values):
        return np.zeros(1, dtype=values.dtype)
    if width < SPARSE * len(values):
        marked = np.zeros(width, dtype=bool)
        marked[values] = True
        return np.flatnonzero(marked).astype(values.dtype)
    ordered = np.sort(values)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])]


def _starts(sizes: Ints) -> Ints:
    return np.append(0, np.cumsum(sizes)).astype(np.int32)


def _best(sums: Any, ranks: NDArray[np.int32], rows: Ints, before: Ints, most: int) -> Ints:
    """Greatest entries of each sum, packed, in descending order, (m, most); 0 where there are fewer.

    Args:
        sums: (m, C) CSR.
        ranks: Rank of each column in the history of each row, less `LATE`; 0 where it is not there.
        rows: Where the ranks of each sum's row begin, (m,).
        before: Ranks below which an entry is left out, (m,).
        most: Entries wanted.
    """
    found = np.zeros((len(rows), most), dtype=np.int64)
    sizes = np.diff(sums.indptr)
    met = ranks.take(sums.indices + np.repeat(rows, sizes)) < np.repeat(before - LATE, sizes)
    spare = max(int(sizes.max(initial=0)), most)
    values = np.append(sums.data, np.zeros(spare, dtype=np.float32))
    values[: len(met)][met] = 0
    columns = np.append(sums.indices, np.zeros(spare, dtype=np.int32))
    for some, width in _alike(sizes, most):
        starts, least = sums.indptr[some], int(sizes[some[0]])
        value = _windows(values, starts, width)
        value[:, least:][np.arange(least, width) >= sizes[some][:, None]] = 0
        found[some] = _greatest(value, columns, starts, most)
    found.sort(axis=1)
    return found[:, ::-1]


def _greatest(value: Floats, columns: Ints, starts: Ints, most: int) -> Ints:
    """Greatest entries of windows, packed, in any order, (m, most).

    Values alone tell which they are, but where several equal the least of them: there, columns decide.

    Args:
        value: (m, width).
        columns: Those of the first window's row begin at its start, and so on.
        starts: Of the windows, (m,).
        most: Entries wanted.
    """
    found, width = np.zeros((len(value), most), dtype=np.int64), value.shape[1]
    lowest = np.partition(value, width - most, axis=1)[:, width - most]
    high = value >= lowest[:, None]
    clear = np.count_nonzero(high, axis=1) == most
    if not clear.all():
        packed = _packed(value[~clear], _windows(columns, starts[~clear], width))
        packed.partition(width - most, axis=1)
        found[~clear] = packed[:, width - most :]
        value, high, starts = value[clear], high[clear], starts[clear]
    place = np.flatnonzero(high).reshape(len(starts), most)
    column = columns.take(place + (starts - np.arange(len(starts)) * width)[:, None])
    found[clear] = _packed(value.ravel().take(place), column)
    return found


def _packed(values: Floats, columns: Ints) -> Ints:
    """One number of a value, at least 0, and a column: the greater value first, then the lesser column."""
    packed = values.view(np.int32).astype(np.int64)
    packed <<= 32
    packed |= 0xFFFFFFFF - columns.astype(np.int64)
    return packed


def _alike(sizes: Ints, least: int) -> Iterator[tuple[Ints, int]]:
    """Places of like sizes, ascending, that take up to `TABLE` in a table, and its width."""
    order = np.argsort(sizes, kind="stable")
    widths = np.maximum(sizes[order], least)
    for start, stop in fitting(widths, TABLE):
        yield order[start:stop], int(widths[stop - 1])


def fitting(sizes: Ints, limit: int) -> Iterator[tuple[int, int]]:
    """Cut ascending sizes (n,) so that all of a run, each as large as its largest, take `limit`.

    Yields:
        Start and end of each run; a size above the limit is a run of its own.
    """
    start = 0
    while start < len(sizes):
        high = min(len(sizes), start + max(1, limit // int(sizes[start])))
        taken = np.arange(1, high - start + 1) * sizes[start:high]
        stop = start + max(1, int(np.searchsorted(taken, limit, side="right")))
        yield start, stop
        start = stop


def _windows(values: Any, starts: Ints, width: int) -> Any:
    """Copy `width` values from each start on, (m, width)."""
    size = values.itemsize
    shape = (len(values) - width + 1, width)
    return np.ndarray(shape, values.dtype, values, strides=(size, size))[starts]
