"""Lists of several baselines for the same rows: made slice by slice and kept in files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from stages.baselines import stage as baselines
from stages.core import table_files
from stages.core.buckets import keep
from stages.params import SeenParams
from stages.scoring.predicted_lists import PredictedLists

SHOWN = 10  # vacancies of a baseline's list that the report shows


@dataclass(frozen=True)
class BaselineLists:
    """Lists of baselines for R rows, in memory one slice of one baseline at a time.

    Attributes:
        keys: `KEYS` of each row.
        vocab: `schema.VOCAB`, for the ids of vacancies.
        folder: Directory of the files.
    """

    keys: pl.DataFrame
    vocab: pl.DataFrame
    folder: Path

    def of(self, name: str) -> PredictedLists:
        """What a baseline recommends."""
        return PredictedLists(self.keys, partial(self._parts, name))

    def first_of(self, name: str) -> pl.DataFrame:
        """The first vacancies of each of its lists: user_id, session_id, predictions."""
        shown = pl.col("items").list.head(SHOWN)
        parts = [items.with_columns(shown) for items in self._slices(name)]
        empty = self.keys.clear().with_columns(items=pl.lit([], dtype=pl.List(pl.Int32)))
        return baselines.as_vacancies(pl.concat([empty, *parts]), self.vocab)

    def _parts(self, name: str) -> Iterator[pl.DataFrame]:
        for items in self._slices(name):
            yield baselines.as_vacancies(items, self.vocab).select("predictions")

    def _slices(self, name: str) -> Iterator[pl.DataFrame]:
        for start in range(0, len(self.keys), baselines.SLICE):
            yield table_files.read_ipc(file_of(self.folder, name, start))


def file_of(folder: Path, name: str, start: int) -> Path:
    """File of a baseline's lists from the row `start` on."""
    return folder / f"{name}-{start}.arrow"


def rank(
    recommenders: Mapping[str, baselines.Recommender],
    policies: Mapping[str, SeenParams],
    rows: pl.DataFrame,
    k: int,
    folder: Path,
    told: Callable[[int], None],
) -> None:
    """Let every baseline rank a slice of the rows before any ranks the next.

    So what several share (`stages.baselines.remembered`) is ranked once.

    Args:
        recommenders: Baselines by name.
        policies: Their seen policies.
        rows: `schema.TEST_SEQUENCES`.
        k: Most vacancies of a list.
        folder: Directory for the files.
        told: Called with the number of rows of each slice that is ranked.
    """
    for start in range(0, rows.height, baselines.SLICE):
        piece = rows.slice(start, baselines.SLICE)
        for name, recommender in recommenders.items():
            keep(recommender(piece, k, policies[name]), file_of(folder, name, start))
        told(piece.height)
