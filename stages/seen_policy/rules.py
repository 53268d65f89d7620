"""The seen policy: keep, demote or hide candidates that the user has interacted with.

A vacancy may have been viewed, marked and responded to; the strictest of those actions decides.
`hide` takes it out; `last` ranks it after every other of the k that are returned. So the k best
that are not hidden are chosen first, and only then the `last` ones among them move to the end.

Model and baselines share these functions: `touched` gives the fates of a row's own vacancies,
rankers leave the hidden ones out, and `last_at_end` moves the `last` ones of what they found.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stages.core.actions import ACTION_NAMES, KNOWN_ACTIONS
from stages.core.item_ids import FIRST_ITEM, PAD
from stages.core.keys import KEYS
from stages.params import Params, SeenParams

Items = NDArray[np.integer]
KEEP, LAST, HIDE = range(3)
LEVELS = {"keep": KEEP, "last": LAST, "hide": HIDE}
# `auto`, where nothing was tried
DEFAULTS = {"response": "last", "favourite": "keep", "view": "keep"}
BITS = {ACTION_NAMES[action]: 1 << place for place, action in enumerate(KNOWN_ACTIONS)}


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


def fates_of_bits(policy: SeenParams) -> NDArray[np.int8]:
    """Fate of a vacancy by the sum of `BITS` of the actions on it: the strictest, shape (8,)."""
    named = fixed(policy).model_dump()
    bits = np.arange(1 << len(BITS))
    levels = [np.where(bits & bit, LEVELS[named[action]], KEEP) for action, bit in BITS.items()]
    found: NDArray[np.int8] = np.max(levels, axis=0).astype(np.int8)
    return found


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


def touched_bits(rows: pl.DataFrame) -> pl.DataFrame:
    """How contexts touched their vacancies: columns row (u32), item (i32), bits (u8)."""
    by_action = {action: BITS[ACTION_NAMES[action]] for action in KNOWN_ACTIONS}
    bit = pl.col("action").replace_strict(by_action, default=0, return_dtype=pl.UInt8)
    return (
        events(rows)
        .select("row", "item", bits=bit)
        .group_by("row", "item")
        .agg(pl.col("bits").bitwise_or())
    )


def touched(rows: pl.DataFrame, policy: SeenParams) -> pl.DataFrame:
    """Fate of each (row, item) that is not simply kept; columns row, item, fate, in that order."""
    table = dict(enumerate(fates_of_bits(policy).tolist()))
    fate = pl.col("bits").replace_strict(table, return_dtype=pl.Int8)
    found = touched_bits(rows).select("row", "item", fate=fate)
    return found.filter(pl.col("fate") > KEEP).sort("row", "item")


def best(candidates: pl.DataFrame, rows: int, k: int) -> Items:
    """Put the k best candidates of each of R rows side by side, (R, k); `PAD` behind the last.

    Args:
        candidates: Columns row, item, order; distinct items, the best of a row with the least order.
        rows: R.
        k: Most items a row.
    """
    kept = (
        candidates.sort("row", "order")
        .with_columns(place=pl.int_range(pl.len()).over("row"))
        .filter(pl.col("place") < k)
    )
    ranked = np.full((rows, k), PAD, dtype=np.int32)
    ranked[kept["row"].to_numpy(), kept["place"].to_numpy()] = kept["item"].to_numpy()
    return ranked


def last_at_end(ranked: Items, fates: pl.DataFrame) -> Items:
    """Move the items whose fate is `last` behind the others of their rows: in `late_order`."""
    return np.take_along_axis(ranked, late_order(ranked, fates), axis=1)


def late_order(ranked: Items, fates: pl.DataFrame) -> NDArray[np.int64]:
    """Places of ranked items, those whose fate is `last` behind the others of their rows, (R, k).

    Args:
        ranked: Items that are not hidden, best first, `PAD` behind the last, (R, k).
        fates: As `touched` gives them.
    """
    late = fates.filter(pl.col("fate") == LAST)
    if not ranked.size or late.is_empty():
        return np.tile(np.arange(ranked.shape[1]), (len(ranked), 1))
    items = late["item"].to_numpy()
    width = max(int(ranked.max()), int(items.max())) + 1
    pairs = late["row"].to_numpy().astype(np.int64) * width + items
    places = np.arange(len(ranked))[:, None] * width + ranked
    rank = np.isin(places, pairs).astype(np.int8)
    rank[ranked == PAD] = 2
    return np.argsort(rank, axis=1, kind="stable")


def attach(rows: pl.DataFrame, ranked: Items) -> pl.DataFrame:
    """Put ranked items (R, k) beside the keys: columns user_id, session_id, items (list[i32])."""
    inside = ranked != PAD
    pairs = {"row": np.repeat(np.arange(len(ranked)), inside.sum(axis=1)), "items": ranked[inside]}
    lists = pl.DataFrame(pairs, schema={"row": pl.Int64, "items": pl.Int32})
    return (
        rows.select(KEYS)
        .with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
        .join(
            lists.group_by("row", maintain_order=True).all(),
            on="row",
            how="left",
            maintain_order="left",
        )
        .select(*KEYS, pl.col("items").fill_null([]))
    )
