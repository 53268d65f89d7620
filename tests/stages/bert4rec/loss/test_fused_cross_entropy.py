"""Partition sums and their hand-made gradients against autograd on the whole matrix of logits."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec.loss import fused_cross_entropy
from stages.bert4rec.loss.fused_cross_entropy import NEVER, LogPartition, LogRefusals

K = 5


def question(seed: int, asked: int, shared: int, left_out: int = 3):
    """States, vectors, rest, weight and columns left out; some of them twice, some of no meaning."""
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(asked, K, generator=generator).requires_grad_()
    vectors = torch.randn(shared, K, generator=generator).requires_grad_()
    rest = torch.randn(asked, generator=generator).requires_grad_()
    weight = torch.rand(asked, generator=generator)
    out = torch.randint(0, shared + 1, (asked, left_out), generator=generator)
    return states, vectors, rest, weight, out


def slow_logits(states, vectors, out):
    """All logits at once, (M, C)."""
    logits = states @ vectors.T
    left = torch.zeros(len(states), len(vectors) + 1, dtype=torch.bool).scatter_(1, out, True)
    return logits.masked_fill(left[:, :-1], NEVER)


def slow_partition(states, vectors, rest, weight, out):
    """Log-sum-exp of a matrix."""
    every = torch.cat([slow_logits(states, vectors, out), rest[:, None]], dim=1)
    return (weight * every.logsumexp(1)).sum()


def slow_refusals(states, vectors, rest, weight, out):
    """One softplus a logit."""
    refused = torch.nn.functional.softplus(slow_logits(states, vectors, out)).sum(1)
    return (weight * refused).sum() + 0 * rest.sum()


def gradients(loss, leaves):
    """Of a loss that something is done with before the backward pass."""
    return torch.autograd.grad(loss * 3, leaves, allow_unused=True)


def assert_alike(states, vectors, rest, weight, out):
    """Both sums, in value and gradients."""
    fast = LogPartition.apply(states, vectors, rest, weight, out)
    slow = slow_partition(states, vectors, rest, weight, out)
    torch.testing.assert_close(fast, slow, atol=1e-4, rtol=1e-4)
    leaves = (states, vectors, rest)
    pairs = zip(gradients(fast, leaves), gradients(slow, leaves), strict=True)
    for one, two in pairs:
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)
    fast = LogRefusals.apply(states, vectors, weight, out)
    slow = slow_refusals(states, vectors, rest, weight, out)
    torch.testing.assert_close(fast, slow, atol=1e-4, rtol=1e-4)
    for one, two in zip(gradients(fast, leaves[:2]), gradients(slow, leaves[:2]), strict=True):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)


@given(st.integers(0, 99), st.integers(1, 20), st.integers(1, 9), st.integers(0, 4))
def test_sums_and_gradients_are_those_of_the_whole_matrix(seed, asked, shared, left_out):
    assert_alike(*question(seed, asked, shared, left_out))


@pytest.mark.parametrize("rows", [1, 3, 7, 100])
def test_parts_of_any_size_add_up_to_the_same(rows, monkeypatch):
    monkeypatch.setattr(fused_cross_entropy, "LOGITS", 1)
    monkeypatch.setattr(fused_cross_entropy, "LEAST_ROWS", rows)
    assert len(list(fused_cross_entropy._parts(20, 9))) == -(-20 // rows)
    assert_alike(*question(1, 20, 8))


@pytest.mark.parametrize("candidates", [1, 4, 8, 100])
def test_tiles_of_any_size_add_up_to_the_same(candidates, monkeypatch):
    monkeypatch.setattr(fused_cross_entropy, "TILE", candidates)
    assert_alike(*question(1, 20, 8))


def test_parts_hold_no_more_logits_than_allowed(monkeypatch):
    monkeypatch.setattr(fused_cross_entropy, "LEAST_ROWS", 1)
    monkeypatch.setattr(fused_cross_entropy, "LOGITS", 100)
    parts = list(fused_cross_entropy._parts(35, 10))
    assert [part.stop - part.start for part in parts] == [10, 10, 10, 5]


def test_no_questions_have_no_loss_and_no_gradient():
    states, vectors, rest, weight, out = question(0, 0, 4)
    for loss in (
        LogPartition.apply(states, vectors, rest, weight, out),
        LogRefusals.apply(states, vectors, weight, out),
    ):
        assert loss == 0
        moved = torch.autograd.grad(loss, (states, vectors))
        assert moved[0].shape == (0, K)
        assert not moved[1].any()


def test_where_every_shared_candidate_is_left_out_the_rest_is_all():
    states, vectors, rest, weight, _ = question(2, 6, 3)
    out = torch.arange(3).expand(6, 3)
    total = LogPartition.apply(states, vectors, rest, weight, out)
    torch.testing.assert_close(total, (weight * rest).sum())
    assert not torch.autograd.grad(total, vectors)[0].any()
    assert LogRefusals.apply(states, vectors, weight, out) == 0


def test_a_question_without_weight_counts_for_nothing():
    states, vectors, rest, weight, out = question(3, 6, 4)
    weight[2] = 0
    for loss in (
        LogPartition.apply(states, vectors, rest, weight, out),
        LogRefusals.apply(states, vectors, weight, out),
    ):
        assert not torch.autograd.grad(loss, states)[0][2].any()


def test_equal_logits_share_the_gradient():
    states, rest = torch.ones(1, K, requires_grad=True), torch.full((1,), float(K))
    vectors = torch.ones(3, K, requires_grad=True)
    none = torch.full((1, 1), 3)
    loss = LogPartition.apply(states, vectors, rest, torch.ones(1), none)
    torch.testing.assert_close(loss, K + torch.tensor(4.0).log())
    torch.testing.assert_close(torch.autograd.grad(loss, vectors)[0], torch.full((3, K), 0.25))


@pytest.mark.parametrize("size", [30.0, 300.0])
def test_great_logits_do_not_overflow(size):
    states, vectors, rest, weight, out = question(4, 6, 5)
    scaled = (states.detach() * size).requires_grad_()
    assert_alike(scaled, vectors, rest, weight, out)


@pytest.mark.parametrize("autocast", [False, True])
def test_in_bfloat16_sums_stay_near_and_vectors_gather_in_fp32(autocast, monkeypatch):
    monkeypatch.setattr(fused_cross_entropy, "LOGITS", 1)
    monkeypatch.setattr(fused_cross_entropy, "LEAST_ROWS", 64)
    monkeypatch.setattr(fused_cross_entropy, "TILE", 16)
    states, vectors, rest, weight, out = question(5, 300, 40)
    slow = slow_partition(states, vectors, rest, weight, out)
    expected = gradients(slow, (states, vectors))
    refused = slow_refusals(states, vectors, rest, weight, out)
    kind = torch.float32 if autocast else torch.bfloat16
    halves = states.detach().to(kind).requires_grad_(), vectors.detach().to(kind).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        fast = LogPartition.apply(*halves, rest, weight, out)
        others = LogRefusals.apply(*halves, weight, out)
    assert fast.dtype == others.dtype == torch.float32
    torch.testing.assert_close(fast, slow, atol=0, rtol=5e-3)
    torch.testing.assert_close(others, refused, atol=0, rtol=5e-3)
    for one, two in zip(gradients(fast, halves), expected, strict=True):
        assert one.dtype == kind
        assert (one.float() - two).norm() < 0.02 * two.norm()


def test_without_gradients_none_are_made():
    states, vectors, rest, weight, out = (one.detach() for one in question(6, 9, 4))
    assert not LogPartition.apply(states, vectors, rest, weight, out).requires_grad


@given(st.integers(0, 99), st.integers(1, 20), st.integers(1, 30), st.integers(1, 4))
def test_the_tiles_of_a_gpu_add_up_to_the_same(seed, asked, shared, left_out):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fused_cross_entropy, "_sorted_out", fused_cross_entropy._scattered)
        patch.setattr(fused_cross_entropy, "TILE_OF_GPU", 7)
        assert_alike(*question(seed, asked, shared, left_out))
