"""Some jobs at a time, in threads of this process."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import polars as pl

from stages.core import table_files
from stages.core.engines.engine import Found, Job, Memory, Shuffle

ROWS = 1_000_000  # scattered at once: polars holds what it is about to write of every bucket


class Local:
    """Does all work here.

    Polars uses several cores, but not in all that is done: another job fills the gaps.

    Args:
        memory: What all jobs at once may need together.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.threads = ThreadPoolExecutor(memory.workers)  # which begin when they are needed

    def close(self) -> None:
        """Wait for jobs that are still at work, so that whoever clears up does so behind them."""
        self.threads.shutdown()

    def each(
        self, work: Callable[[Job], Found], jobs: Sequence[Job], *, need: int
    ) -> Iterator[Found]:
        """Do the work side by side where several jobs fit, else one after the other."""
        at_once = self.memory.at_once(need, len(jobs))
        return map(work, jobs) if at_once == 1 else threaded(self.threads, work, jobs, at_once)

    def shuffled(
        self, rows: Shuffle, work: Callable[[int, pl.LazyFrame], Found], *, need: int
    ) -> Iterator[Found]:
        """Scatter the rows into files of one bucket each, where there are several."""
        if rows.count > 1:
            for number, part in enumerate(rows.cut(ROWS)):
                scatter(rows.keyed(part), slice_folder(rows, number))
        return self.each(partial(gathered, rows, work), range(rows.count), need=need)


def threaded(
    threads: ThreadPoolExecutor, work: Callable[[Job], Found], jobs: Sequence[Job], at_once: int
) -> Iterator[Found]:
    """Do the work in threads; yield what came of it, in the order of the jobs.

    No job is begun before the one `at_once` places ahead of it is taken, and after an error none.
    """
    begun: deque[Future[Found]] = deque()
    for job in jobs:
        begun.append(threads.submit(work, job))
        if len(begun) == at_once:
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()


def scatter(keyed: pl.LazyFrame, folder: Path) -> None:
    """Write rows to `folder/bucket=N/*.parquet`."""
    folder.mkdir(parents=True, exist_ok=True)
    keyed.sink_parquet(
        pl.PartitionBy(folder, key="bucket", include_key=False), mkdir=True, compression="lz4"
    )


def slice_folder(rows: Shuffle, number: int) -> Path:
    """Where the rows of one slice are scattered to."""
    return rows.scratch / f"slice-{number:05d}"


def gathered(rows: Shuffle, work: Callable[[int, pl.LazyFrame], Found], bucket: int) -> Found:
    """Do the work for one bucket of scattered rows."""
    return work(bucket, _of_bucket(rows, bucket))


def _of_bucket(rows: Shuffle, bucket: int) -> pl.LazyFrame:
    """All rows of one bucket, wherever they were scattered to."""
    if rows.count == 1:
        return pl.concat([rows.read(part) for part in rows.files])
    files = sorted(rows.scratch.glob(f"**/bucket={bucket}/*.parquet"))
    if files:
        return table_files.scan_parquet(files)
    return rows.read(rows.files[0]).clear()
