"""The search for one query, against a full sort."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec.ranking import item_index
from stages.bert4rec.ranking.exact_scores import exact_scores
from stages.bert4rec.ranking.score_keys import NOTHING, keys, top
from stages.bert4rec.ranking.single_search import best_of_one

WIDTH = 8


def sorted_all(
    state: torch.Tensor, own: torch.Tensor, out: torch.Tensor, items: item_index.ItemMatrix,
    biases: torch.Tensor, k: int,
) -> torch.Tensor:  # fmt: skip
    """Score everything exactly and sort."""
    rows = items.exact[: len(items)].clone()
    rows[:, -2] = biases
    packed = keys(exact_scores(items.query(state).expand(len(rows), -1), rows), items.ids)
    return top(torch.cat([own, packed.masked_fill(out, NOTHING)])[None], k)[0]


@given(
    st.integers(1, 900),
    st.integers(1, 40),
    st.integers(0, 5),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.sampled_from([0.0, 1e-6, 1.0]),
    st.integers(0, 2**31),
)
def test_as_a_full_sort(
    count: int, k: int, mine: int, hidden: float, spread: float, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    items = item_index.empty(torch.arange(3, 3 + count), WIDTH)
    base = torch.randn(1, WIDTH, generator=generator)
    noise = torch.randn(count, WIDTH, generator=generator)
    items.exact[:count, :-2] = base + spread * noise  # many scores are all but equal
    biases = (spread * torch.randn(count, generator=generator)).round(decimals=1)
    measured = item_index.ItemMatrix(
        items.ids, items.exact, items.exact,
        float(items.exact[:, :-2].norm(dim=1).max()), 0.0, float(biases.abs().max()),
    )  # fmt: skip
    state = torch.randn(1, WIDTH, generator=generator)
    out = torch.rand(count, generator=generator) < hidden
    own = keys(torch.randn(mine, generator=generator), torch.arange(10_000, 10_000 + mine))
    expected = sorted_all(state, own, out, measured, biases, k)
    assert torch.equal(best_of_one(state, own, out, measured, biases, k), expected)
    products = items.exact[:count, :-2] @ state[0]
    assert torch.equal(best_of_one(state, own, out, measured, biases, k, products), expected)


@pytest.mark.parametrize("count", [64 * 300, 64 * 300 + 17])
def test_many_items_are_looked_at_in_groups(count: int) -> None:
    generator = torch.Generator().manual_seed(4)
    items = item_index.empty(torch.arange(3, 3 + count), WIDTH)
    items.exact[:count, :-2] = torch.randn(count, WIDTH, generator=generator)
    biases = torch.zeros(count)
    measured = items.measured(half=False)
    state = torch.randn(1, WIDTH, generator=generator)
    none, own = torch.zeros(count, dtype=torch.bool), keys(torch.zeros(0), torch.zeros(0).long())
    found = best_of_one(state, own, none, measured, biases, 200)
    assert torch.equal(found, sorted_all(state, own, none, measured, biases, 200))
    assert np.all(np.diff(found.numpy()) < 0)
