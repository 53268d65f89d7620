"""The matrix of the items by hand; its error bound is tested with the search."""

import pytest
import torch

from stages.bert4rec.ranking import item_index
from stages.bert4rec.ranking.item_index import LINE, OUT

IDS = torch.tensor([3, 5, 8, 9])
VECTORS = torch.tensor([[3.0, 4.0], [0.0, 1.0], [-6.0, 8.0], [1.0, 0.1]])
BIASES = torch.tensor([0.5, -2.25, 1.0, 0.1])


def items(*, half=False):
    made = item_index.empty(IDS, 2)
    made.exact[:4, :-2] = VECTORS
    made.exact[:4, -2] = BIASES
    return made.measured(half=half)


@pytest.mark.parametrize(("count", "rows"), [(0, 1), (1, 1), (LINE, 1), (LINE + 1, 2)])
def test_rows_are_filled_up_with_items_that_no_query_wants(count, rows):
    made = item_index.empty(torch.arange(count), 2)
    assert (len(made), made.exact.shape) == (count, (rows * LINE, 4))
    assert (made.exact[:, -1] == 1).all()
    assert (made.exact[count:, -2] == OUT).all()
    assert not made.exact[:, :-2].any()
    assert not made.exact[:count, -2].any()
    assert not made.half


@pytest.mark.parametrize("slab", [1, 3, 65_536])
def test_what_is_measured(monkeypatch, slab):
    monkeypatch.setattr(item_index, "SLICE", slab)
    made = items()
    assert (made.longest, made.lost, made.heaviest, made.half) == (10.0, 0.0, 2.25, False)
    half = items(half=True)
    kept = VECTORS.bfloat16().float()
    assert half.half
    assert torch.equal(half.wide[:4, :-4].float(), kept)
    assert half.longest == 10.0
    assert half.lost == pytest.approx(float((VECTORS - kept).norm(dim=1).max()) * 1.001)
    assert half.lost > 0
    assert torch.equal(half.exact, made.exact)


def test_a_bias_is_kept_in_two_parts_beside_two_ones():
    wide = items(half=True).wide[:4].double()
    assert torch.equal(wide[:, -2:], torch.ones(4, 2).double())
    assert torch.allclose(wide[:, -4:-2].sum(1), BIASES.double(), atol=2.0**-16)
    assert torch.equal(wide[:, -4], BIASES.bfloat16().double())


@pytest.mark.parametrize("half", [False, True])
def test_other_biases_change_nothing_else(half):
    before = items(half=half)
    vectors = before.wide[:, :-4].clone()
    after = before.with_biases(torch.tensor([1.0, 2.0, -7.5, 0.0]))
    assert after.exact[:4, -2].tolist() == [1.0, 2.0, -7.5, 0.0]
    assert after.heaviest == 7.5
    assert (after.longest, after.lost) == (before.longest, before.lost)
    assert (after.exact[4:, -2] == OUT).all()
    assert torch.equal(after.wide[:, :-4], vectors)
    if half:
        assert after.wide[:4, -4].tolist() == [1.0, 2.0, -7.5, 0.0]


@pytest.mark.parametrize("half", [False, True])
def test_a_mask_keeps_items_in_memory_of_their_own(half):
    whole = items(half=half)
    few = whole.narrowed(torch.tensor([True, False, False, True]))
    assert few.ids.tolist() == [3, 9]
    assert torch.equal(few.exact[:2], whole.exact[[0, 3]])
    assert (few.exact[2:, -2] == OUT).all()
    assert (few.longest, few.heaviest, few.half) == (5.0, 0.5, half)
    few.exact[0, 0] = 99.0
    assert whole.exact[0, 0] == 3.0
    none = whole.narrowed(torch.zeros(4, dtype=torch.bool))
    assert (len(none), none.longest, none.heaviest) == (0, 0.0, 0.0)


@pytest.mark.parametrize("half", [False, True])
def test_products_come_out_as_scores_above_the_threshold(half):
    made, states = items(half=half), torch.tensor([[1.0, 2.0], [0.5, -1.0]])
    assert made.query(states).tolist() == [[1.0, 2.0, 1.0, 0.0], [0.5, -1.0, 1.0, 0.0]]
    scores = states @ VECTORS.T + BIASES
    asked = made.asking(states)
    assert asked.dtype == made.wide.dtype
    for threshold in (torch.zeros(2), torch.tensor([4.25, -3.0])):
        made.aim(asked, threshold)
        product = asked.float() @ made.wide[:4].float().T
        assert torch.allclose(product, scores - threshold[:, None], atol=0.05 if half else 1e-5)


def test_the_size_of_scores_is_bounded():
    states = torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    assert items().sizes(states).tolist() == [5 * 10 + 2.25, 2.25]
    assert ((states @ VECTORS.T + BIASES).abs().amax(1) <= items().sizes(states)).all()
