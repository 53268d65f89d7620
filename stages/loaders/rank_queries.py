"""Rows of `sequences` as ranking queries under a seen policy, for predict and validation."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.ranking.query_rows import QueryRows
from stages.loaders import model_arrays
from stages.params import SeenParams
from stages.seen_policy import rules

DENIED, GROUP = "denied", "group"  # columns: list[i32], i32


@dataclass(frozen=True)
class RankQueries:
    """Rows to rank, and the fates of their own vacancies: see `rules.touched`."""

    rows: QueryRows
    fates: pl.DataFrame

    def order(self, ranked: Ints) -> np.ndarray:
        """Order that puts the late ones of ranked items (R, k) behind the others, (R, k)."""
        return rules.late_order(ranked, self.fates)

    def arranged(self, ranked: Ints) -> np.ndarray:
        """Put those of ranked items (R, k) whose fate is `last` behind the others."""
        return rules.last_at_end(ranked, self.fates)


def asked_rows(rows: pl.DataFrame, max_length: int, policy: SeenParams) -> RankQueries:
    """Take rows of `sequences` with what their whole contexts hide or put last.

    Two columns beside `schema.TEST_SEQUENCES` say what else a row must not get: `DENIED`, a list of
    items, and `GROUP`, the number of the only vacancies that it may get (`QueryRows.groups`).
    """
    fates = rules.touched(rows, policy)
    hidden = fates.filter(pl.col("fate") == rules.HIDE).select("row", "item")
    if DENIED in rows.columns:
        hidden = pl.concat([hidden, denied(rows)]).unique().sort("row", "item")
    return RankQueries(
        QueryRows(
            histories=model_arrays.histories(rows),
            asked_at=model_arrays.moments(rows),
            max_length=max_length,
            hidden=hidden["item"].to_numpy(),
            offsets=np.searchsorted(hidden["row"].to_numpy(), np.arange(len(rows) + 1)),
            groups=rows[GROUP].to_numpy() if GROUP in rows.columns else None,
        ),
        fates,
    )


def denied(rows: pl.DataFrame) -> pl.DataFrame:
    """What the rows must not get by their column `DENIED`: columns row, item."""
    pairs = rows.select(item=DENIED).with_row_index("row")
    return pairs.explode("item", empty_as_null=False, keep_nulls=False)
