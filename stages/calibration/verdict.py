"""The model beside every baseline on the validation rows, each under its own best seen policy."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from stages import baselines, bootstrap, seen_choice
from stages.baselines.shelf import Shelf
from stages.calibration.files import MODEL, Calibration
from stages.params import Params, SeenParams
from stages.seeds import derive

KEEP = SeenParams(response="keep", favourite="keep", view="keep")
DEEP = 2  # lists of so many times k are arranged, so that hiding does not empty them


def lists_of(
    shelves: Sequence[Shelf], rows: pl.DataFrame, labels: pl.Series, k: int
) -> seen_choice.Lists:
    """Recommend for rows with everything kept, and mark the labels (item ids, one a row)."""
    found = baselines.recommend(shelves, rows, DEEP * k, KEEP)
    pairs = (
        found.with_row_index("row")
        .select(pl.col("row").cast(pl.Int64), item="items")
        .explode("item", empty_as_null=False, keep_nulls=False)
    )
    row, item = pairs["row"].to_numpy(), pairs["item"].to_numpy().astype(np.int64)
    bits = seen_choice.bits_of(row, item, seen_choice.touched_bits(rows))
    return seen_choice.Lists(row, bits, item == labels.to_numpy()[row], len(rows))


def beside_baselines(
    found: Calibration,
    gains: np.ndarray,
    rows: pl.DataFrame,
    learned: dict[str, Shelf],
    params: Params,
) -> Calibration:
    """Compare, and say what answers best.

    Args:
        found: The model's calibration.
        gains: Reciprocal rank of each validation row by the model, cross-fitted, (R,).
        rows: `schema.VALIDATION_SEQUENCES`, R rows.
        learned: Shelves, by name; baselines that need others are left out.
        params: `predict.k`, `predict.seen`, `predict.fallback`, `evaluate.bootstrap`, the seed.
    """
    k, told = min(params.predict.k, 100), {}
    for name, needed in baselines.BASELINES.items():
        if not set(needed) <= set(learned):
            continue
        lists = lists_of([learned[shelf] for shelf in needed], rows, rows["label_item"], k)
        policy = seen_choice.choose(lists, params.predict.seen, k)
        told[name] = _lead(gains, seen_choice.gains(lists, policy, k), params)
        told[name]["seen"] = policy.model_dump()
    best = max(told, key=lambda name: told[name]["mrr_100"], default=MODEL)
    ahead = bool(told) and told[best]["mrr_100"] > found.mrr_100
    return replace(found, baselines=told, answers=best if ahead else MODEL)


def _lead(model: np.ndarray, baseline: np.ndarray, params: Params) -> dict[str, Any]:
    """Score of a baseline and the model's paired lead over it."""
    seed = derive(params.seed, "train", "verdict")
    resamples = params.evaluate.bootstrap
    pair = model[:, None], baseline[:, None]
    (lead,) = bootstrap.differences(*pair, resamples=resamples, seed=seed)
    return {"mrr_100": float(np.sort(baseline).mean()), "lead": lead._asdict()}


def best_baseline(found: Calibration) -> str | None:
    """Name of the baseline that ranks the validation rows best; none where none was tried."""
    told = found.baselines
    return max(told, key=lambda name: told[name]["mrr_100"], default=None)
