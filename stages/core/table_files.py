"""Open files of tables by their very names: polars would take `[`, `*` and `?` in them for a pattern."""

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl

from stages.core.schema import Schema

Files: TypeAlias = Path | Sequence[Path]


def scan_parquet(files: Files) -> pl.LazyFrame:
    """Open Parquet files, one behind the other."""
    return pl.scan_parquet(files, glob=False, hive_partitioning=False)  # type: ignore[arg-type]


def read_parquet(files: Files, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read Parquet files, one behind the other; of them some columns only, if named."""
    found = scan_parquet(files)
    return (found if columns is None else found.select(columns)).collect()


def row_count(files: Files) -> int:
    """Count the rows of Parquet files; nothing but their footers is read."""
    return int(scan_parquet(files).select(pl.len()).collect().item())


def parquet_schema(file: Path) -> Schema:
    """Read the names and dtypes of a Parquet file's columns."""
    return scan_parquet(file).collect_schema()


def parquet_metadata(file: Path) -> dict[str, str]:
    """Read what was written into a Parquet file beside its columns."""
    with file.open("rb") as stream:
        return pl.read_parquet_metadata(stream)


def scan_ipc(files: Files) -> pl.LazyFrame:
    """Open Arrow files, one behind the other."""
    return pl.scan_ipc(files, glob=False)  # type: ignore[arg-type]


def read_ipc(file: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read an Arrow file; of it some columns only, if named."""
    found = scan_ipc(file)
    return (found if columns is None else found.select(columns)).collect()


def scan_csv(file: Path, **given: Any) -> pl.LazyFrame:
    """Open a text file of columns, as `polars.scan_csv` does."""
    return pl.scan_csv(file, glob=False, **given)


def scan_ndjson(files: Sequence[Path], schema: Mapping[str, Any]) -> pl.LazyFrame:
    """Open files of JSON lines, one behind the other."""
    return pl.scan_ndjson([glob.escape(str(file)) for file in files], schema=schema)
