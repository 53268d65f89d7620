"""Rows of `sequences` as the model ranks them, under a seen policy: for predict and validation alike."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.ranking.query_encoder import Rows
from stages.loaders import model_arrays
from stages.params import SeenParams
from stages.seen_policy.rules import HIDE, LAST, events, touched


@dataclass(frozen=True)
class Asked:
    """Rows to rank, and which of their vacancies go last: pairs of row and item, (P,) each."""

    rows: Rows
    late_rows: Ints
    late_items: Ints

    def arranged(self, ranked: Ints) -> np.ndarray:
        """Put the late ones of ranked items (R, k) behind the others."""
        return to_the_end(ranked, self.late_rows, self.late_items)


def asked_rows(rows: pl.DataFrame, max_length: int, policy: SeenParams) -> Asked:
    """Take rows of `sequences` with what their whole contexts hide or put last."""
    fates = touched(events(rows), policy).sort("row", "item")
    hidden, last = (fates.filter(pl.col("fate") == fate) for fate in (HIDE, LAST))
    return Asked(
        Rows(
            histories=model_arrays.histories(rows),
            asked_at=model_arrays.moments(rows),
            max_length=max_length,
            hidden=hidden["item"].to_numpy(),
            offsets=np.searchsorted(hidden["row"].to_numpy(), np.arange(len(rows) + 1)),
        ),
        last["row"].to_numpy(),
        last["item"].to_numpy(),
    )


def to_the_end(ranked: Ints, rows: Ints, items: Ints) -> np.ndarray:
    """Move some (row, item) pairs to the end of their rows, empty places (0) behind them.

    Args:
        ranked: Item ids, (R, k).
        rows: Rows of the pairs, (P,).
        items: Their items, (P,).
    """
    if not ranked.size:
        return ranked
    width = max(int(ranked.max()), int(items.max(initial=0))) + 1
    pairs = rows.astype(np.int64) * width + items
    places = np.arange(len(ranked))[:, None] * width + ranked
    late = np.isin(places, pairs).astype(np.int8)
    late[ranked == 0] = 2
    return np.take_along_axis(ranked, np.argsort(late, axis=1, kind="stable"), axis=1)
