"""Vacancies that are like one: by the cosine of the model's vectors."""

import numpy as np
import torch
from numpy.typing import NDArray

from stages.bert4rec.examples.histories import Ints
from stages.bundle.content import Content
from stages.core.item_ids import FIRST_ITEM
from stages.recommend.plain_lists import greatest
from stages.rules.lists import Floats


@torch.inference_mode()
def similar(
    content: Content, item: int, k: int, allowed: NDArray[np.bool_] | None
) -> tuple[Ints, Floats]:
    """Find the k vacancies most like one, itself left out: item ids and cosines, best first.

    Args:
        content: The model.
        item: Which.
        k: How many.
        allowed: Eligible vacancies, by item id; None for all.
    """
    matrix, lengths = content.matrix, content.lengths
    vectors = matrix.exact[: len(matrix)]
    own = torch.nn.functional.pad(vectors[item - FIRST_ITEM, :-2], (0, 2))
    products = torch.mv(vectors, own).numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = products / (lengths * lengths[item - FIRST_ITEM])
    cosines = np.where(np.isfinite(cosines), cosines, 0.0)
    eligible = np.ones(len(cosines), dtype=bool) if allowed is None else allowed[FIRST_ITEM:].copy()
    eligible[item - FIRST_ITEM] = False
    places = np.flatnonzero(eligible)
    found = greatest(places, cosines[places], k)
    return found + FIRST_ITEM, cosines[found]
