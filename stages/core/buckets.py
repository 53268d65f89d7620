"""Buckets: the part of a table that a user's rows are in, and a map over the parts.

Every table after `explode` is a directory of buckets. All events of a user are in one bucket, so
whatever is per user needs one bucket in memory; what is global is a sum over buckets. Running the
buckets elsewhere (processes, a cluster) means another `over`, and the same functions.
"""

import math
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

BYTES_PER_EVENT = 400  # peak bytes an exploded event needs while sorted, measured on string ids


def bucket_of(user_id: pl.Expr, count: int) -> pl.Expr:
    """Bucket of a user: CRC-32 of the UTF-8 id modulo `count`, the same on every machine."""
    return user_id.map_batches(
        lambda users: pl.Series(
            [zlib.crc32(user.encode()) % count for user in users], dtype=pl.Int32
        ),
        return_dtype=pl.Int32,
    )


def bucket_count(events: int, memory_gb: float) -> int:
    """Smallest number of buckets whose events fit `memory_gb` GiB one bucket at a time."""
    return max(1, math.ceil(events * BYTES_PER_EVENT / (memory_gb * 2**30)))


def bucket_path(directory: Path, index: int) -> Path:
    """File of bucket `index` of the table at `directory`."""
    return directory / f"bucket-{index:05d}.parquet"


def buckets(directory: Path) -> list[Path]:
    """Bucket files of a table, in order."""
    return sorted(directory.glob("bucket-*.parquet"))


def over(source: Path, work: Callable[[Path], None]) -> None:
    """Apply `work` to each bucket file of `source`, in order."""
    for file in buckets(source):
        work(file)


def gather(source: Path, work: Callable[[Path], pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield `work(bucket)` for each bucket file of `source`, in order."""
    return (work(file) for file in buckets(source))
