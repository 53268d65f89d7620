"""The item tower: what a description adds, and that what is not described costs nothing."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from stages.bert4rec.network.item_tower import ItemInputs, ItemTower
from stages.bert4rec.retrieval.cooccurrence import nobody
from stages.core.item_ids import FIRST_ITEM
from tests.worlds.small_model import make_demand

ROWS, TRAINED, WIDTH = FIRST_ITEM + 6, 4, 8


def catalogue(**given: Tensor) -> ItemInputs:
    """Nothing is said of any vacancy but what is given."""
    nothing = {
        "codes": torch.zeros(ROWS, 3, dtype=torch.int32),
        "salary": torch.zeros(ROWS, 2),
        "words": torch.zeros(ROWS, 0, dtype=torch.int32),
        "text": torch.zeros(ROWS, 0, dtype=torch.float16),
    }
    return ItemInputs(**nothing | given, demand=make_demand(ROWS), neighbours=nobody(ROWS))


def tower(
    codes: tuple[int, ...] = (0, 0, 0), words: int = 0, *, salary: bool = False, text: int = 0
) -> ItemTower:
    torch.manual_seed(0)
    return ItemTower(WIDTH, TRAINED, codes, words, 0.0, has_salary=salary, text_width=text).eval()


def test_without_a_description_vectors_are_id_embeddings_and_nothing_else_is_made() -> None:
    bare = tower()
    assert {name for name, _ in bare.named_parameters()} == {"ids.weight", "id_bias.weight"}
    items = torch.arange(ROWS)
    vectors, biases = bare(items, catalogue())
    known = FIRST_ITEM + TRAINED
    assert torch.equal(vectors[:known], bare.ids.weight)
    assert torch.equal(biases[:known], bare.id_bias.weight[:, 0])
    assert not vectors[known:].any()


def test_a_column_without_values_changes_nothing() -> None:
    generator = torch.Generator().manual_seed(1)
    told = torch.randint(0, 5, (ROWS, 2), generator=generator, dtype=torch.int32)
    with_gap = torch.stack([told[:, 0], torch.zeros(ROWS, dtype=torch.int32), told[:, 1]], dim=1)
    items = torch.arange(ROWS)
    dense = tower((5, 5))(items, catalogue(codes=told))
    gap = tower((5, 0, 5))(items, catalogue(codes=with_gap))
    assert all(torch.equal(one, two) for one, two in zip(dense, gap, strict=True))


@pytest.mark.parametrize("said", ["codes", "salary", "words", "text"])
def test_each_part_of_a_description_moves_a_cold_vacancy_and_no_special_id(said: str) -> None:
    one = {
        "codes": torch.ones(ROWS, 3, dtype=torch.int32),
        "salary": torch.full((ROWS, 2), 0.5),
        "words": torch.ones(ROWS, 2, dtype=torch.int32),
        "text": torch.full((ROWS, 4), 0.5, dtype=torch.float16),
    }
    full = tower((3, 3, 3), 5, salary=True, text=4)
    before = catalogue(**one)
    changed = one[said].clone()
    changed[:] = 2 if said in ("codes", "words") else 0.1
    after = replace(before, **{said: changed})
    cold, special = torch.tensor([ROWS - 1]), torch.arange(FIRST_ITEM)
    assert not torch.allclose(full(cold, before)[0], full(cold, after)[0])
    assert torch.equal(full(special, before)[0], full(special, after)[0])


def test_every_weight_of_a_tower_learns() -> None:
    full = tower((3, 0, 3), 5, salary=True, text=4).train()
    known = catalogue(
        codes=torch.ones(ROWS, 3, dtype=torch.int32),
        salary=torch.ones(ROWS, 2),
        words=torch.ones(ROWS, 2, dtype=torch.int32),
        text=torch.ones(ROWS, 4, dtype=torch.float16),
    )
    vectors, biases = full(torch.arange(ROWS), known)
    (vectors.square().sum() + biases.square().sum()).backward()
    assert [name for name, weight in full.named_parameters() if weight.grad is None] == []


def test_a_copy_on_a_device_keeps_every_column() -> None:
    known = catalogue(text=torch.ones(ROWS, 4, dtype=torch.float16))
    assert torch.equal(known.to(torch.device("cpu")).text, known.text)
