"""QueryRows to rank the small catalogue for, and a model whose parts all speak."""

import numpy as np
import torch

from stages.bert4rec.ranking.query_rows import QueryRows
from tests.worlds.small_model import make_histories, make_model

LENGTHS = [6, 0, 11, 2, 16, 1, 7]
MOMENTS = [3 * 10**11, -1, 10**11, 3 * 10**11, -1, 9 * 10**11, 10**11]


def make_rows(hidden=None):
    """QueryRows with a history each; `hidden` says which items by row."""
    lists = [hidden.get(row, []) if hidden else [] for row in range(len(LENGTHS))]
    return QueryRows(
        make_histories(LENGTHS),
        np.array(MOMENTS),
        16,
        np.array([item for items in lists for item in items], dtype=np.int32),
        np.cumsum([0, *map(len, lists)]),
    )


def trained(objective):
    """A model whose demand and repeats say something."""
    model = make_model(objective)
    torch.nn.init.normal_(model.trend.second.weight)
    return model
