"""Work on a Spark cluster: Spark shuffles and schedules, what happens to a bucket stays ours.

No RDDs, so that it works under Spark Connect too. Executors read raw files and write bucket files
themselves, on file systems that they share with the driver; only what is small comes back.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any

import polars as pl
from pyspark.sql import DataFrame, SparkSession

from stages.core.engines import spark_session, spark_tasks
from stages.core.engines.engine import SLICE_ROWS, Found, Job, Shuffle, SparkSettings
from stages.core.engines.wire import unpacked

SPREAD = 4  # shuffle partitions a bucket, so that few buckets share a task
MOST_PARTITIONS = 4_096
FAILED = "Spark could not do the work"
SHUFFLING = {
    "spark.sql.adaptive.coalescePartitions.enabled": "false",  # each bucket is a task, however small
    "spark.sql.execution.arrow.maxRecordsPerBatch": "16",  # records are parts of megabytes
}


@contextmanager
def opened(settings: SparkSettings) -> Iterator["Spark"]:
    """Give the engine; the session stays as long as the process, for the next stage.

    Raises:
        HhrecError: What Spark needs is not there.
    """
    spark_session.require(settings)
    yield Spark(settings)


class Spark:
    """Sends work to executors.

    Args:
        settings: Where Spark is.
        slice_rows: Rows of a file that one task reads.
    """

    def __init__(self, settings: SparkSettings, slice_rows: int = SLICE_ROWS) -> None:
        self.settings = settings
        self.slice_rows = slice_rows

    @cached_property
    def session(self) -> SparkSession:
        """Started when it is first needed."""
        return spark_session.session(self.settings)

    def each(
        self, work: Callable[[Job], Found], jobs: Sequence[Job], *, need: int
    ) -> Iterator[Found]:
        """Do the work for each job in a task of its own."""
        del need
        task = partial(spark_tasks.on_jobs, spark_tasks.alike(), work, list(jobs))
        with spark_session.told(FAILED):
            numbers = self.session.range(0, len(jobs), 1, max(len(jobs), 1))
            results = numbers.mapInArrow(task, spark_tasks.RESULT_DDL)
        yield from self._found(results, len(jobs))

    def shuffled(
        self, rows: Shuffle, work: Callable[[int, pl.LazyFrame], Found], *, need: int
    ) -> Iterator[Found]:
        """Read slices in tasks, shuffle their parts by bucket, and work on each bucket in a task."""
        del need
        slices = rows.cut(self.slice_rows)
        read = partial(spark_tasks.read_parts, rows, slices)
        task = partial(spark_tasks.on_bucket, spark_tasks.alike(), work)
        partitions = min(SPREAD * rows.count, max(MOST_PARTITIONS, rows.count))
        shuffling = SHUFFLING | {"spark.sql.shuffle.partitions": str(partitions)}
        with spark_session.told(FAILED), spark_session.changed(self.session, shuffling):
            numbers = self.session.range(0, len(slices), 1, len(slices))
            parts = numbers.mapInArrow(read, spark_tasks.PART_DDL)
            grouped = parts.groupBy("bucket").applyInArrow(_plain(task), spark_tasks.RESULT_DDL)
            yield from self._found(grouped, rows.count)

    def _found(self, frame: DataFrame, jobs: int) -> Iterator[Found]:
        """What came of each job, in their order, when all are done."""
        try:
            with spark_session.told(FAILED):
                table = frame.toArrow()
        except BaseException:
            spark_session.interrupt(self.session)
            raise
        order = table.sort_by([("job", "ascending"), ("piece", "ascending")])
        pieces: list[list[bytes]] = [[] for _ in range(jobs)]
        for job, data in zip(order.column("job").to_pylist(), order.column("data"), strict=True):
            pieces[job].append(data.as_py())
        return map(unpacked, pieces)


def _plain(task: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A plain function of one argument: pyspark looks at signatures."""

    def call(parts: Any) -> Any:
        return task(parts)

    return call
