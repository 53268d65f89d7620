"""JSON lines, an object a line: keys as columns, a list of objects in it as further rows."""

import gzip
import json
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeAlias

import polars as pl

from stages.core import table_files
from stages.interface.errors import HhrecError

PEEKED_LINES = 1_000  # lines whose keys count as the columns of a file
PEEKED = f" in the first {PEEKED_LINES:,} lines"  # the end of what a message says of them
LATER = "if a later line has it, write it into the first one too, as null"
SHOWN = 60  # characters of a value in a message

Row: TypeAlias = dict[str, Any]


def keys(path: Path, files: Sequence[Path], nested: str | None) -> tuple[list[str], list[str]]:
    """Keys of the objects, and those inside the list `nested`.

    Raises:
        HhrecError: A line is no JSON, or no object has the key `nested`.
    """
    rows, events = _objects(files, nested)
    top = dict.fromkeys(key for row in rows for key in row)
    below = dict.fromkeys(key for event in events for key in event)
    if nested and nested not in top:
        raise HhrecError(
            f"{path}: no column `{nested}`{PEEKED}; found {', '.join(top) or 'none'}",
            f"name the list of events with --nested; {LATER}",
        )
    return [key for key in top if key != nested], [key for key in below if key not in top]


def _objects(files: Sequence[Path], nested: str | None) -> tuple[list[Row], list[Row]]:
    """Objects of the first lines, and those inside their lists `nested`."""
    rows = [row for file in files for row in _peeked(file) if isinstance(row, dict)]
    lists = [row.get(nested) for row in rows] if nested else []
    inner = [event for listed in lists if isinstance(listed, list) for event in listed]
    return rows, [event for event in inner if isinstance(event, dict)]


def _peeked(path: Path) -> list[object]:
    opened: Callable[..., IO[Any]] = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        head = [line for line in islice(lines, PEEKED_LINES) if line.strip()]
    try:
        return [json.loads(line) for line in head]
    except (ValueError, RecursionError) as error:
        raise HhrecError(f"{path}: not JSON lines ({error})", "write an object a line") from error


def scan(
    path: Path, files: Sequence[Path], top: Sequence[str], inner: Sequence[str], nested: str | None
) -> pl.LazyFrame:
    """Open files with the named keys as text, or as lists of text where the first lines hold lists.

    Args:
        path: What messages call the files.
        files: Of JSON lines.
        top: Keys of the objects.
        inner: Keys of the objects in the list `nested`.
        nested: Key of that list; None: the objects themselves are the rows.

    Raises:
        HhrecError: A key holds objects, lists of them, or values in one row and lists in another.
    """
    rows, events = _objects(files, nested)
    schema = {key: _dtype(path, key, rows) for key in top}
    if not nested:
        return table_files.scan_ndjson(list(files), schema=schema)
    held = pl.List(pl.Struct({key: _dtype(path, key, events) for key in sorted(inner)}))
    frame = table_files.scan_ndjson(list(files), schema={**schema, nested: held})
    return frame.explode(nested, empty_as_null=False, keep_nulls=False).unnest(nested)


def _dtype(path: Path, key: str, rows: Sequence[Row]) -> pl.DataType:
    """Text, or a list of text: what polars would write of anything else looks like JSON."""
    values = [value for row in rows if (value := row.get(key)) is not None]
    lists = [value for value in values if isinstance(value, list)]
    scalars = [one for value in values for one in (value if isinstance(value, list) else [value])]
    found = next((one for one in scalars if isinstance(one, dict | list)), None)
    if found is not None or 0 < len(lists) < len(values):
        told = (
            "values and lists" if found is None else json.dumps(found, ensure_ascii=False)[:SHOWN]
        )
        raise HhrecError(
            f"{path}: column `{key}`: expected values, or lists of values, found {told}",
            "turn it into a column of text, numbers or times first, for example with jq",
        )
    return pl.List(pl.String) if lists else pl.String()
