"""Losses against the obvious formula, one question and one candidate at a time."""

import math

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from stages.bert4rec.loss import fused_cross_entropy
from stages.bert4rec.loss.candidate_losses import (
    ScoredQuestions,
    aligned,
    columns,
    gbce,
    softmax,
    summed,
    with_own,
)
from stages.bert4rec.retrieval.negative_sampling import (
    Draws,
    GbceCalibration,
    StepCandidates,
    all_items,
    drawn_items,
)
from stages.core.item_ids import FIRST_ITEM

NEVER = -math.inf
TRAINED, WIDTH, ASKED, OWN = 12, 6, 14, 5


class World:
    """Questions with candidates of their own: repeats, cold ones, accidental hits, no weight."""

    def __init__(self, seed: int, *, sampled: bool) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.candidates = all_items(TRAINED, torch.device("cpu"))
        self.target = torch.randint(FIRST_ITEM, FIRST_ITEM + TRAINED, (ASKED,), generator=generator)
        if sampled:
            self.candidates = drawn(self.target, 8, generator)
        self.items = torch.stack(
            [torch.randperm(TRAINED + 3, generator=generator)[:OWN] for _ in range(ASKED)]
        ).add(FIRST_ITEM)  # each once, some of them cold
        self.items[:4, 0] = 0
        self.target[4:8] = self.items[4:8, 1]  # repeats, one of them cold perhaps
        self.weight = torch.rand(ASKED, generator=generator) * (torch.arange(ASKED) != 9)
        self.states = torch.randn(ASKED, WIDTH, generator=generator).requires_grad_()
        self.table = torch.randn(FIRST_ITEM + TRAINED + 3, WIDTH, generator=generator)
        self.table.requires_grad_()
        self.extra = torch.randn(ASKED, OWN, generator=generator).requires_grad_()

    @property
    def leaves(self):
        return self.states, self.table, self.extra

    def own(self):
        """Logits of the own candidates, -inf where there is none, (M, OWN)."""
        by_vector = (self.table[self.items] @ self.states[..., None]).squeeze(-1)
        return (by_vector + self.extra).masked_fill(self.items < FIRST_ITEM, NEVER)

    def fast(self, calibration: GbceCalibration | None = None):
        by_vector = (self.states * self.table[self.target]).sum(-1)
        own = self.own()
        rest, positive = with_own(
            own[None], by_vector[None], self.items[None], self.target[None], calibration is not None
        )
        shared = self.candidates.items
        out = torch.cat([self.items, self.target[:, None]], dim=1)
        ones = torch.ones(ASKED, 1)
        bias = -self.candidates.log_chance[:, None]
        asked = ScoredQuestions(
            aligned(self.states, ones), self.weight, rest[0], positive[0], columns(out, shared)
        )
        return summed(asked, aligned(self.table[shared], bias), calibration)

    def slow(self, one_loss):
        total = torch.zeros(())
        own = self.own()
        for row, (state, target) in enumerate(zip(self.states, self.target.tolist(), strict=True)):
            logits = {
                item: logit
                for item, logit in zip(self.items[row].tolist(), own[row], strict=True)
                if item >= FIRST_ITEM
            }
            logits.setdefault(target, state @ self.table[target])
            chances = self.candidates.log_chance
            for item, chance in zip(self.candidates.items.tolist(), chances, strict=True):
                if item not in logits:
                    logits[item] = state @ self.table[item] - chance
            positive = logits.pop(target)
            total = total + self.weight[row] * one_loss(positive, list(logits.values()))
        return total


def drawn(targets, count, generator, in_batch=0.5, *, popular=False, share=None) -> StepCandidates:
    share = torch.full((TRAINED,), 1 / TRAINED) if share is None else share
    draws = Draws(count, in_batch, popular)
    return drawn_items(targets, share, share.double().cumsum(0), draws, generator)


def slow_softmax(positive, negatives):
    return torch.stack([positive, *negatives]).logsumexp(0) - positive


def slow_gbce(calibration):
    def one(positive, negatives):
        chance = torch.sigmoid(positive) ** calibration.power()
        refused = [torch.log(1 - torch.sigmoid(logit)) for logit in negatives]
        return -(torch.log(chance) + sum(refused))

    return one


def assert_alike(world, fast, slow):
    torch.testing.assert_close(fast, slow, atol=1e-4, rtol=1e-4)
    pairs = zip(
        torch.autograd.grad(fast, world.leaves),
        torch.autograd.grad(slow, world.leaves),
        strict=True,
    )
    for one, two in pairs:
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("rows", [4, 128])
@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_softmax_is_its_formula(seed, sampled, rows, monkeypatch):
    monkeypatch.setattr(fused_cross_entropy, "LOGITS", 1)
    monkeypatch.setattr(fused_cross_entropy, "LEAST_ROWS", rows)
    world = World(seed, sampled=sampled)
    assert_alike(world, world.fast(), world.slow(slow_softmax))


@pytest.mark.parametrize("trust", [0.0, 0.75, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_gbce_is_its_formula(seed, trust):
    world = World(seed, sampled=False)
    calibration = GbceCalibration(trust, 0.3)
    assert_alike(world, world.fast(calibration), world.slow(slow_gbce(calibration)))


def test_the_power_is_that_of_the_paper():
    """Beta is 1 without trust, and alpha, the sampling rate, with all of it."""
    assert GbceCalibration(0.0, 0.1).power() == pytest.approx(1.0)
    assert GbceCalibration(1.0, 0.1).power() == pytest.approx(0.1)
    assert GbceCalibration(0.5, 0.1).power() == pytest.approx(0.1 * (0.5 * (1 - 10) + 10))


def plain(seed, asked=9, items=7, kind=torch.float32):
    """Questions whose only candidates are the shared ones."""
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(asked, WIDTH, generator=generator).to(kind).requires_grad_()
    table = torch.randn(items, WIDTH, generator=generator).to(kind).requires_grad_()
    target = torch.randint(items, (asked,), generator=generator)
    return states, table, target


def asked_plainly(states, table, target, weight=None):
    own = (states * table[target]).sum(-1).float()
    none = torch.zeros(1, len(states), 0)
    rest, positive = with_own(none, own[None], none.long(), target[None], binary=False)
    weight = torch.ones(len(states)) if weight is None else weight
    return ScoredQuestions(states, weight, rest[0], positive[0], target[:, None])


@pytest.mark.parametrize("items", [1, 2, 7])
def test_without_own_candidates_it_is_the_cross_entropy_of_torch(items):
    states, table, target = plain(1, items=items)
    loss = softmax(asked_plainly(states, table, target), table)
    expected = F.cross_entropy(states @ table.T, target, reduction="sum")
    torch.testing.assert_close(loss, expected, atol=1e-5, rtol=1e-5)
    for one, two in zip(
        torch.autograd.grad(loss, (states, table)),
        torch.autograd.grad(expected, (states, table)),
        strict=True,
    ):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_it_is_the_linear_cross_entropy_of_torch(kind):
    states, table, target = plain(2, asked=200, items=50, kind=kind)
    loss = softmax(asked_plainly(states, table, target), table)
    expected = F.linear_cross_entropy(states, table, target, reduction="sum").float()
    close = {"atol": 1e-3, "rtol": 1e-5 if kind == torch.float32 else 1e-2}
    torch.testing.assert_close(loss, expected, **close)
    for one, two in zip(
        torch.autograd.grad(loss, (states, table)),
        torch.autograd.grad(expected, (states, table)),
        strict=True,
    ):
        assert one.dtype == kind
        assert (one - two).norm() <= (1e-4 if kind == torch.float32 else 0.03) * two.norm()


def test_a_question_of_no_weight_is_ignored_as_by_torch():
    states, table, target = plain(3)
    weight = torch.ones(9)
    weight[[2, 5]] = 0
    ignored = torch.where(weight > 0, target, -100)
    loss = softmax(asked_plainly(states, table, target, weight), table)
    torch.testing.assert_close(loss, F.cross_entropy(states @ table.T, ignored, reduction="sum"))


def test_equal_logits_make_a_fair_lottery():
    states, table = torch.zeros(3, WIDTH), torch.zeros(8, WIDTH)
    loss = softmax(asked_plainly(states, table, torch.tensor([0, 4, 7])), table)
    assert float(loss) == pytest.approx(3 * math.log(8))


def test_an_accidental_hit_counts_once():
    """The target stands among the drawn ones too: as good as if it did not."""
    states, table, target = plain(4, asked=1, items=5)
    here = asked_plainly(states, table, target)
    others = torch.arange(5) != target
    away = ScoredQuestions(states, here.weight, here.rest, here.positive, torch.full((1, 1), 4))
    torch.testing.assert_close(softmax(here, table), softmax(away, table[others]))


@pytest.mark.parametrize("binary", [False, True])
def test_without_questions_there_is_no_loss(binary):
    states, table, target = plain(5, asked=0)
    asked = asked_plainly(states, table, target)
    loss = gbce(asked, table, GbceCalibration(0.5, 0.5)) if binary else softmax(asked, table)
    assert loss == 0
    assert not torch.autograd.grad(loss, table)[0].any()


@pytest.mark.parametrize("binary", [False, True])
def test_a_target_among_the_own_candidates_keeps_their_logit(binary):
    logits = torch.tensor([[[1.0, 2.0, NEVER], [1.0, NEVER, NEVER]]])
    items = torch.tensor([[[7, 8, 8], [7, 9, 0]]])
    by_vector = torch.tensor([[50.0, 3.0]])
    rest, positive = with_own(logits, by_vector, items, torch.tensor([[8, 9]]), binary)
    assert positive.tolist() == [[2.0, 3.0]]  # 9 is not there: -inf is no candidate
    one, other = ([[1.0], [1.0]]) if binary else ([[1.0, 2.0], [1.0, 3.0]])
    add = (
        (lambda of: F.softplus(torch.tensor(of)).sum())
        if binary
        else (lambda of: torch.tensor(of).logsumexp(0))
    )
    torch.testing.assert_close(rest, torch.stack([add(one), add(other)])[None])


def test_columns_are_places_among_the_candidates_or_their_number():
    items = torch.tensor([[4, 9, 4], [0, 3, 12], [99, 5, 1]])
    assert columns(items, torch.tensor([3, 4, 7, 9])).tolist() == [[1, 3, 1], [4, 0, 4], [4, 4, 4]]
    assert columns(items, torch.tensor([9])).tolist() == [[1, 0, 1], [1, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize(("width", "wide"), [(1, 32), (32, 32), (33, 64)])
def test_zeros_to_a_round_width_change_no_product(width, wide):
    left, right = torch.randn(3, width), torch.randn(4, width)
    sides = aligned(left[:, :1], left[:, 1:]), aligned(right)
    assert [side.shape[1] for side in sides] == [wide, wide]
    torch.testing.assert_close(sides[0] @ sides[1].T, left @ right.T)
