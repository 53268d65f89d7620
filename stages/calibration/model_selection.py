"""The model beside every baseline on the validation rows, each under its own best seen policy."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from stages.baselines import stage as baselines
from stages.baselines.candidate_source import CandidateSource
from stages.core.calibration_file import Calibration
from stages.core.seeds import derive
from stages.params import Params
from stages.scoring import bootstrap, metrics
from stages.seen_policy import choice


def beside_baselines(
    found: Calibration,
    gains: np.ndarray,
    rows: pl.DataFrame,
    learned: dict[str, CandidateSource],
    params: Params,
) -> Calibration:
    """Compare, and say what answers best.

    Args:
        found: The model's calibration.
        gains: Reciprocal rank of each validation row by the model, cross-fitted, (R,).
        rows: `schema.VALIDATION_SEQUENCES`, R rows.
        learned: Shelves, by name; baselines that need others are left out.
        params: `predict.seen`, `evaluate.bootstrap`, the seed.
    """
    k, labelled = metrics.DEPTH, choice.Labelled(rows)  # as deep as the model's, whatever is asked
    told: dict[str, dict[str, Any]] = {}
    for name, needed in baselines.BASELINES.items():
        if not set(needed) <= set(learned):
            continue
        recommender = partial(baselines.recommend, [learned[shelf] for shelf in needed])
        lists = labelled.ranked(recommender, k)
        policy = choice.choose(lists, params.predict.seen, k)
        told[name] = _lead(gains, choice.gains(lists, policy, k), params)
        told[name]["seen"] = policy.model_dump()
    found = replace(found, baselines=told)
    best = best_baseline(found)
    if best is None or told[best]["mrr_100"] <= found.mrr_100:
        return found
    return replace(found, answers=best)


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
