"""JSON lines, an object a line: keys as columns, a list of objects in it as further rows."""

import gzip
import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import polars as pl

from stages.core import table_files
from stages.interface.errors import HhrecError

PEEKED_LINES = 1_000  # lines whose keys count as the columns of a file


def keys(path: Path, files: Sequence[Path], nested: str | None) -> tuple[list[str], list[str]]:
    """Keys of the objects, and those inside the list `nested`.

    Raises:
        HhrecError: A line is no JSON, or no object has the key `nested`.
    """
    rows = [row for file in files for row in _peeked(file) if isinstance(row, dict)]
    events = [row.get(nested) or [] for row in rows] if nested else []
    inner = [event for listed in events if isinstance(listed, list) for event in listed]
    top = dict.fromkeys(key for row in rows for key in row)
    below = dict.fromkeys(key for event in inner if isinstance(event, dict) for key in event)
    if nested and nested not in top:
        raise HhrecError(
            f"{path}: no column `{nested}`; found {', '.join(top) or 'none'}",
            "name the list of events with --nested",
        )
    return [key for key in top if key != nested], [key for key in below if key not in top]


def _peeked(path: Path) -> list[object]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        head = [line for line in islice(lines, PEEKED_LINES) if line.strip()]
    try:
        return [json.loads(line) for line in head]
    except (ValueError, RecursionError) as error:
        raise HhrecError(f"{path}: not JSON lines ({error})", "write an object a line") from error


def scan(
    files: Sequence[Path], top: Sequence[str], inner: Sequence[str], nested: str | None
) -> pl.LazyFrame:
    """Open files with the named keys as text.

    Args:
        files: Of JSON lines.
        top: Keys of the objects.
        inner: Keys of the objects in the list `nested`.
        nested: Key of that list; None: the objects themselves are the rows.
    """
    schema: dict[str, pl.DataType | type[pl.DataType]] = dict.fromkeys(top, pl.String)
    if not nested:
        return table_files.scan_ndjson(list(files), schema=schema)
    held = pl.List(pl.Struct(dict.fromkeys(sorted(inner), pl.String)))
    frame = table_files.scan_ndjson(list(files), schema={**schema, nested: held})
    return frame.explode(nested, empty_as_null=False, keep_nulls=False).unnest(nested)
