"""The model as it is exported: in float32, and without neighbours."""

from copy import deepcopy

import torch
from torch import Tensor

from stages.bert4rec.network.fixed_tower import with_fixed_tower
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.network.popularity_prior import periods_of
from stages.bert4rec.ranking.item_index import SLICE
from stages.bundle.content import Content
from stages.core.item_ids import FIRST_ITEM

NEVER = float("-inf")


def plain_model(content: Content) -> HhrecModel:
    """Give the model of a bundle; it shares all weights with the one given."""
    model = with_fixed_tower(content.loaded.network, content.tower)
    model.config = deepcopy(model.config)
    model.config.update({"neighbours": 0, "precision": "no"})
    return model


@torch.inference_mode()
def tables(content: Content) -> dict[str, Tensor]:
    """What is constant of N item ids, by what the graphs call it.

    Demand is that of the newest train event, as the model knows it when it is not told the time.

    Returns:
        `vectors` (N, H), `biases` (N,) and `own_demand` (N,). The latter two are -inf for what is
        never recommended.
    """
    tower, catalogue = content.tower, content.loaded.catalogue
    model = content.loaded.network
    count = len(catalogue)
    vectors = torch.cat([tower.special, tower.vectors[: count - FIRST_ITEM, : tower.width]])
    asked, known = periods_of(torch.tensor([-1]), catalogue.demand, 0)
    biases = torch.cat([tower.special_biases, tower.biases])
    own = torch.zeros(count)
    for ids in torch.arange(count).split(SLICE):
        biases[ids] += model.trend(ids, asked, known, catalogue.demand)
        own[ids] = model.own_trend(ids, asked, known, catalogue.demand)
    biases[:FIRST_ITEM] = NEVER
    biases[content.withdrawn] = own[content.withdrawn] = NEVER
    return {"vectors": vectors, "biases": biases, "own_demand": own}
