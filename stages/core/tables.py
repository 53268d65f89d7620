"""Read tables with their schema checked; write them atomically.

A table is one Parquet file, or a directory of `bucket-*.parquet` files that share a schema.
"""

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from stages.core.schema import Schema
from stages.interface.errors import HhrecError, MissingInputError

RETRIES = 20


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
    try:
        found = pl.read_parquet_schema(files[0])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise HhrecError(f"{path}: not a readable Parquet file ({error})", hint) from error
    check_columns(path, found, schema, hint)
    return pl.scan_parquet(files).select(*schema)


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


def sink(frame: pl.DataFrame | pl.LazyFrame, path: Path, schema: Schema) -> None:
    """Write one Parquet file in place: for files inside a directory that `atomic` guards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = (
        frame.lazy()
        .select(pl.col(name).cast(kind) for name, kind in schema.items())
        .collect(engine="streaming")
        .rechunk()  # row groups follow chunks, and chunks follow the number of threads
    )
    table.write_parquet(path, compression="zstd", statistics=False)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a sibling to write to; on success it replaces `path`, on failure it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield scratch
        replace(scratch, path)
    finally:
        remove(scratch)


def replace(source: Path, target: Path) -> None:
    """Put `source` where `target` is; a directory's old content goes once the new one stands."""
    if not target.is_dir():
        source.replace(target)
        return
    old = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.old")
    target.rename(old)
    source.rename(target)
    remove(old)


def remove(path: Path) -> None:
    """Remove a file or a directory tree; nothing happens when it is not there."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    for _ in range(RETRIES):
        # a writer thread of polars that was interrupted may still put a file into the tree
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
        time.sleep(0.1)
    shutil.rmtree(path)
