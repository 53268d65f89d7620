"""Read tables with their schema checked; write them atomically.

A table is one Parquet file, or a directory of `bucket-*.parquet` files that share a schema.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from stages.core import exchange, table_files
from stages.core.exchange import remove
from stages.core.schema import VOCAB, Schema
from stages.interface import failures
from stages.interface.errors import HhrecError, MissingInputError

__all__ = ["atomic", "check_columns", "remove", "scan", "sink", "write"]
LEVEL = 1  # of zstd: two thirds of the default's time for 1 to 5 % more bytes
NUMBERED = re.compile(r"bucket-\d{5}\.parquet")


def scan(path: Path, schema: Schema, *, made_by: str) -> pl.LazyFrame:
    """Open a table lazily, in the schema's columns and order.

    Args:
        path: A Parquet file or a directory of buckets.
        schema: The columns and dtypes expected; further columns are ignored.
        made_by: The command that writes this table, named in the error's hint.

    Raises:
        MissingInputError: Nothing is at `path`.
        HhrecError: The file is not Parquet, or a column is missing or of another dtype.
    """
    hint = f"run `{made_by}` to write it anew"
    files = [path] if path.is_file() else sorted(path.glob("bucket-*.parquet"))
    if not files:
        raise MissingInputError(f"{path}: not found; a Parquet table was expected there", hint)
    if not path.is_file():
        check_buckets(path, [file.name for file in files], hint)
    try:
        found = table_files.parquet_schema(files[0])
    except (pl.exceptions.PolarsError, OSError) as error:
        told = failures.short(error)
        raise HhrecError(f"{path}: not a readable Parquet file ({told})", hint) from error
    check_columns(path, found, schema, hint)
    return table_files.scan_parquet(files).select(*schema)


def scan_vocab(path: Path) -> pl.LazyFrame:
    """Open a vocabulary file.

    Raises:
        MissingInputError: It is not there.
        HhrecError: It is no vocabulary.
    """
    return scan(path, VOCAB, made_by="hhrec vocab build")


def check_buckets(path: Path, found: list[str], hint: str) -> None:
    """Raise an error where bucket files are not numbered from 0 without a gap."""
    expected = [f"bucket-{index:05d}.parquet" for index in range(len(found))]
    strange = [name for name in found if not NUMBERED.fullmatch(name)]
    lost = sorted(set(expected) - set(found)) if not strange else []
    if strange or lost:
        told = f"found {strange[0]} besides" if strange else f"{lost[0]} is missing"
        raise HhrecError(f"{path}: expected buckets numbered from 0 on, {told}", hint)


def check_columns(path: Path, found: Schema, expected: Schema, hint: str) -> None:
    """Raise one HhrecError that names every column missing or of the wrong dtype."""
    faults = [
        f"column `{name}`: expected {dtype}, found {found.get(name, 'nothing')}"
        for name, dtype in expected.items()
        if name not in found or found[name] != dtype
    ]
    if faults:
        raise HhrecError(f"{path}: " + "; ".join(faults), hint)


def write(frame: pl.DataFrame | pl.LazyFrame, path: Path, schema: Schema) -> None:
    """Write one Parquet file atomically, cast to exactly the schema's columns."""
    with atomic(path) as scratch:
        sink(frame, scratch, schema)


def sink(
    frame: pl.DataFrame | pl.LazyFrame,
    path: Path,
    schema: Schema,
    mark: Mapping[str, str] | None = None,
) -> None:
    """Write one Parquet file in place: for scratch files, and inside a directory that is one.

    Args:
        frame: Rows, in order.
        path: The file.
        schema: Columns that it gets, in order.
        mark: Keys and values for the file's footer.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    table = (
        frame.lazy()
        .select(pl.col(name).cast(kind) for name, kind in schema.items())
        .collect(engine="streaming")
        .rechunk()  # row groups follow chunks, and chunks follow the number of threads
    )
    table.write_parquet(
        path,
        compression="zstd",
        compression_level=LEVEL,
        statistics=False,
        metadata=dict(mark) if mark else None,
    )


@contextmanager
def atomic(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield a sibling to write to; on success it replaces `path`, on failure it is removed.

    For what lies inside a directory of ours; a command's own outputs go through
    `stages.core.outputs`, which asks first whether `path` may be replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = exchange.scratch_beside(path)
    try:
        yield scratch
        exchange.put(scratch, path, durable=durable)
    finally:
        remove(scratch)
