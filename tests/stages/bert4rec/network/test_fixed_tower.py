"""A model that looks its vectors up answers as one that computes them."""

import torch

from stages.bert4rec.network.fixed_tower import FixedTower, special_vectors, with_fixed_tower
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.ranking.item_vectors import item_matrix
from tests.worlds.small_model import ITEMS, make_model


def test_vectors_are_those_of_the_tower(catalogue: ItemInputs) -> None:
    model = make_model("prefix").eval()
    matrix = item_matrix(model, catalogue)
    biases = matrix.exact[: len(matrix), -2].clone()
    tower = FixedTower(matrix.exact, biases, *special_vectors(model, catalogue))
    served = with_fixed_tower(model, tower)
    items = torch.tensor([0, 2, 1, 3, ITEMS + 2, 5, 3])
    with torch.inference_mode():
        expected, found = model.tower(items, catalogue), served.tower(items, catalogue)
    for one, other in zip(expected, found, strict=True):
        assert torch.allclose(one, other, atol=1e-6)
    assert served.tower is not model.tower
    assert served.streams is model.streams
