"""Predictions in blocks of rows: of any number of rows, a few of them in memory at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.core.keys import KEYS

BLOCK = 50_000  # rows of a file that are read at once: some 5 million ids
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class PredictedLists:
    """Lists of R rows.

    Attributes:
        keys: `KEYS` of each row, unique.
        parts: Gives the lists anew, in the order of `keys`: frames of some rows each, with the
            column `predictions` (list[str], best first, nothing null).
    """

    keys: pl.DataFrame
    parts: Callable[[], Iterator[pl.DataFrame]]

    def __len__(self) -> int:
        """Return R."""
        return len(self.keys)

    def blocks(self) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield the number of the first row of each block, and its rows with their keys."""
        start = 0
        for part in self.parts():
            keys = self.keys.slice(start, len(part))
            yield start, keys.with_columns(part["predictions"])
            start += len(part)

    def table(self) -> pl.DataFrame:
        """All rows at once: user_id, session_id, predictions."""
        empty = self.keys.clear().with_columns(predictions=pl.lit([], dtype=pl.List(pl.String)))
        return pl.concat([empty, *(rows for _, rows in self.blocks())])


def of_table(found: pl.DataFrame) -> PredictedLists:
    """Lists that are in memory: user_id, session_id, predictions."""

    def parts() -> Iterator[pl.DataFrame]:
        yield found.select("predictions")

    return PredictedLists(found.select(KEYS), parts)


def of_rows(rows: pl.LazyFrame, size: int = BLOCK) -> PredictedLists:
    """Lists that are read from files when they are needed: null is no prediction."""
    keys = rows.select(KEYS).collect(engine="streaming")
    return PredictedLists(keys, partial(_read, rows, len(keys), size))


def _read(rows: pl.LazyFrame, count: int, size: int) -> Iterator[pl.DataFrame]:
    none = pl.lit([], dtype=pl.List(pl.String))
    lists = rows.select(pl.col("predictions").fill_null(none))
    for start in range(0, count, size):
        yield lists.slice(start, size).collect()


@dataclass(frozen=True)
class Places:
    """Which labelled rows predictions are for.

    Attributes:
        labels: Row of the labels, -1 for none, (R,).
        numbers: Place among the labelled rows by their keys, -1 for none, (R,).
    """

    labels: Ints
    numbers: Ints

    @property
    def count(self) -> int:
        """How many rows are labelled."""
        return int((self.labels >= 0).sum())

    def asked(self, predictions: PredictedLists) -> Iterator[tuple[Ints, Ints, pl.DataFrame]]:
        """Yield the labelled rows of each block: their `labels`, their `numbers`, and the rows."""
        for first, rows in predictions.blocks():
            here = slice(first, first + len(rows))
            wanted = self.labels[here] >= 0
            yield self.labels[here][wanted], self.numbers[here][wanted], rows.filter(wanted)


def places(labels: pl.DataFrame, keys: pl.DataFrame) -> Places:
    """Find the labelled rows of predictions, by `KEYS`, which are unique in both."""
    asked = (
        labels.select(KEYS)
        .with_row_index("label")
        .join(keys.with_row_index("place"), on=KEYS)
        .sort(KEYS)
    )
    where = asked["place"].to_numpy()
    found = np.full((2, len(keys)), -1, dtype=np.int64)
    found[0, where], found[1, where] = asked["label"].to_numpy(), np.arange(len(asked))
    return Places(found[0], found[1])
