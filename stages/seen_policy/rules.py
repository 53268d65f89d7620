"""What becomes of candidates that the user has touched: kept, put last, or hidden.

A vacancy may have been viewed, marked and responded to; the strictest of those actions decides.
`hide` takes it out; `last` ranks it after every other of the k that are returned. So the k best
that are not hidden are chosen first, and only then the `last` ones among them move to the end.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.core.item_ids import FIRST_ITEM
from stages.core.keys import KEYS
from stages.params import Params, SeenParams

Items = NDArray[np.int32]
KEEP, LAST, HIDE = range(3)
LEVELS = {"keep": KEEP, "last": LAST, "hide": HIDE}
# `auto`, where nothing was tried
DEFAULTS = {"response": "last", "favourite": "keep", "view": "keep"}


def fixed(given: SeenParams, chosen: Mapping[str, str] | None = None) -> SeenParams:
    """Put fates that were chosen, or else the defaults, in the place of `auto`."""
    fates = {**DEFAULTS, **(chosen or {})}
    named = given.model_dump()
    return SeenParams.model_validate(
        {action: fates[action] if fate == "auto" else fate for action, fate in named.items()}
    )


def with_policy(params: Params, policy: SeenParams) -> Params:
    """Parameters with another seen policy."""
    predict = params.predict.model_copy(update={"seen": policy})
    return params.model_copy(update={"predict": predict})


def levels(policy: SeenParams) -> NDArray[np.int8]:
    """Fate of each action: an array indexed by action type 0 (other), 1, 2, 3."""
    policy = fixed(policy)
    fates = ("keep", policy.response, policy.view, policy.favourite)
    return np.array([LEVELS[fate] for fate in fates], dtype=np.int8)


def fates(items: Items, actions: NDArray[Any], policy: SeenParams) -> tuple[Items, Items]:
    """Split one row's touched items by fate.

    Args:
        items: The row's whole context, shape (n,).
        actions: Action types 0-3 beside it, shape (n,).
        policy: Fate by action.

    Returns:
        The items to put last and the items to hide: each sorted, without duplicates, disjoint.
    """
    level = levels(policy)[actions]
    hidden = np.unique(items[level == HIDE])
    return np.setdiff1d(items[level == LAST], hidden), hidden


def arrange(ranked: Items, last: Items, hidden: Items, k: int) -> Items:
    """Apply fates to one row's candidates, best first and distinct; at most k remain."""
    best = ranked[~np.isin(ranked, hidden)][:k]
    late = np.isin(best, last)
    return np.concatenate([best[~late], best[late]])


def events(rows: pl.DataFrame) -> pl.DataFrame:
    """Explode contexts into row, item, action, place (0 is the oldest); unknown items left out."""
    return (
        rows.select("items", "actions")
        .with_row_index("row")
        .with_columns(place=pl.int_ranges(pl.col("items").list.len(), dtype=pl.Int64))
        .explode("items", "actions", "place", empty_as_null=False, keep_nulls=False)
        .rename({"items": "item", "actions": "action"})
        .filter(pl.col("item") >= FIRST_ITEM)
    )


def touched(events: pl.DataFrame, policy: SeenParams) -> pl.DataFrame:
    """Fate of each (row, item) that is not simply kept; columns row, item, fate."""
    fate = pl.col("action").replace_strict(
        dict(enumerate(levels(policy).tolist())), return_dtype=pl.Int8
    )
    return (
        events.select("row", "item", fate=fate)
        .filter(pl.col("fate") > KEEP)
        .group_by("row", "item")
        .agg(pl.col("fate").max())
    )


def choose(candidates: pl.DataFrame, touched: pl.DataFrame, k: int) -> pl.DataFrame:
    """Apply fates to many rows at once: what `arrange` does to one.

    Args:
        candidates: Columns row, item, order; distinct items, the best of a row with the least order.
        touched: Columns row, item, fate, as `touched` gives them.
        k: Most items a row.

    Returns:
        Columns row, items (list, best first), one line a row that has candidates.
    """
    return (
        candidates.join(touched, on=["row", "item"], how="left")
        .with_columns(pl.col("fate").fill_null(KEEP))
        .filter(pl.col("fate") < HIDE)
        .sort("row", "order")
        .filter(pl.int_range(pl.len()).over("row") < k)
        .sort("row", "fate", "order")
        .group_by("row", maintain_order=True)
        .agg(items=pl.col("item"))
    )


def attach(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Put chosen items beside the keys: columns user_id, session_id, items; every row stays."""
    empty = pl.lit([], dtype=pl.List(pl.Int32))
    return (
        rows.select(KEYS)
        .with_row_index("row")
        .join(chosen, on="row", how="left", maintain_order="left")
        .select(*KEYS, items=pl.col("items").fill_null(empty))
    )
