"""Buckets: the part of a table that a user's rows are in, its file, and sums over the parts.

Every table after `explode` is a directory of buckets. All events of a user are in one bucket, so
whatever is per user needs one bucket in memory; what is global is a sum over buckets. Where the
work on a bucket is done, `stages.core.engines` knows.
"""

import math
import uuid
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from stages.core import table_files, tables
from stages.core.schema import Schema

BATCH_ROWS = 65_536  # of an Arrow file: a reader holds some batches, not all of it
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


def kept_path(work: Path, index: int) -> Path:
    """File of bucket `index` for work between two jobs, which `keep` writes."""
    return work / f"bucket-{index:05d}.arrow"


def buckets(directory: Path) -> list[Path]:
    """Bucket files of a table, in order."""
    return sorted(directory.glob("bucket-*.parquet"))


def kept_files(work: Path) -> list[Path]:
    """Files of buckets that `keep` wrote, in order."""
    return sorted(work.glob("bucket-*.arrow"))


def need(files: Sequence[Path]) -> int:
    """Bytes of memory that the work on the greatest of some files of events takes."""
    return max(map(table_files.row_count, files), default=0) * BYTES_PER_EVENT


def user_sizes(events: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Events of each user of a bucket, in the order of users; a user's events stand side by side."""
    return events["user_id"].rle().struct.field("len").to_numpy().astype(np.int64)


def summed(parts: Iterable[pl.DataFrame], key: str, value: str) -> pl.DataFrame:
    """Sum `value` by `key` over tables of buckets, each with a key once; in no order.

    Only a few of them are in memory at a time.
    """
    held: list[pl.DataFrame] = []
    for part in parts:
        held.append(part)
        if len(held) > 1 and sum(one.height for one in held[1:]) > held[0].height:
            held = [_summed(held, key, value)]
    return held[0] if len(held) == 1 else _summed(held, key, value)


def _summed(parts: Sequence[pl.DataFrame], key: str, value: str) -> pl.DataFrame:
    rows = pl.concat(parts).lazy().group_by(key).agg(pl.col(value).sum())
    return rows.collect(engine="streaming")


def write(frame: pl.DataFrame | pl.LazyFrame, path: Path, schema: Schema, *, work: Path) -> None:
    """Write a bucket's file for good: whole, or not at all, when twice at once the same.

    Args:
        frame: Rows, in order.
        path: The file.
        schema: Columns that it gets, in order.
        work: Where it is written first, on the same disk; what a killed worker leaves there goes
            with it.
    """
    scratch = work / "attempts" / f"{path.name}.{uuid.uuid4().hex}"
    tables.sink(frame, scratch, schema)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch.replace(path)


def keep(frame: pl.DataFrame | pl.LazyFrame, path: Path, *, mapped: bool = False) -> None:
    """Write an Arrow file for work between two jobs, as `write` does, but fast rather than small.

    Args:
        frame: Rows, in order.
        path: The file.
        mapped: Leave it as it is in memory: twice the bytes, but reading it costs nothing.
    """
    with tables.atomic(path, durable=False) as scratch:
        frame.lazy().collect().write_ipc(
            scratch,
            compression="uncompressed" if mapped else "lz4",
            record_batch_size=BATCH_ROWS,
        )
