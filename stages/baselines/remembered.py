"""A source that several baselines share: it ranks rows once and answers each of them from that."""

from dataclasses import dataclass, field

import polars as pl

from stages.baselines.candidate_source import CandidateSource, first, no_items

DEEPER = 2  # lists are kept so many times as deep as asked, for what baselines before have taken


@dataclass
class Remembered:
    """Answers of a source for the rows that were asked for last: equal to its own.

    Lists with nothing gone are kept. What is gone for a baseline is then left out of them; a row of
    which too little remains is given to the source again.

    Attributes:
        source: The source; its order of a row's items does not depend on what is gone.
        rows: Of the kept lists; others are known by not being this very frame.
        lists: Columns row, item, order.
        depth: Most items of a kept list.
    """

    source: CandidateSource
    rows: pl.DataFrame | None = None
    lists: pl.DataFrame = field(default_factory=no_items)
    depth: int = 0

    def __call__(self, rows: pl.DataFrame, gone: pl.DataFrame, k: int) -> pl.DataFrame:
        """Give the k best of each row that are not gone: see `CandidateSource`."""
        if rows is not self.rows or k > self.depth:
            self.depth, self.rows = DEEPER * k, rows
            self.lists = first(self.source(rows, gone.clear(), self.depth), self.depth)
        left = self.lists.join(gone, on=["row", "item"], how="anti")
        short = self._short(left, k)
        found = first(left, k)
        if short.is_empty():
            return found
        rest = self._again(rows, gone, k, short)
        return pl.concat([found.join(short, on="row", how="anti"), rest])

    def _short(self, left: pl.DataFrame, k: int) -> pl.DataFrame:
        """Rows of which fewer than k items are left, though the source may have more: row."""
        full = self.lists.group_by("row").len().filter(pl.col("len") >= self.depth)
        remains = left.group_by("row").len("left")
        return (
            full.join(remains, on="row", how="left")
            .filter(pl.col("left").fill_null(0) < k)
            .select("row")
            .sort("row")
        )

    def _again(
        self, rows: pl.DataFrame, gone: pl.DataFrame, k: int, short: pl.DataFrame
    ) -> pl.DataFrame:
        """What the source says of some rows."""
        numbered = short.with_row_index("place")
        some = rows[short["row"].cast(pl.Int64)]
        taken = gone.join(numbered, on="row").select(row="place", item="item")
        found = self.source(some, taken, k)
        return (
            found.rename({"row": "place"}).join(numbered, on="place").select("row", "item", "order")
        )
