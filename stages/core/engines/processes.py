"""Jobs side by side in processes of their own, as many as fit into memory."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import polars as pl

from stages.core.engines.engine import SLICE_ROWS, Found, Job, Memory, Shuffle, Slice
from stages.core.engines.local import Local, gathered, scatter, slice_folder
from stages.core.engines.pool import Pool

SLICE_NEED = 1 << 29  # bytes that a slice of SLICE_ROWS takes, measured on sessions


class Processes:
    """Spawned workers on this machine.

    Args:
        memory: What all of them may need together.
        pool: The workers.
    """

    def __init__(self, memory: Memory, pool: Pool) -> None:
        self.memory = memory
        self.pool = pool

    def each(
        self, work: Callable[[Job], Found], jobs: Sequence[Job], *, need: int
    ) -> Iterator[Found]:
        """Do the work side by side; alone, here, where only one job fits or there is but one."""
        at_once = self.memory.at_once(need, len(jobs))
        if at_once == 1:
            return Local(self.memory).each(work, jobs, need=need)
        return self.pool.each(work, jobs, at_once)

    def shuffled(
        self, rows: Shuffle, work: Callable[[int, pl.LazyFrame], Found], *, need: int
    ) -> Iterator[Found]:
        """Scatter slices of rows side by side, then work on the buckets side by side."""
        if rows.count == 1:
            return Local(self.memory).shuffled(rows, work, need=need)
        parts = list(enumerate(rows.cut(SLICE_ROWS)))
        for _ in self.each(partial(scattered, rows), parts, need=SLICE_NEED):
            pass
        return self.each(partial(gathered, rows, work), range(rows.count), need=need)


def scattered(rows: Shuffle, part: tuple[int, Slice]) -> Found:
    """Scatter the rows of one slice into a folder of its own."""
    number, given = part
    scatter(rows.keyed(given), slice_folder(rows, number))
    return Found()
