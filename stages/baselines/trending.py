"""Trending: the vacancies with most events in the days before the query."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.baselines.candidate_source import CandidateSource, first, item_space
from stages.core.item_ids import FIRST_ITEM
from stages.params import Params

MOMENT = 1  # microsecond, the unit of all times


def learn(*, train: pl.LazyFrame, vocab: pl.DataFrame, params: Params) -> CandidateSource:
    """Sort the train events by time; see `Trending`."""
    events = (
        train.select("items", "times")
        .explode("items", "times", empty_as_null=False, keep_nulls=False)
        .select(item="items", time=pl.col("times").to_physical())
        .collect()
    )
    times, items = events["time"].to_numpy(), events["item"].to_numpy()
    end = int(times.max()) + MOMENT if len(times) else 0
    known = np.flatnonzero(items >= FIRST_ITEM)  # others end the log, but are not counted
    order = known[np.argsort(times[known])]
    window = round(timedelta(days=params.baseline.trending_days) / timedelta(microseconds=MOMENT))
    return Trending(times[order], items[order], end, window, item_space(vocab))


@dataclass(frozen=True)
class Trending:
    """Train events in a window before `asked_at`, counted; ties by item, nothing without events.

    The window ends at the question, or with the last train event where the log ends earlier: at
    the newest days known then. An event at the very moment of the question is not before it.
    """

    times: NDArray[np.int64]
    """Of each train event, microseconds, ascending; shape (n,)."""
    items: NDArray[np.int32]
    """Its item, shape (n,)."""
    end: int
    """When the log ends: the moment after its last train event, of whatever vacancy."""
    window: int
    """Length of the window in microseconds."""
    size: int
    """Greatest item id + 1."""

    def __call__(self, rows: pl.DataFrame, gone: pl.DataFrame, k: int) -> pl.DataFrame:
        """Give the most frequent items of each row's window; see `stages.baselines.candidate_source.Shelf`."""
        rest = int(gone.group_by("row").len()["len"].max() or 0)  # type: ignore[arg-type]
        asked = rows.select(end=pl.col("asked_at").to_physical()).with_row_index("row")
        ends = asked.with_columns(pl.min_horizontal("end", self.end))
        lists = self._lists(np.unique(ends["end"].to_numpy()), k + rest)
        left = ends.join(lists, on="end").join(gone, on=["row", "item"], how="anti")
        return first(left, k)

    def _lists(self, ends: NDArray[np.int64], most: int) -> pl.DataFrame:
        """The best `most` items of the window before each end: columns end, item, order."""
        start = np.searchsorted(self.times, ends - self.window, side="left")
        stop = np.searchsorted(self.times, ends, side="left")
        counts, was = np.zeros(self.size, dtype=np.int64), (0, 0)
        found = []
        for end, now in zip(
            ends.tolist(), zip(start.tolist(), stop.tolist(), strict=True), strict=True
        ):
            counts += self._counted(was[1], now[1]) - self._counted(was[0], now[0])
            was = now
            best = _most(counts, most)
            found.append(pl.DataFrame({"end": end, "item": best}).with_row_index("order"))
        kinds = pl.Schema({"order": pl.Int64(), "end": pl.Int64(), "item": pl.Int32()})
        return pl.concat([kinds.to_frame(), *(part.cast(kinds) for part in found)])

    def _counted(self, begin: int, stop: int) -> NDArray[np.int64]:
        return np.bincount(self.items[begin:stop], minlength=self.size)


def _most(counts: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Items with the greatest counts above 0, the greatest first, ties by item."""
    active = np.flatnonzero(counts)
    if len(active) > most:
        least = np.partition(counts[active], -most)[-most]
        active = active[counts[active] >= least]
    return active[np.lexsort((active, -counts[active]))][:most]
