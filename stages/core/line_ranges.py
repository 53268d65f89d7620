"""Cut many lines into runs that fit into memory."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.integer]


def ranges(sizes: Ints, most: int, lines: int | None = None) -> list[tuple[int, int]]:
    """Ranges of at most `lines` lines whose sizes add up to at most `most`, or of a single line."""
    ends, begin, found = np.cumsum(sizes), 0, []
    while begin < len(sizes):
        done = ends[begin - 1] if begin else 0
        stop = max(begin + 1, int(np.searchsorted(ends, done + most, side="right")))
        stop = min(stop, len(sizes), begin + (lines or len(sizes)))
        found.append((begin, stop))
        begin = stop
    return found
