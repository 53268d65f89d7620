"""Initial id embeddings from ALS item factors.

Some thousand histories are too few to learn the geometry of the catalogue by gradients before the rest
of the model has learned them by heart; a factorisation finds it in seconds.

Source: Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008.
"""

import numpy as np
import polars as pl
import torch

from stages.baselines import als
from stages.bert4rec.network.model import HhrecModel
from stages.calibration import heuristics
from stages.params import Params


def start_items(
    model: HhrecModel, params: Params, *, train: pl.LazyFrame, vocab: pl.DataFrame
) -> int:
    """Put factors in the place of the random id embeddings; their mean squared length is 1.

    A log that is too large for ALS keeps the random ones. So do vacancies that are described, if the
    parameters do not say otherwise: where ids know everything, content would learn nothing, and
    new vacancies have nothing else.

    Args:
        model: As it was made.
        params: `train.item_start`, `baseline.als`, `seed`.
        train: `schema.HISTORY`.
        vocab: `schema.VOCAB`.

    Returns:
        How many vacancies got factors.
    """
    chosen = params.train.item_start or ("random" if model.tower.described else "factors")
    if chosen == "random" or "als" not in heuristics.affordable(train):
        return 0
    given = params.baseline.als.model_copy(update={"factors": params.train.hidden_size})
    baseline = params.baseline.model_copy(update={"als": given})
    shelf = als.learn(
        train=train, vocab=vocab, params=params.model_copy(update={"baseline": baseline})
    )
    items = shelf.items.astype(np.int64)
    kept = items < model.tower.known
    if not kept.any():
        return 0
    factors = np.asarray(shelf.model.item_factors, dtype=np.float32)[kept]
    length = np.sqrt((factors**2).sum(axis=1).mean())
    with torch.no_grad():
        model.tower.ids.weight[torch.from_numpy(items[kept])] = torch.from_numpy(
            factors / max(length, np.float32(1e-6))
        )
    return int(kept.sum())
