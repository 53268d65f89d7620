"""Frames as files, for stages that read files."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl


@contextmanager
def as_file(table: pl.DataFrame | str | Path) -> Iterator[Path]:
    """Give a table as a file: a frame as a temporary one, which is gone afterwards."""
    if not isinstance(table, pl.DataFrame):
        yield Path(table)
        return
    with tempfile.TemporaryDirectory(prefix="hhrec-") as directory:
        path = Path(directory) / "table.parquet"
        table.write_parquet(path)
        yield path
