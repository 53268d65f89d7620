"""Opening a log or an item table of any common format as a lazy frame of flat columns.

Text formats are read as text, so that `007` stays what it is; Parquet keeps its dtypes.
"""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath

import polars as pl

from stages.core import table_files
from stages.data import json_lines
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


@dataclass(frozen=True)
class Flat:
    """A file of rows.

    Attributes:
        path: The file; `.gz` may follow the suffix of a text format.
        format: One of `FORMATS`; None goes by the suffix.
        separator: One character between CSV or TSV columns; None is the format's own.
        nested: Column of JSON lines that holds a list of objects, one a row; None for flat files.
        names: Columns of a CSV or TSV file without a header line; those not named, or named by an
            empty text, are called by their position, `1` being the first. None: there is a header.
        nulls: Words that stand for nothing.
        parts: The files to read, see `log_files.resolved`; empty stands for `path` itself.
    """

    path: Path
    format: str | None = None
    separator: str | None = None
    nested: str | None = None
    names: tuple[str, ...] | None = None
    nulls: tuple[str, ...] = ()
    parts: tuple[Path, ...] = ()

    @property
    def files(self) -> list[Path]:
        """Where the rows are."""
        return list(self.parts) or [self.path]

    def kind(self) -> str:
        """Return the format, checked against the other settings.

        Raises:
            MissingInputError: Nothing is at `path`.
            UsageError: The format is unknown or does not go with a setting.
        """
        if not self.files[0].is_file():
            found = "a directory" if self.path.is_dir() else "nothing"
            raise MissingInputError(
                f"{self.path}: expected a file, found {found}", "name an existing file"
            )
        kind = self.format or suffix_kind(self.files[0])
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
        if self.names is not None and kind not in SEPARATORS:
            raise UsageError(
                f"{self.path}: --columns and --no-header go with csv and tsv, found {kind}"
            )
        if self.separator and len(self.separator.encode()) != 1:
            raise UsageError(
                f"--separator {self.separator!r}: expected one character of ASCII",
                f"turn it into tabs first: sed 's/{self.separator}/\\t/g' {self.path} > log.tsv",
            )
        return kind


def suffix_kind(path: PurePath) -> str | None:
    """The format that a name's suffix says; `.gz` may follow it."""
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    return SUFFIXES.get(suffixes[-1].lower() if suffixes else "")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what a reader says of a broken file into a user's error."""
    try:
        yield
    except (pl.exceptions.PolarsError, UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
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
            f"{flat.path}: no column {', '.join(f'`{name}`' for name in missing)}"
            f"{json_lines.PEEKED * (flat.kind() == 'jsonl')}; "
            f"found {', '.join([*found, *inner]) or 'none'}",
            _cure(flat, found),
        )
    if flat.kind() == "jsonl":
        top = [name for name in wanted if name in found]
        inner = [*set(wanted) - set(top)]
        return json_lines.scan(flat.path, flat.files, top, inner, flat.nested)
    return _scan(flat).select(*dict.fromkeys(wanted))


def _cure(flat: Flat, found: Sequence[str]) -> str:
    """What to do where columns are missing: often one name holds them all, wrongly separated."""
    other = [mark for mark in LIKELY if len(found) == 1 and mark in found[0]]
    if other and flat.kind() in SEPARATORS:
        shown = other[0].replace("\t", "\\t")
        typed = f"$'{shown}'" if shown != other[0] else f"'{shown}'"
        return f"the file seems to be separated by '{shown}': say --separator {typed}"
    if flat.kind() == "jsonl":
        return f"say which columns to read; {json_lines.LATER}"
    if flat.names is None and any(_is_number(name) for name in found):
        return "the first line seems to be a row: say --columns NAME,NAME,… or --no-header"
    return "say which columns to read: `hhrec data import --help` lists the options"


def _is_number(name: str) -> bool:
    return name.replace(".", "", 1).removeprefix("-").isdecimal()


def columns(flat: Flat) -> tuple[list[str], list[str]]:
    """Columns of a file, and those inside its nested column."""
    if flat.kind() != "jsonl":
        return _scan(flat).collect_schema().names(), []
    return json_lines.keys(flat.path, flat.files, flat.nested)


def _scan(flat: Flat) -> pl.LazyFrame:
    frames = [_scan_file(flat, file) for file in flat.files]
    if len(frames) == 1:
        return frames[0]
    first, *others = [frame.collect_schema().names() for frame in frames]
    for file, names in zip(flat.files[1:], others, strict=True):
        if sorted(names) != sorted(first):
            raise HhrecError(
                f"{flat.path}: parts of one table have equal columns, but {flat.files[0].name} has "
                f"{', '.join(first)}, and {file.name} has {', '.join(names)}",
                f"name the one to read, for example {flat.path}/{flat.files[0].name}",
            )
    return pl.concat([frame.select(first) for frame in frames])


def _scan_file(flat: Flat, file: Path) -> pl.LazyFrame:
    kind = flat.kind()
    if kind == "parquet":
        return table_files.scan_parquet(file)
    frame = table_files.scan_csv(
        file,
        separator=flat.separator or SEPARATORS[kind],
        quote_char=None if kind == "tsv" else '"',  # tabs are seldom quoted, and a title may be
        has_header=flat.names is None,
        infer_schema=False,
    )
    if flat.names is None:
        return frame
    found = frame.collect_schema().names()
    return frame.rename(dict(zip(found, _header(flat, flat.names, len(found)), strict=True)))


def _header(flat: Flat, names: Sequence[str], count: int) -> list[str]:
    """Names for the columns of a file that has none, positions where nothing was given."""
    if len(names) > count:
        raise HhrecError(
            f"{flat.path}: --columns names {len(names)} columns, the first line has {count}",
            "give a name a column, in order; see --separator too",
        )
    given = [*names, *[""] * (count - len(names))]
    full = [name or str(place) for place, name in enumerate(given, start=1)]
    if doubled := sorted({name for name in full if full.count(name) > 1}):
        raise UsageError(
            f"--columns: {', '.join(doubled)} stands twice", "leave a column without a name: a,,b"
        )
    return full
