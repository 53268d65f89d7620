"""What a data stage asks of an engine: rows brought together by bucket, and work on each bucket.

Work is a function of a module, maybe with arguments bound by `functools.partial`: engines send it
to other processes and machines. It writes files named by its bucket alone, atomically, since an
engine may do it twice, and gives back what is small (`Found`), which the stage merges in the order
of buckets. So no byte depends on the engine.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import polars as pl

Job = TypeVar("Job")
SLICE_ROWS = 262_144  # sessions, or vacancies, that are read and scattered at once


class Found(NamedTuple):
    """What came of one job: small enough to travel.

    Attributes:
        counts: Counts by name.
        tables: Small tables, in an order that the work and its stage agree on.
        rows: Rows that the job worked through, for its pace.
    """

    counts: Mapping[str, int] = {}
    tables: Sequence[pl.DataFrame] = ()
    rows: int = 0


class Slice(NamedTuple):
    """Rows of one input file.

    Attributes:
        role: What the file is.
        file: Where it lies.
        first: Number of the first row.
        rows: How many; None for all.
    """

    role: str
    file: Path
    first: int = 0
    rows: int | None = None

    def of(self, table: pl.LazyFrame) -> pl.LazyFrame:
        """These rows of the whole file's table."""
        return table if self.rows is None else table.slice(self.first, self.rows)


@dataclass(frozen=True)
class Shuffle:
    """Rows of input files, to be brought together by bucket.

    Attributes:
        read: Gives the rows of a slice.
        bucket: The bucket of a row, an Int32 from 0 on.
        files: All of these files, as slices without limits.
        heights: Rows of each file.
        count: Number of buckets.
        scratch: An empty place on the disk of the artifact.
    """

    read: Callable[[Slice], pl.LazyFrame]
    bucket: Callable[[], pl.Expr]
    files: Sequence[Slice]
    heights: Sequence[int]
    count: int
    scratch: Path

    def cut(self, rows: int) -> list[Slice]:
        """Cut the files into slices of so many rows; one empty slice where there are none."""
        found = [
            whole._replace(first=first, rows=min(rows, height - first))
            for whole, height in zip(self.files, self.heights, strict=True)
            for first in range(0, height, rows)
        ]
        return found or [self.files[0]._replace(rows=0)]

    def keyed(self, part: Slice) -> pl.LazyFrame:
        """Rows of a slice with their `bucket`."""
        return self.read(part).with_columns(self.bucket().cast(pl.Int32).alias("bucket"))


class Engine(Protocol):
    """Does work somewhere."""

    def each(
        self, work: Callable[[Job], Found], jobs: Sequence[Job], *, need: int
    ) -> Iterator[Found]:
        """Do the work for each job; yield what came of it, in the order of the jobs.

        Args:
            work: A function of a module, with bound arguments maybe.
            jobs: Plain values.
            need: Bytes of memory that the greatest job takes.
        """

    def shuffled(
        self, rows: Shuffle, work: Callable[[int, pl.LazyFrame], Found], *, need: int
    ) -> Iterator[Found]:
        """Bring rows together by bucket, in no order; do the work for each bucket, as `each` does.

        Args:
            rows: Where they come from.
            work: Of a bucket's number and rows, which may be none.
            need: Bytes of memory that the greatest bucket takes.
        """


class SparkSettings(Protocol):
    """Where Spark is, and settings for it."""

    @property
    def master(self) -> str:
        """A master's URL; empty for what the environment says."""

    @property
    def remote(self) -> str:
        """A Spark Connect server's URL; empty for none."""

    @property
    def settings(self) -> Mapping[str, str]:
        """Any `spark.*`."""


class Settings(Protocol):
    """Which engine, and how large."""

    @property
    def kind(self) -> str:
        """`local`, `processes` or `spark`."""

    @property
    def workers(self) -> int:
        """Buckets worked on at once; they share the memory."""

    @property
    def spark(self) -> SparkSettings:
        """Of `spark`."""


@dataclass
class Memory:
    """Memory that work may need, and how many jobs fit in at once.

    Attributes:
        limit: Bytes.
        workers: Most jobs at once.
    """

    limit: float
    workers: int

    def at_once(self, need: int, jobs: int) -> int:
        """How many of so many jobs run at once when the greatest takes `need` bytes."""
        fit = int(self.limit // max(need, 1))
        return max(1, min(self.workers, jobs, fit))
