"""Find the greatest values of each of many lines of different lengths."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

CELLS = 2**20  # of a table of lines of like length, at once
WIDER = 1.25  # most that a table is as wide as its shortest line

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]


def greatest(values: Floats, sizes: Ints, most: int) -> NDArray[np.bool_] | None:
    """Mark the `most` greatest values of each line, of equals the first; None where all are.

    Args:
        values: Line by line, above 0, (n,).
        sizes: Of the lines, (L,).
        most: At least 1.
    """
    if int(sizes.max(initial=0)) <= most:
        return None
    starts = np.cumsum(sizes) - sizes
    least = np.zeros(len(sizes))
    for lines, width in _alike(sizes, most):
        least[lines] = _least(values, starts[lines], sizes[lines], width, most)
    bound = np.repeat(least, sizes)
    kept: NDArray[np.bool_] = values > bound
    equal = np.flatnonzero(values == bound)
    line = np.searchsorted(starts, equal, side="right") - 1
    above = np.append(0, np.cumsum(kept))
    free = most - (above[starts + sizes] - above[starts])
    nth = np.arange(len(equal)) - np.searchsorted(line, line)
    kept[equal[nth < free[line]]] = True
    return kept


def _alike(sizes: Ints, most: int) -> Iterator[tuple[Ints, int]]:
    """Lines with more than `most` values, of like lengths, and the greatest of these."""
    order = np.argsort(sizes, kind="stable")
    ordered = sizes[order]
    start = int(np.searchsorted(ordered, most, side="right"))
    while start < len(order):
        stop = int(np.searchsorted(ordered, int(WIDER * ordered[start]), side="right"))
        stop = min(max(stop, start + 1), start + max(1, CELLS // int(ordered[start])))
        yield order[start:stop], int(ordered[stop - 1])
        start = stop


def _least(values: Floats, starts: Ints, sizes: Ints, width: int, most: int) -> Any:
    """The `most`-th greatest value of each line, (m,)."""
    step = np.arange(width)
    inside = step < sizes[:, None]
    table = np.where(inside, values[np.where(inside, starts[:, None] + step, 0)], 0.0)
    table.partition(width - most, axis=1)
    return table[:, width - most]
