"""Opening a log or an item table of any common format as a lazy frame of flat columns.

Text formats are read as text, so that `007` stays what it is; Parquet keeps its dtypes.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from stages.interface import failures
from stages.interface.errors import HhrecError, MissingInputError, UsageError

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
FORMATS = ("csv", "tsv", "parquet", "jsonl")
SEPARATORS = {"csv": ",", "tsv": "\t"}
LIKELY = (";", "\t", "|", ",")  # separators that a header in one piece betrays
PEEKED_LINES = 1_000  # JSON lines whose keys count as the columns of the file


@dataclass(frozen=True)
class Flat:
    """A file of rows.

    Attributes:
        path: The file; `.gz` may follow the suffix of a text format.
        format: One of `FORMATS`; None goes by the suffix.
        separator: One character between CSV or TSV columns; None is the format's own.
        nested: Column of JSON lines that holds a list of objects, one a row; None for flat files.
    """

    path: Path
    format: str | None = None
    separator: str | None = None
    nested: str | None = None

    def kind(self) -> str:
        """Return the format, checked against the other settings.

        Raises:
            MissingInputError: Nothing is at `path`.
            UsageError: The format is unknown or does not go with a setting.
        """
        if not self.path.is_file():
            found = "a directory" if self.path.is_dir() else "nothing"
            raise MissingInputError(
                f"{self.path}: expected a file, found {found}", "name an existing file"
            )
        suffixes = [suffix for suffix in self.path.suffixes if suffix != ".gz"]
        kind = self.format or SUFFIXES.get(suffixes[-1].lower() if suffixes else "")
        if kind not in FORMATS:
            raise UsageError(
                f"{self.path}: format {self.format or 'unknown by its suffix'}; expected one of "
                + ", ".join(FORMATS),
                "say it with --format csv|tsv|parquet|jsonl",
            )
        if self.nested and kind != "jsonl":
            raise UsageError(f"{self.path}: --nested goes with JSON lines, found {kind}")
        if self.separator and kind not in SEPARATORS:
            raise UsageError(f"{self.path}: --separator goes with csv and tsv, found {kind}")
        if self.separator and len(self.separator.encode()) != 1:
            raise UsageError(
                f"--separator {self.separator!r}: expected one character of ASCII",
                f"turn it into tabs first: sed 's/{self.separator}/\\t/g' {self.path} > log.tsv",
            )
        return kind


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what a reader says of a broken file into a user's error."""
    try:
        yield
    except (pl.exceptions.PolarsError, UnicodeDecodeError, EOFError, OSError) as error:
        if failures.number_of(error) in failures.OF_WRITING:
            raise  # the disk that is written to is in trouble, not this file
        reason = failures.short(str(error).split("\n\n", 1)[0])
        raise HhrecError(
            f"{path}: not readable ({reason})", "mend the file, or say --format and --separator"
        ) from error


def open_flat(flat: Flat, wanted: Sequence[str]) -> pl.LazyFrame:
    """Open a file lazily with the wanted columns only.

    Raises:
        HhrecError: A column is missing; the message lists those that were found.
    """
    with readable(flat.path):
        found, inner = columns(flat)
    missing = [name for name in wanted if name not in {*found, *inner}]
    if missing:
        raise HhrecError(
            f"{flat.path}: no column {', '.join(f'`{name}`' for name in missing)}; "
            f"found {', '.join([*found, *inner]) or 'none'}",
            _cure(flat, found),
        )
    if flat.kind() == "jsonl":
        return _json_lines(flat, wanted, found)
    return _scan(flat).select(*dict.fromkeys(wanted))


def _cure(flat: Flat, found: Sequence[str]) -> str:
    """What to do where columns are missing: often one name holds them all, wrongly separated."""
    other = [mark for mark in LIKELY if len(found) == 1 and mark in found[0]]
    if other and flat.kind() in SEPARATORS:
        shown = other[0].replace("\t", "\\t")
        return f"the file seems to be separated by {shown!r}: say --separator $'{shown}'"
    return "say which columns to read: `hhrec data import --help` lists the options"


def columns(flat: Flat) -> tuple[list[str], list[str]]:
    """Columns of a file, and those inside its nested column."""
    if flat.kind() != "jsonl":
        return _scan(flat).collect_schema().names(), []
    rows = [row for row in _peeked(flat.path) if isinstance(row, dict)]
    events = [row.get(flat.nested) or [] for row in rows] if flat.nested else []
    inner = [event for listed in events if isinstance(listed, list) for event in listed]
    top = dict.fromkeys(key for row in rows for key in row)
    below = dict.fromkeys(key for event in inner if isinstance(event, dict) for key in event)
    if flat.nested and flat.nested not in top:
        raise HhrecError(
            f"{flat.path}: no column `{flat.nested}`; found {', '.join(top) or 'none'}",
            "name the list of events with --nested",
        )
    return [key for key in top if key != flat.nested], [key for key in below if key not in top]


def _scan(flat: Flat) -> pl.LazyFrame:
    kind = flat.kind()
    if kind == "parquet":
        return pl.scan_parquet(flat.path)
    return pl.scan_csv(
        flat.path,
        separator=flat.separator or SEPARATORS[kind],
        quote_char=None if kind == "tsv" else '"',  # tabs are seldom quoted, and a title may be
        infer_schema=False,
    )


def _peeked(path: Path) -> list[object]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        head = [line for line in islice(lines, PEEKED_LINES) if line.strip()]
    try:
        return [json.loads(line) for line in head]
    except json.JSONDecodeError as error:
        raise HhrecError(f"{path}: not JSON lines ({error})", "write an object a line") from error


def _json_lines(flat: Flat, wanted: Sequence[str], found: Sequence[str]) -> pl.LazyFrame:
    top: dict[str, pl.DataType | type[pl.DataType]] = {
        name: pl.String for name in wanted if name in found
    }
    if not flat.nested:
        return pl.scan_ndjson(flat.path, schema=top)
    inner = {name: pl.String for name in wanted if name not in found}
    schema = {**top, flat.nested: pl.List(pl.Struct(inner))}
    frame = pl.scan_ndjson(flat.path, schema=schema)
    return frame.explode(flat.nested, empty_as_null=False, keep_nulls=False).unnest(flat.nested)
