"""Compute the vectors of the catalogue once, for the index that is searched."""

import torch
from torch import Tensor

from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.ranking import item_index
from stages.bert4rec.ranking.exact_products import exact_products
from stages.bert4rec.ranking.item_index import ItemMatrix
from stages.core.item_ids import FIRST_ITEM


@torch.inference_mode()
@exact_products()
def item_matrix(
    model: HhrecModel, catalogue: ItemInputs, allowed: Tensor | None = None
) -> ItemMatrix:
    """Compute the vectors of all vacancies once, or of those `allowed`, (N,) bool."""
    device = catalogue.codes.device
    ids = torch.arange(FIRST_ITEM, len(catalogue), device=device)
    ids = ids if allowed is None else ids[allowed[FIRST_ITEM:].to(device)]
    made = item_index.empty(ids, model.config.hidden_size)
    for some, rows in zip(
        ids.split(item_index.SLICE), made.exact.split(item_index.SLICE), strict=False
    ):
        vectors, biases = model.tower(some, catalogue)
        rows[: len(some), :-2] = vectors
        rows[: len(some), -2] = biases
    return made


def mask_of(ids: Tensor, count: int) -> Tensor:
    """Which of `count` item ids are among some, (count,) bool."""
    inside = torch.zeros(count, dtype=torch.bool, device=ids.device)
    inside[ids] = True
    return inside
