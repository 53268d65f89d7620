import math

import pytest
import torch

from stages.bert4rec.loss import Candidates, all_items, among, drawn_items, softmax_loss
from stages.bert4rec.tokens import FIRST_ITEM

NEVER = -math.inf


def slow_loss(shared, history, own, items, candidates, target):
    """One question at a time, one candidate at a time, in plain Python."""
    losses = torch.zeros_like(own)
    for q in range(len(own)):
        seen = set(items[q].tolist())
        logits, positive = [], None
        for j, item in enumerate(items[q].tolist()):
            if history[q, j] > NEVER:
                logits.append(history[q, j])
                if item == target[q]:
                    positive = history[q, j]
        for c, item in enumerate(candidates.items.tolist()):
            if item not in seen and item != target[q]:
                logits.append(shared[q, c] - candidates.log_chance[c])
        if positive is None:
            positive = own[q]
            logits.append(positive)
        losses[q] = torch.logsumexp(torch.stack(logits), 0) - positive
    return losses


@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_the_obvious_formula_in_value_and_gradient(seed, sampled):
    generator = torch.Generator().manual_seed(seed)
    asked, length, trained = 12, 5, 12

    def randn(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    items = torch.randint(1, FIRST_ITEM + trained + 3, (asked, length), generator=generator)
    target = torch.randint(FIRST_ITEM, FIRST_ITEM + trained, (asked,), generator=generator)
    target[:4] = items[:4, 0].clamp_min(FIRST_ITEM)  # repeats among the answers
    newest = torch.tensor(
        [[int(item not in row[j + 1 :]) for j, item in enumerate(row)] for row in items.tolist()]
    ).bool()
    chosen = (
        drawn_items(target, torch.full((trained,), 1 / trained), 8, generator)
        if sampled
        else all_items(trained, torch.device("cpu"))
    )
    chosen = Candidates(chosen.items, chosen.log_chance.double())
    shared = randn(asked, len(chosen.items)).requires_grad_()
    raw = randn(asked, length).requires_grad_()
    own = randn(asked).requires_grad_()
    history = raw.masked_fill(~newest, NEVER)
    arguments = (shared, history, own, items, chosen, target)
    fast = softmax_loss(*arguments, among(items, chosen.items))
    slow = slow_loss(*arguments)
    torch.testing.assert_close(fast, slow)
    leaves = (shared, raw, own)
    fast_gradients = torch.autograd.grad(fast.sum(), leaves, retain_graph=True)
    slow_gradients = torch.autograd.grad(slow.sum(), leaves)
    torch.testing.assert_close(fast_gradients, slow_gradients)


def test_without_history_the_full_loss_is_cross_entropy():
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(6, 7, generator=generator)
    target = torch.randint(FIRST_ITEM, FIRST_ITEM + 7, (6,), generator=generator)
    own = logits.gather(1, target[:, None] - FIRST_ITEM)[:, 0]
    none = torch.zeros(6, 0)
    outside = torch.zeros(6, 7, dtype=torch.bool)
    candidates = all_items(7, logits.device)
    loss = softmax_loss(logits, none, own, none.long(), candidates, target, outside)
    expected = torch.nn.functional.cross_entropy(logits, target - FIRST_ITEM, reduction="none")
    torch.testing.assert_close(loss, expected)


def test_the_sampled_partition_is_unbiased():
    """E[sum over drawn of exp(s) / P(drawn)] is the whole sum: what logQ correction promises."""
    trained, draws = 40, 16
    scores = torch.linspace(-2, 2, trained, dtype=torch.float64)
    share = torch.softmax(torch.linspace(0, 3, trained), 0)
    generator = torch.Generator().manual_seed(0)
    targets = torch.multinomial(share, 20_000, replacement=True, generator=generator) + FIRST_ITEM
    sums = []
    for _ in range(4_000):
        drawn = drawn_items(targets, share, draws, generator)
        sums.append((scores[drawn.items - FIRST_ITEM] - drawn.log_chance).exp().sum())
    estimate, spread = torch.stack(sums).mean(), torch.stack(sums).std() / 4_000**0.5
    assert abs(estimate - scores.exp().sum()) < 5 * spread + 0.02 * scores.exp().sum()


def test_a_batch_without_targets_still_draws():
    none = torch.zeros(0, dtype=torch.long)
    drawn = drawn_items(none, torch.full((9,), 1 / 9), 6, torch.Generator().manual_seed(0))
    assert (drawn.items >= FIRST_ITEM).all()
    assert len(drawn.items.unique()) == len(drawn.items)


def test_among_marks_candidates_of_each_row():
    items = torch.tensor([[4, 9, 4], [0, 3, 12]])
    assert among(items, torch.tensor([3, 4, 7, 9])).tolist() == [
        [False, True, False, True],
        [True, False, False, False],
    ]
