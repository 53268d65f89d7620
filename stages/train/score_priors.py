"""Initial weights of the count-based scorers, fitted on the ends of train histories.

What demand says of a vacancy, what its followers say (`nearby`) and what a history says of its own
vacancies (`repeats`) are linear in some features before anything is learned. Their weights are those of
one conditional logit over the candidates of training's own questions: the vacancies of the history, the
neighbours, the answer, and some drawn for all others. So the parts start in the proportions of the log.

Source of the correction for drawn candidates: Bengio and Senecal, "Quick Training of Probabilistic
Neural Nets by Importance Sampling", 2003.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from stages.bert4rec.batching.batch import Batch
from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.network import popularity_prior, repeat_scorer
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.network.neighbour_scorer import similarity
from stages.bert4rec.network.sequence_encoder import seen
from stages.calibration.conditional_logit import Choices, Floats, fit
from stages.core.actions import ACTION_NAMES
from stages.core.item_ids import FIRST_ITEM, PAD
from stages.core.seeds import derive
from stages.interface.machine import give_back_memory
from stages.train.batch_maker import make_batch
from stages.train.dataset import TrainingData

QUESTIONS = 8_000  # that are asked, about
AT_ONCE = 16  # rows
NEAR = 100  # neighbours of a question; prediction has still more
DRAWN = 50  # candidates of a question for all that are neither old, near nor the answer
PULL = 1.0  # of the weights to where all logs start
OWN_PULL = 20.0  # of an action's weights to those of all actions
FIXED = 1e9  # of weights that are given
BLOCKS = {
    "drawn": 1,
    "demand": popularity_prior.FEATURES,
    "near": 2,
    "near_demand": popularity_prior.FEATURES,
    "repeats": repeat_scorer.FEATURES + 1,
    "own_demand": popularity_prior.FEATURES,
}
WIDTH = sum(BLOCKS.values())


@dataclass(frozen=True)
class Priors:
    """Linear weights, some by action asked.

    Attributes:
        demand: Of `trends.describe` for vacancies that are neither old nor near, (7,).
        near_demand: The same for neighbours, (7,).
        own_demand: The same for vacancies of the history, (7,).
        near: Of a neighbour's similarity, and of being one, (4, 2).
        repeats: Of `repeats.describe`, and of being in the history, (4, 11).
    """

    demand: Floats
    near_demand: Floats
    own_demand: Floats
    near: Floats
    repeats: Floats


def priors(task: TrainingData, seed: int) -> Priors:
    """Fit the weights on some of the train histories; `seed` chooses which."""
    start = _row(near=[1.0, 0.0], repeats=[-1.0] + [0.0] * repeat_scorer.FEATURES, drawn=[1.0])
    whole, asked = _joined(list(_asked(task, seed)))
    give_back_memory()  # of the parts, as much again
    common = fit(whole, start, np.where(_row(drawn=[1.0]) > 0, FIXED, PULL))
    free = _row(near=[1.0] * 2, repeats=[1.0] * BLOCKS["repeats"])
    pull = np.where(free > 0, OWN_PULL, FIXED)
    found = [fit(whole.picked(asked == action), common, pull) for action in ACTION_NAMES]
    return _named(common, np.stack(found))


def start_from(model: HhrecModel, found: Priors) -> None:
    """Let what a model counts start from the weights of a log."""
    of = {name: torch.from_numpy(part).float() for name, part in vars(found).items()}
    model.trend.start_from(of["demand"])
    model.own_trend.start_from(of["own_demand"])
    model.repeats.start_from(of["repeats"][:, :-1], of["repeats"][:, -1])
    if model.config.neighbours:
        model.nearby.start_from(of["near"])
        model.near_trend.start_from(of["near_demand"])


def _row(**given: list[float]) -> Floats:
    """Values of all features: those of the blocks given, else 0, (F,)."""
    return np.concatenate([given.get(name, [0.0] * size) for name, size in BLOCKS.items()])


def _named(common: Floats, by_action: Floats) -> Priors:
    cuts = np.cumsum(list(BLOCKS.values()))[:-1]
    every = dict(zip(BLOCKS, np.split(common, cuts), strict=True))
    each = dict(zip(BLOCKS, np.split(by_action, cuts, axis=1), strict=True))
    demand, near_demand, own_demand = (
        every[name] for name in ("demand", "near_demand", "own_demand")
    )
    return Priors(demand, near_demand, own_demand, each["near"], each["repeats"])


def _asked(task: TrainingData, seed: int) -> Iterator[tuple[Choices, Ints]]:
    """Ask rows in a random order until there are enough questions."""
    generator, count = np.random.default_rng(seed), 0
    rows = generator.permutation(task.rows)
    for start in range(0, len(rows), AT_ONCE):
        if count >= QUESTIONS:
            return
        some, drawn = rows[start : start + AT_ONCE], derive(seed, "priors", start)
        batch = make_batch(task, some, drawn, at_end=True, most=NEAR)
        found, asked = _choices(task, batch, generator)
        count += len(found)
        yield found, asked


def _choices(
    task: TrainingData, batch: Batch, generator: np.random.Generator
) -> tuple[Choices, Ints]:
    """Candidates of a batch's questions, of which the heavier are likelier to be asked."""
    count = task.catalogue.demand.to(torch.device("cpu"))
    chance = (batch.weight / batch.weight.amax().clamp_min(1e-9)).numpy()
    row, nth = torch.from_numpy(generator.random(chance.shape) < chance).nonzero(as_tuple=True)
    target, history, close = batch.target[row, nth], batch.items[row], batch.near[row, nth]
    described, newest = repeat_scorer.describe(batch, seen(batch, task.settings.objective))
    newest = newest[row, nth] & (history >= FIRST_ITEM)
    drawn = torch.from_numpy(
        generator.integers(FIRST_ITEM, max(task.trained(), FIRST_ITEM + 1), (len(row), DRAWN))
    )
    old, near = newest & (nth >= batch.fresh)[:, None], close != PAD
    met = (target[:, None] == torch.where(old, history, PAD)).any(1)
    met = met | (target[:, None] == close).any(1)
    taken = torch.cat([torch.where(newest, history, PAD), close, target[:, None]], 1)
    other = (drawn[:, :, None] != taken[:, None]).all(2)
    items = torch.cat([history, close, target[:, None], drawn], 1)
    kept = torch.cat([old, near, ~met[:, None], other], 1)
    asked, known = popularity_prior.periods_of(batch.when, count, batch.lag)
    demand = popularity_prior.describe(
        items, asked[row, nth][:, None], known[row, nth][:, None], count
    )
    values = _values(demand, described[row, nth], batch.near_score[row, nth])
    values[:, -DRAWN:, 0] = math.log(max(len(task.share), 1) / DRAWN)
    return _grouped(values, kept, items == target[:, None]), batch.asked[row, nth].numpy()


def _values(demand: Tensor, described: Tensor, score: Tensor) -> Tensor:
    """Features of candidates in the order history (L), neighbours (E), others.

    Args:
        demand: Of all, (M, C, 7).
        described: Of the history, (M, L, 10).
        score: Of the neighbours, (M, E).

    Returns:
        (M, C, F).
    """
    length = described.shape[1]
    values = demand.new_zeros(*demand.shape[:2], WIDTH)
    first = np.cumsum([0, *BLOCKS.values()]).tolist()
    _, new, near, near_demand, own, own_demand, end = first
    close = slice(length, length + score.shape[1])
    values[:, close.stop :, new:near] = demand[:, close.stop :]
    values[:, close, near] = similarity(score)
    values[:, close, near + 1] = 1.0
    values[:, close, near_demand:own] = demand[:, close]
    values[:, :length, own : own_demand - 1] = described
    values[:, :length, own_demand - 1] = 1.0
    values[:, :length, own_demand:end] = demand[:, :length]
    return values


def _grouped(values: Tensor, kept: Tensor, right: Tensor) -> Choices:
    """Keep the candidates `kept` (M, C), of which the first that is `right` was chosen."""
    some = (kept & right).any(1)
    values, kept, right = values[some], kept[some], right[some]
    starts = np.concatenate([[0], kept.sum(1).cumsum(0).numpy()]).astype(np.int64)
    place = (kept & right).int().argmax(1)
    before = (kept.cumsum(1) - kept.int()).gather(1, place[:, None])[:, 0]
    return Choices(values[kept].numpy(), starts, starts[:-1] + before.numpy())


def _joined(parts: list[tuple[Choices, Ints]]) -> tuple[Choices, Ints]:
    """Put questions and the actions asked together."""
    found = [choices for choices, _ in parts]
    ends = np.cumsum([0, *(len(part.values) for part in found)])
    starts = [part.starts[:-1] + end for part, end in zip(found, ends, strict=False)]
    chosen = [part.chosen + end for part, end in zip(found, ends, strict=False)]
    none = np.zeros((0, WIDTH), dtype=np.float32), np.zeros(0, dtype=np.int64)
    whole = Choices(
        np.concatenate([none[0], *(part.values for part in found)]),
        np.concatenate([*starts, ends[-1:]]),
        np.concatenate([none[1], *chosen]),
    )
    return whole, np.concatenate([none[1], *(actions for _, actions in parts)])
