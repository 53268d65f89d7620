"""The matrix of the catalogue against the tower, item by item."""

import pytest
import torch

from stages.bert4rec.ranking import item_index
from stages.bert4rec.ranking.item_vectors import item_matrix, mask_of
from stages.core.item_ids import FIRST_ITEM
from tests.worlds.small_model import ITEMS, make_model


@pytest.mark.parametrize("slab", [7, 65_536])
def test_each_row_is_what_the_tower_says(catalogue, monkeypatch, slab):
    monkeypatch.setattr(item_index, "SLICE", slab)
    model = make_model("prefix")
    with torch.no_grad():
        vectors, biases = model.tower(torch.arange(FIRST_ITEM, FIRST_ITEM + ITEMS), catalogue)
    whole = item_matrix(model, catalogue)
    assert whole.ids.tolist() == list(range(FIRST_ITEM, FIRST_ITEM + ITEMS))
    assert torch.allclose(whole.exact[:ITEMS, :-2], vectors, atol=1e-6)
    assert torch.allclose(whole.exact[:ITEMS, -2], biases, atol=1e-6)
    some = [FIRST_ITEM, FIRST_ITEM + 9, FIRST_ITEM + ITEMS - 1]
    few = item_matrix(model, catalogue, mask_of(torch.tensor(some), len(catalogue)))
    assert few.ids.tolist() == some
    assert torch.allclose(few.exact[:3], whole.exact[[0, 9, ITEMS - 1]], atol=1e-6)


def test_a_mask_is_true_for_its_ids_alone():
    found = mask_of(torch.tensor([1, 3]), 5)
    assert found.tolist() == [False, True, False, True, False]
