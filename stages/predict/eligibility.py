"""Eligible vacancies: all, those of a list, or the active ones."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.core import tables
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import HISTORY
from stages.core.time_units import DAY
from stages.interface.errors import HhrecError, MissingInputError

SHOWN = 3  # unknown ids that an error names
PARQUET = b"PAR1"


@dataclass(frozen=True)
class Activity:
    """On which days, counted from 1970 in UTC, there were events of which items.

    A vacancy is a candidate for a question if it had an event in the `window` days before the day
    of the question, or none at all before that day: then nothing says that it is over. The day of
    the question itself does not count, so that nothing later than the question can.

    Attributes:
        items: Item ids, (E,).
        days: Day of each, (E,).
        count: N, all item ids.
        window: Days.
    """

    items: Ints
    days: Ints
    count: int
    window: int

    def day_of(self, asked_at: Ints) -> Ints:
        """Day of each question, (R,); one without a time is asked after all that is known."""
        after = int(self.days.max(initial=-1)) + 1
        return np.where(asked_at < 0, after, asked_at // DAY)

    def active(self, day: int) -> np.ndarray:
        """Whether each item is a candidate on a day, by item id, (N,) bool."""
        met, recent = np.zeros((2, self.count), dtype=bool)
        before = self.days < day
        met[self.items[before]] = True
        recent[self.items[before & (self.days >= day - self.window)]] = True
        return recent | ~met

    def since(self, day: int) -> int:
        """Microsecond from which on a row's own event makes its vacancy a candidate."""
        return (day - self.window) * DAY


def activity(train: Path, rows: pl.DataFrame, count: int, window: int) -> Activity:
    """Collect the days of all events in the train histories and in the contexts of `rows`.

    Args:
        train: `sequences/train`.
        rows: Rows to rank, with `items` and `times`.
        count: N, all item ids.
        window: Days.
    """
    learnt = tables.scan(train, HISTORY, made_by="hhrec sequences build")
    events = pl.concat([learnt.select("items", "times"), rows.lazy().select("items", "times")])
    day = pl.col("times").to_physical() // DAY
    found = (
        events.explode("items", "times", empty_as_null=False, keep_nulls=False)
        .select("items", day=day)
        .unique()
        .collect(engine="streaming")
    )
    return Activity(found["items"].to_numpy(), found["day"].to_numpy(), count, window)


def read_allowed(path: Path) -> pl.Series:
    """Read vacancy ids from a text file, one a line, or from Parquet: `vacancy_id` or the only column.

    Raises:
        MissingInputError: The file is not there.
        HhrecError: It cannot be read, has no such column, or holds no id.
    """
    if not path.is_file():
        raise MissingInputError(
            f"{path}: not found; expected vacancy ids, one a line, or a Parquet file",
            "name a file of vacancy ids with --allow FILE",
        )
    hint = "give one vacancy id a line, or a Parquet file with a column vacancy_id"
    try:
        with path.open("rb") as file:
            is_parquet = file.read(len(PARQUET)) == PARQUET
        ids = _column(path, hint) if is_parquet else _lines(path)
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise HhrecError(f"{path}: not a readable list of vacancy ids ({error})", hint) from error
    if not len(ids):
        raise HhrecError(f"{path}: expected vacancy ids, found none", hint)
    return ids


def allowed_items(ids: pl.Series, names: pl.DataFrame, path: Path) -> tuple[np.ndarray, int]:
    """Find the items of vacancy ids.

    Args:
        ids: Distinct vacancy ids.
        names: The vocabulary, by item.
        path: Where the ids come from.

    Returns:
        Which item ids are allowed, (N,) bool, and how many ids are not in the vocabulary.

    Raises:
        HhrecError: None of them is.
    """
    known = names.filter(pl.col("vacancy_id").is_in(ids.implode()))["item"].to_numpy()
    if not len(known):
        raise HhrecError(
            f"{path}: none of its {len(ids)} vacancies is in the vocabulary, such as "
            + ", ".join(ids.head(SHOWN)),
            "look one up with `hhrec vocab lookup ID`, or build a vocabulary that has them",
        )
    allowed = np.zeros(len(names) + FIRST_ITEM, dtype=bool)
    allowed[known] = True
    return allowed, len(ids) - len(known)


def _column(path: Path, hint: str) -> pl.Series:
    frame = pl.read_parquet(path)
    name = "vacancy_id" if "vacancy_id" in frame.columns else frame.columns[0]
    if name != "vacancy_id" and frame.width > 1:
        raise HhrecError(f"{path}: expected a column vacancy_id, found {frame.columns}", hint)
    return frame[name].drop_nulls().cast(pl.String).unique(maintain_order=True)


def _lines(path: Path) -> pl.Series:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    ids = [line.strip() for line in lines if line.strip()]
    return pl.Series(ids, dtype=pl.String).unique(maintain_order=True)
