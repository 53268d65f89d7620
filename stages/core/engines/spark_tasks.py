"""What Spark's executors run: the same work on buckets as everywhere, between two Arrow tables."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl
import pyarrow as pa

from stages.core import manifests
from stages.core.engines.engine import Found, Job, Shuffle, Slice
from stages.core.engines.wire import packed, table_bytes, table_of
from stages.interface.errors import HhrecError

RESULT = pa.schema([("job", pa.int32()), ("piece", pa.int32()), ("data", pa.binary())])
PART = pa.schema([("bucket", pa.int32()), ("slice", pa.int32()), ("data", pa.binary())])
RESULT_DDL = "job int, piece int, data binary"
PART_DDL = "bucket int, slice int, data binary"
ALIKE = ("hhrec", "polars", "tokenizers")  # packages that shape the bytes of data artifacts


def alike() -> dict[str, str]:
    """Versions, here, of what driver and executors must have in common."""
    found = manifests.packages()
    return {name: found[name] for name in ALIKE if name in found}


def on_jobs(
    expected: Mapping[str, str],
    work: Callable[[Job], Found],
    jobs: Sequence[Job],
    batches: Iterator[Any],
) -> Iterator[Any]:
    """Do the work for the jobs whose numbers come in a column `id`."""
    for batch in batches:
        for number in batch.column("id").to_pylist():
            yield from _answer(number, partial(work, jobs[number]), expected)


def read_parts(rows: Shuffle, slices: Sequence[Slice], batches: Iterator[Any]) -> Iterator[Any]:
    """Read the slices whose numbers come in a column `id`; give their rows by bucket.

    The first gives each bucket a part, be it empty, so that Spark knows of all buckets.
    """
    for batch in batches:
        for number in batch.column("id").to_pylist():
            table = rows.keyed(slices[number]).collect()
            parts = table.partition_by("bucket", as_dict=True, include_key=False)
            nothing = table.clear().drop("bucket")
            for bucket in range(rows.count):
                part = parts.pop((bucket,), nothing)
                if part.height or number == 0:
                    yield _part(bucket, number, part)


def on_bucket(
    expected: Mapping[str, str], work: Callable[[int, pl.LazyFrame], Found], parts: Any
) -> Any:
    """Do the work for one bucket, whose parts come as a table of PART."""
    ordered = parts.sort_by("slice")
    bucket = ordered.column("bucket")[0].as_py()

    def done() -> Found:
        rows = pl.concat([table_of(part.as_py()) for part in ordered.column("data")])
        return work(bucket, rows.lazy())

    return pa.Table.from_batches(_answer(bucket, done, expected), RESULT)


def _answer(number: int, done: Callable[[], Found], expected: Mapping[str, str]) -> Iterator[Any]:
    """What came of a job, in rows of RESULT.

    An error that a user can mend is an answer: to try again, as Spark does otherwise, is in vain.
    """
    try:
        _require_alike(expected)
        found: Found | HhrecError = done()
    except HhrecError as error:
        found = error
    for piece, data in enumerate(packed(found)):
        yield pa.record_batch([pa.array([number], pa.int32()), pa.array([piece], pa.int32()),
                               pa.array([data], pa.binary())], schema=RESULT)  # fmt: skip


def _part(bucket: int, number: int, rows: pl.DataFrame) -> Any:
    columns = [pa.array([bucket], pa.int32()), pa.array([number], pa.int32())]
    return pa.record_batch([*columns, pa.array([table_bytes(rows)], pa.binary())], schema=PART)


def _require_alike(expected: Mapping[str, str]) -> None:
    """Refuse to work where packages differ from the driver's, since bytes might too."""
    found = alike()
    wrong = [name for name in expected if expected[name] != found.get(name)]
    if wrong:
        told = ", ".join(
            f"{name} {found.get(name, 'not installed')} (driver: {expected[name]})"
            for name in wrong
        )
        raise HhrecError(
            f"Spark's executors have other packages than the driver: {told}",
            "give them the same environment: docs/spark.md",
        )
