"""The plain recommenders of a calibration as arrays, and back."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from stages.baselines.als import Als, model_of
from stages.baselines.item_knn import score
from stages.baselines.popular import most_popular
from stages.baselines.trending import Trending
from stages.bundle import array_files
from stages.bundle.array_files import Arrays
from stages.calibration.heuristics import Heuristics
from stages.params import Params

Scalars = Mapping[str, int]


def arrays_of(learned: Heuristics) -> tuple[Arrays, dict[str, int]]:
    """Take recommenders apart: arrays and numbers."""
    shelves: Mapping[str, Any] = learned.shelves
    arrays: Arrays = {"counts": learned.counts}
    numbers = {"counted_until": learned.end}
    if "popular" in shelves:
        arrays["popular"] = shelves["popular"].args[0].to_numpy()
    if "trending" in shelves:
        shelf = shelves["trending"]
        arrays |= {"trending_times": shelf.times, "trending_items": shelf.items}
        numbers |= {"trending_end": shelf.end, "trending_window": shelf.window}
    if "item_knn" in shelves:
        arrays |= array_files.of_table("item_knn", shelves["item_knn"].args[0])
    if "als" in shelves:
        shelf = shelves["als"]
        arrays["als_items"] = shelf.items
        if len(shelf.items):
            arrays |= {"als_factors": shelf.model.item_factors, "als_squares": shelf.model.YtY}
    return arrays, numbers


def opened(
    directory: Path, names: tuple[str, ...], numbers: Scalars, size: int, params: Params
) -> Heuristics:
    """Put recommenders together.

    Args:
        directory: The bundle.
        names: Which.
        numbers: What `arrays_of` gave.
        size: N, all item ids.
        params: `baseline` and the seed.
    """
    makers: Mapping[str, Callable[[], Any]] = {
        "popular": lambda: partial(
            most_popular, pl.Series("item", array_files.opened(directory, "popular"))
        ),
        "trending": lambda: Trending(
            array_files.opened(directory, "trending_times"),
            array_files.opened(directory, "trending_items"),
            numbers["trending_end"],
            numbers["trending_window"],
            size,
        ),
        "item_knn": lambda: partial(
            score, array_files.table(directory, "item_knn", size), params.baseline.item_knn
        ),
        "als": lambda: _als(directory, params),
    }
    counts = array_files.opened(directory, "counts")
    return Heuristics({name: makers[name]() for name in names}, counts, numbers["counted_until"])


def _als(directory: Path, params: Params) -> Als:
    items: Any = array_files.opened(directory, "als_items")
    model = model_of(params)
    if len(items):
        model.item_factors = array_files.opened(directory, "als_factors")
        model._YtY = array_files.opened(directory, "als_squares")  # noqa: SLF001  else it is computed
        model.user_factors = np.zeros((1, model.factors), dtype=np.float32)
    return Als(model, items, params.baseline.als)
