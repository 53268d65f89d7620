"""Row-wise Adam and sparse gradients against their obvious dense forms."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from stages.bert4rec import rows
from stages.bert4rec.rowadam import RowAdam

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


def by_the_book(weight, history, lr, betas=(0.9, 0.98), eps=1e-8):
    """RowAdam's formula, row by row and number by number, in Python's floats."""
    found = weight.detach().double().tolist()
    for row in range(V):
        mean, square, step = [0.0] * H, 0.0, 0
        for ids, values in history:
            touched = [values[n].double().tolist() for n, one in enumerate(ids) if one == row]
            if not touched:
                continue
            g = [sum(column) for column in zip(*touched, strict=True)]
            step += 1
            mean = [betas[0] * m + (1 - betas[0]) * x for m, x in zip(mean, g, strict=True)]
            square = betas[1] * square + (1 - betas[1]) * sum(x * x for x in g) / H
            size = math.sqrt(square / (1 - betas[1] ** step)) + eps
            for column in range(H):
                found[row][column] -= lr * mean[column] / (1 - betas[0] ** step) / size
    return torch.tensor(found)


@FEW
@given(steps_of_rows, seeds)
def test_row_adam_is_its_formula(steps, seed):
    generator = torch.Generator().manual_seed(seed)
    history = [(ids, torch.randn(len(ids), H, generator=generator)) for ids in steps]
    weight = table(seed)
    expected = by_the_book(weight, history, 0.1)
    optimizer = RowAdam([weight], lr=0.1)
    for ids, values in history:
        weight.grad = sparse(ids, values)
        optimizer.step()
        optimizer.zero_grad()
    torch.testing.assert_close(weight.detach(), expected, atol=1e-5, rtol=1e-4)


@FEW
@given(seeds)
def test_with_one_column_and_all_rows_touched_it_is_adam(seed):
    ours, theirs = table(seed, 1), table(seed, 1)
    optimizers = RowAdam([ours], lr=0.1), torch.optim.Adam([theirs], lr=0.1, betas=(0.9, 0.98))
    generator = torch.Generator().manual_seed(seed)
    for _ in range(5):
        gradient = torch.randn(V, 1, generator=generator)
        ours.grad, theirs.grad = sparse(list(range(V)), gradient), gradient
        for optimizer in optimizers:
            optimizer.step()
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_rows_without_a_gradient_keep_weights_and_state():
    weight = table()
    optimizer = RowAdam([weight], lr=0.1)
    weight.grad = sparse([0, 1], torch.ones(2, H))
    optimizer.step()
    before = {name: value.clone() for name, value in optimizer.state[weight].items()}
    kept = weight.detach().clone()
    weight.grad = sparse([1], torch.ones(1, H))
    optimizer.step()
    others = [0, 2, 3, 4, 5]
    assert torch.equal(weight[others], kept[others])
    assert not torch.equal(weight[1], kept[1])
    for name, value in optimizer.state[weight].items():
        assert torch.equal(value[others], before[name][others])
    assert optimizer.state[weight]["steps"].flatten().tolist() == [1, 2, 0, 0, 0, 0]


def test_a_rare_rows_first_step_is_as_long_as_a_frequent_rows_was():
    weight = table()
    optimizer = RowAdam([weight], lr=0.1)
    moves = []
    for row in (0, 0, 0, 0, 5):
        before = weight.detach().clone()
        weight.grad = sparse([row], torch.full((1, H), 0.01))
        optimizer.step()
        moves.append(float((weight.detach() - before)[row].norm()))
    assert moves[-1] == pytest.approx(moves[0], rel=1e-3)


def test_state_is_little_more_than_one_moment():
    weight = table(width=128)
    optimizer = RowAdam([weight], lr=0.1)
    weight.grad = sparse([3], torch.ones(1, 128))
    optimizer.step()
    assert sum(value.numel() for value in optimizer.state[weight].values()) == V * (128 + 2)


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
    norm = rows.clip_(pair, highest)
    assert norm == pytest.approx(float(nn.utils.clip_grad_norm_(twin, highest)), rel=1e-5)
    for ours, theirs in zip(pair, twin, strict=True):
        torch.testing.assert_close(ours.grad.to_dense(), theirs.grad)


def test_nothing_to_clip_has_norm_zero():
    assert rows.clip_([nn.Parameter(torch.zeros(3))], 1.0) == 0.0
