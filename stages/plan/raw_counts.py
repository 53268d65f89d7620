"""What raw files hold: counts from Parquet metadata and from single columns, and a sample of people."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from stages.core import table_files
from stages.core.artifact_paths import TEST_FILE, TRAIN_FILE, VACANCIES_FILE
from stages.core.raw_sessions import scan_sessions
from stages.core.schema import CATEGORICAL
from stages.interface.errors import MissingInputError

LENGTHS = "action_type"  # the smallest list column: its lengths are those of the others
CHECKED = 64  # one vacancy in so many is counted in the whole log
MANY = 200_000  # events from which on vacancies are sampled


@dataclass(frozen=True)
class RawCounts:
    """Sizes of a log.

    Attributes:
        sessions: Rows of the train file.
        events: Events in them.
        asked: Rows of the test file.
        asked_events: Events in them.
        vacancies: Rows of the catalogue.
        bytes: Size of the three files.
    """

    sessions: int
    events: int
    asked: int
    asked_events: int
    vacancies: int
    bytes: int

    @property
    def every(self) -> int:
        """Events of both files."""
        return self.events + self.asked_events


def read(raw: Path) -> RawCounts:
    """Count rows by metadata and events by the lengths of one column.

    Raises:
        MissingInputError: A file is not there.
        HhrecError: A file of sessions cannot be used.
    """
    train, test = (_counts(raw / name) for name in (TRAIN_FILE, TEST_FILE))
    catalogue = raw / VACANCIES_FILE
    if not catalogue.is_file():
        raise MissingInputError(
            f"{catalogue}: not found; the catalogue was expected there",
            "run `hhrec data sample`, or set `raw` in params.yaml to the directory of your files",
        )
    vacancies = table_files.row_count(catalogue)
    files = (raw / name for name in (TRAIN_FILE, TEST_FILE, VACANCIES_FILE))
    return RawCounts(*train, *test, vacancies, sum(file.stat().st_size for file in files))


def _counts(file: Path) -> tuple[int, int]:
    scan_sessions(file)  # which complains of files that cannot be used
    events = pl.col(LENGTHS).list.len().cast(pl.Int64).sum()
    rows = (
        table_files.scan_parquet(file).select(pl.len(), events).collect(engine="streaming").row(0)
    )
    return int(rows[0]), int(rows[1] or 0)


def of_people(directory: Path) -> tuple[int, int]:
    """Events of both files of a directory, and test rows."""
    train, test = (_counts(directory / name) for name in (TRAIN_FILE, TEST_FILE))
    return train[1] + test[1], test[0]


def sample_people(raw: Path, out: Path, every: int) -> None:
    """Copy the sessions of one person in `every`, by a hash of the id, into a directory."""
    out.mkdir(parents=True)
    for name in (TRAIN_FILE, TEST_FILE):
        rows = table_files.scan_parquet(raw / name).filter(pl.col("user_id").hash(0) % every == 0)
        rows.sink_parquet(out / name, compression="lz4")


def sample_catalogue(raw: Path, count: int, size: int, parts: int = 8) -> pl.DataFrame:
    """Read about `size` of `count` rows of the catalogue, from `parts` places of the file."""
    rows = table_files.scan_parquet(raw / VACANCIES_FILE)
    if size >= count:
        return rows.collect()
    length = max(1, size // parts)
    starts = [index * (count // parts) for index in range(parts)]
    return pl.concat([rows.slice(start, length).collect() for start in starts])


def trained(raw: Path, counts: RawCounts, min_count: int, share: float) -> int:
    """Vacancies that will have `min_count` events where a share of all events is left to train on.

    Args:
        raw: Directory of the raw files.
        counts: Their sizes.
        min_count: Fewest events.
        share: Of the events of the train file.
    """
    from scipy.stats import binom  # type: ignore[import-untyped] # noqa: PLC0415  half a second

    one_in = CHECKED if counts.events > MANY else 1
    items = table_files.scan_parquet(raw / TRAIN_FILE).select(
        pl.col("vacancy_id").list.explode(empty_as_null=False)
    )
    some = items.filter(pl.col("vacancy_id").hash(0) % one_in == 0)
    found = some.group_by("vacancy_id").len().collect(engine="streaming")["len"].to_numpy()
    expected = binom.sf(min_count - 1, found.astype(np.int64), min(max(share, 0.0), 1.0)).sum()
    return min(round(one_in * float(expected)), counts.vacancies)


def values(raw: Path) -> dict[str, int]:
    """Distinct values of each categorical column of the catalogue, by its name in features."""
    names = table_files.parquet_schema(raw / VACANCIES_FILE)
    known = {own: column for column, own in CATEGORICAL.items() if column in names}
    counts = [pl.col(column).n_unique().alias(own) for own, column in known.items()]
    if not counts:
        return {}
    return (
        table_files.scan_parquet(raw / VACANCIES_FILE).select(counts).collect().row(0, named=True)
    )
