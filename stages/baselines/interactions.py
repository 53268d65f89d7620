"""User-item interactions: each user's distinct vacancies, weighted by the strongest action."""

import polars as pl

from stages.core.actions import ACTION_NAMES, KNOWN_ACTIONS
from stages.core.item_ids import FIRST_ITEM
from stages.params import ActionWeights

ROWS = 100_000  # reduced at once: an exploded event takes some 150 bytes while it is


def touches(rows: pl.DataFrame, weights: ActionWeights) -> pl.DataFrame:
    """Reduce histories to the last touch of each item, oldest first.

    Args:
        rows: Histories or contexts with the lists items, actions and sessions, oldest event first.
        weights: By action; of several actions on one item the greatest weight counts. What weighs
            nothing, unknown actions among it, is left out.

    Returns:
        Columns row (u32, place among `rows`), item (i32), session (i32), weight (f64), in order of
        row and last touch.
    """
    parts = (
        _touches(rows.slice(start, ROWS), start, weights)
        for start in range(0, max(rows.height, 1), ROWS)
    )
    return pl.concat(parts)


def _touches(rows: pl.DataFrame, first: int, weights: ActionWeights) -> pl.DataFrame:
    """The same of a slice, whose first row has this place."""
    by_action = {action: getattr(weights, ACTION_NAMES[action]) for action in KNOWN_ACTIONS}
    weight = pl.col("action").replace_strict(by_action, default=0.0, return_dtype=pl.Float64)
    return (
        rows.select("items", "actions", "sessions")
        .with_row_index("row", offset=first)
        .explode("items", "actions", "sessions", empty_as_null=False, keep_nulls=False)
        .rename({"items": "item", "actions": "action", "sessions": "session"})
        .with_row_index("place")
        .with_columns(weight=weight)
        .filter(pl.col("item") >= FIRST_ITEM, pl.col("weight") > 0)
        .group_by("row", "item")
        .agg(pl.col("session").last(), pl.col("weight").max(), pl.col("place").max())
        .sort("place")
        .select("row", "item", "session", "weight")
    )
