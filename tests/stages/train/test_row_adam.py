"""Row-wise Adam and sparse gradients against their obvious dense forms."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from stages.train import sparse_gradients
from stages.train.row_adam import RowAdam

V, H = 6, 3
FEW = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**20)
steps_of_rows = st.lists(
    st.lists(st.integers(0, V - 1), min_size=1, max_size=8), min_size=1, max_size=6
)


def table(seed=0, width=H):
    generator = torch.Generator().manual_seed(seed)
    return nn.Parameter(torch.randn(V, width, generator=generator))


def sparse(ids, values):
    return torch.sparse_coo_tensor(
        torch.tensor([ids]), values, (V, *values.shape[1:]), check_invariants=True
    )


def dense(ids, values):
    return sparse(ids, values).to_dense()


def by_the_book(weight, gradients, lr, beta=0.98, eps=1e-8):
    """The formula on whole tables: every row's v fades in every step."""
    weight, square = weight.detach().double(), torch.zeros(V, 1, dtype=torch.float64)
    for step, gradient in enumerate(gradients, start=1):
        square = beta * square + (1 - beta) * gradient.double().square().mean(1, keepdim=True)
        weight = weight - lr * gradient / ((square / (1 - beta**step)).sqrt() + eps)
    return weight.float()


def stepped(weight, history, lr=0.1):
    """Take a RowAdam step for each (rows, gradients) pair."""
    optimizer = RowAdam([weight], lr=lr)
    for ids, values in history:
        weight.grad = sparse(ids, values)
        optimizer.step()
        optimizer.zero_grad()
    return optimizer


def histories(steps, seed, width=H):
    generator = torch.Generator().manual_seed(seed)
    return [(ids, torch.randn(len(ids), width, generator=generator)) for ids in steps]


@FEW
@given(steps_of_rows, seeds)
def test_row_adam_is_its_formula_on_whole_tables(steps, seed):
    history, weight = histories(steps, seed), table(seed)
    expected = by_the_book(weight, [dense(*step) for step in history], 0.1)
    stepped(weight, history)
    torch.testing.assert_close(weight.detach(), expected, atol=1e-5, rtol=1e-4)


@FEW
@given(steps_of_rows, seeds)
def test_with_one_column_it_is_dense_adam_without_a_first_moment(steps, seed):
    history = histories(steps, seed, width=1)
    ours, theirs = table(seed, 1), table(seed, 1)
    stepped(ours, history)
    adam = torch.optim.Adam([theirs], lr=0.1, betas=(0.0, 0.98))
    for step in history:
        theirs.grad = dense(*step)
        adam.step()
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_rows_without_a_gradient_keep_weights_and_state():
    weight = table()
    optimizer = stepped(weight, [([0, 1], torch.ones(2, H))])
    before = {name: value.clone() for name, value in optimizer.state[weight].items()}
    kept = weight.detach().clone()
    weight.grad = sparse([1], torch.ones(1, H))
    optimizer.step()
    others = [0, 2, 3, 4, 5]
    assert torch.equal(weight[others], kept[others])
    assert not torch.equal(weight[1], kept[1])
    for name in ("square", "last"):
        assert torch.equal(optimizer.state[weight][name][others], before[name][others])
    assert optimizer.state[weight]["last"].flatten().tolist() == [1, 2, 0, 0, 0, 0]


def test_a_lone_gradient_moves_a_row_seven_steps_at_most():
    """Adam's momentum would carry it as far, over the steps that follow."""
    weight = table()
    before = weight.detach().clone()
    stepped(weight, [*[([0], torch.ones(1, H))] * 400, ([5], torch.full((1, H), 1e-3))])
    moved = (before - weight.detach())[5]
    assert moved.tolist() == pytest.approx([0.1 / math.sqrt(0.02)] * H, rel=1e-3)


def test_state_is_two_numbers_a_row():
    weight = table(width=128)
    optimizer = stepped(weight, [([3], torch.ones(1, 128))])
    assert sum(value.numel() for value in optimizer.state[weight].values()) == 2 * V + 1


whole_gradients = st.lists(
    st.tuples(st.integers(0, V - 1), st.lists(st.integers(-9, 9), min_size=H, max_size=H)),
    min_size=1,
    max_size=12,
)


@FEW
@given(whole_gradients, st.integers(0, 12), st.randoms(use_true_random=False))
def test_pairs_in_any_order_and_any_pieces_are_one_gradient(pairs, cut, random):
    """Whole numbers, so that sums do not depend on their order: results are equal to the bit."""
    mixed = random.sample(pairs, len(pairs))
    ends = []
    for pieces in ([pairs], [mixed[:cut], mixed[cut:]]):
        weight = table()
        optimizer = RowAdam([weight], lr=0.1)
        for piece in filter(None, pieces):
            values = torch.tensor([vector for _, vector in piece], dtype=torch.float32)
            gradient = sparse([row for row, _ in piece], values)
            weight.grad = gradient if weight.grad is None else weight.grad + gradient
        optimizer.step()
        ends.append(weight.detach())
    assert torch.equal(*ends)


def test_sums_do_not_depend_on_threads():
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(0, 50, (1, 20_000), generator=generator)
    values = torch.randn(20_000, 16, generator=generator)
    threads, found = torch.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            gradient = torch.sparse_coo_tensor(ids, values, check_invariants=True)
            found.append(gradient.coalesce().values())
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


@FEW
@given(st.lists(st.integers(0, V - 1), max_size=9), seeds, st.floats(0.01, 100))
def test_clipping_is_that_of_torch_on_dense_gradients(ids, seed, highest):
    generator = torch.Generator().manual_seed(seed)
    pair = [nn.Parameter(torch.zeros(V, H)), nn.Parameter(torch.zeros(4))]
    twin = [nn.Parameter(torch.zeros(V, H)), nn.Parameter(torch.zeros(4))]
    pair[0].grad = sparse(ids, torch.randn(len(ids), H, generator=generator)).coalesce()
    pair[1].grad = torch.randn(4, generator=generator)
    for ours, theirs in zip(pair, twin, strict=True):
        theirs.grad = ours.grad.to_dense().clone()
    norm = sparse_gradients.clip_(pair, highest)
    assert norm == pytest.approx(float(nn.utils.clip_grad_norm_(twin, highest)), rel=1e-5)
    for ours, theirs in zip(pair, twin, strict=True):
        torch.testing.assert_close(ours.grad.to_dense(), theirs.grad)


def test_nothing_to_clip_has_norm_zero():
    assert sparse_gradients.clip_([nn.Parameter(torch.zeros(3))], 1.0) == 0.0


@given(st.lists(st.integers(0, 5), max_size=12), st.integers(0, 99))
def test_what_a_gpu_does_is_the_same_without_knowing_how_many_rows_there_are(ids, seed):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(len(ids), 3, generator=generator)
    start, weights = torch.randn(6, 3, generator=generator), []
    for way in ("cpu", "gpu"):
        weight = nn.Parameter(start.clone())
        optimizer = RowAdam([weight], 0.1)
        for _ in range(3):
            rows = torch.tensor(ids, dtype=torch.int64)[None]
            weight.grad = torch.sparse_coo_tensor(rows, values, (6, 3), check_invariants=False)
            if way == "gpu":
                weight.grad = sparse_gradients.summed_in_place(weight.grad)
                assert weight.grad.values().shape == values.shape
                optimizer.found_inf = torch.zeros(())
            optimizer.step()
        weights.append(weight.detach())
    torch.testing.assert_close(weights[0], weights[1])
    torch.testing.assert_close(
        sparse_gradients.coalesced(weight.grad).to_dense(),
        torch.zeros(6, 3).index_add_(0, torch.tensor(ids, dtype=torch.int64), values),
    )
