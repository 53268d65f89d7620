"""Where the score of repeats starts: fitted on how often, and which, old vacancies come next in train.

Prediction's questions are asked of the train histories (of a session to come, and of one that has
begun). The next vacancy is one of the history or a new one: a conditional logit over the features of
`repeats`, with everything new as one further candidate.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from stages.bert4rec import questions
from stages.bert4rec.batch import tensors
from stages.bert4rec.histories import Histories, Ints, window
from stages.bert4rec.repeats import FEATURES, describe
from stages.bert4rec.streams import seen
from stages.bert4rec.tokens import FIRST_ITEM
from stages.conditional_logit import Choices, Floats, fit

ACTIONS = 4
ROWS = 4_000  # histories that are asked, at most
AT_ONCE = 64
QUESTIONS = 6  # of each kind, a row
LONGEST = 64  # events of a history
PULL = 1.0  # of the weights to where all logs start
OWN_PULL = 20.0  # of an action's weights to those of all actions
RECENCY = -1.0  # start of the weight of the log recency rank: newer is better


@dataclass(frozen=True)
class Prior:
    """Linear scores of old vacancies by action asked, relative to everything new together.

    Attributes:
        weights: Of the features, (4, 10).
        base: (4,).
    """

    weights: Floats
    base: Floats


def repeat_prior(histories: Histories, rows: Ints, trained: int, seed: int) -> Prior:
    """Fit the prior on some of the train histories.

    Args:
        histories: The train histories.
        rows: Which may be asked, (R,).
        trained: First item id without an id embedding.
        seed: Chooses rows and questions.
    """
    generator = np.random.default_rng(seed)
    chosen = generator.permutation(rows)[:ROWS]
    parts = [
        _asked(histories, chosen[start : start + AT_ONCE], trained, generator)
        for start in range(0, len(chosen), AT_ONCE)
    ]
    start = np.zeros(FEATURES + 1)
    start[0] = RECENCY
    if not parts:
        return Prior(np.tile(start[:-1], (ACTIONS, 1)), np.zeros(ACTIONS))
    whole, asked = _joined([choices for choices, _ in parts]), np.concatenate([a for _, a in parts])
    common = fit(whole, start, np.full(len(start), PULL))
    pull = np.full(len(start), OWN_PULL)
    found = np.stack(
        [fit(whole.picked(asked == action), common, pull) for action in range(ACTIONS)]
    )
    return Prior(found[:, :-1], found[:, -1])


def _asked(
    histories: Histories, rows: Ints, trained: int, generator: np.random.Generator
) -> tuple[Choices, Ints]:
    """Ask some rows: choices between the old vacancies and anything new, and the action asked."""
    view = window(histories, rows, LONGEST)
    ahead = questions.next_sessions(view, generator, QUESTIONS, trained)
    within = questions.next_events(view, generator, QUESTIONS, trained)
    batch = tensors(view, questions.joined(ahead, within))
    features, newest = describe(batch, seen(batch, "prefix"))
    newest = newest & (batch.items >= FIRST_ITEM)[:, None]
    row, nth = batch.weight.nonzero(as_tuple=True)
    old, values = newest[row, nth], features[row, nth]
    target = batch.target[row, nth]
    same = old & (batch.items[row] == target[:, None])
    return _choices(values, old, same), batch.asked[row, nth].numpy()


def _choices(values: Tensor, old: Tensor, same: Tensor) -> Choices:
    """Candidates of M questions: what is new (all features 0), then the old ones.

    Args:
        values: Features, (M, L, 10).
        old: Which places hold a candidate, (M, L).
        same: Which of them is the answer, if any, (M, L).
    """
    count, width = old.shape
    table = torch.cat([values, torch.ones(count, width, 1)], -1)
    table = torch.cat([torch.zeros(count, 1, table.shape[-1]), table], 1)
    kept = torch.cat([torch.ones(count, 1, dtype=torch.bool), old], 1)
    sizes = kept.sum(1).numpy()
    starts = np.concatenate([[0], np.cumsum(sizes)])
    before = (torch.cat([torch.zeros(count, 1, dtype=torch.bool), old], 1).cumsum(1)).numpy()
    place = np.where(same.any(1).numpy(), 1 + same.int().argmax(1).numpy(), 0)
    chosen = starts[:-1] + before[np.arange(count), place]
    return Choices(table[kept].numpy(), starts, chosen)


def _joined(parts: list[Choices]) -> Choices:
    ends = np.cumsum([0, *(len(part.values) for part in parts)])
    moved = zip(parts, ends, strict=False)
    starts = [part.starts[:-1] + end for part, end in moved]
    chosen = [part.chosen + end for part, end in zip(parts, ends, strict=False)]
    return Choices(
        np.concatenate([part.values for part in parts]),
        np.concatenate([*starts, ends[-1:]]),
        np.concatenate(chosen),
    )
