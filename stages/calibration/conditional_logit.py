"""Conditional logit: which of a group's candidates is chosen, as a linear score of their features.

The probability of candidate i of a group is exp(x_i w) / sum over the group of exp(x_j w).
Source: McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", 1974. A penalty pulls
the weights to given ones, so that little data moves them little. The loss is convex; Newton's steps
with halving find its minimum.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stages.core.line_ranges import ranges

Floats: TypeAlias = NDArray[np.floating[Any]]
Ints: TypeAlias = NDArray[np.integer[Any]]

STEPS = 30  # Newton steps, at most
HALVINGS = 12
SMALL = 1e-8  # a step that promises less of the loss per group ends the search
BLOCK = 2**16  # candidates whose features are weighted at once


@dataclass(frozen=True)
class Choices:
    """G groups with P candidates in all, group by group.

    Attributes:
        values: Features of the candidates, (P, F).
        starts: Group g holds candidates starts[g] to starts[g + 1], at least one, (G + 1,).
        chosen: Which candidate was chosen, counted over all groups, (G,).
    """

    values: Floats
    starts: Ints
    chosen: Ints

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self.chosen)

    def picked(self, groups: NDArray[np.bool_]) -> "Choices":
        """Keep some groups, (G,) bool; all of them are not copied."""
        if groups.all():
            return self
        sizes = np.diff(self.starts)
        kept = np.repeat(groups, sizes)
        starts = np.concatenate([[0], np.cumsum(sizes[groups])])
        moved = np.cumsum(kept) - 1
        return Choices(self.values[kept], starts, moved[self.chosen[groups]])


def probabilities(choices: Choices, weights: Floats) -> tuple[Floats, float]:
    """Probability of each candidate, (P,), and the negative log-likelihood of what was chosen."""
    scores = choices.values @ weights.astype(choices.values.dtype)
    owner = np.repeat(np.arange(len(choices)), np.diff(choices.starts))
    first = choices.starts[:-1]
    most = np.maximum.reduceat(scores, first)
    raised = np.exp((scores - most[owner]).astype(np.float64))
    total = np.add.reduceat(raised, first)
    loss = float((np.log(total) + most - scores[choices.chosen]).sum())
    return raised / total[owner], loss


def fit(choices: Choices, start: Floats, pull: Floats) -> Floats:
    """Find the weights of least loss.

    Args:
        choices: What was chosen from what.
        start: Weights that the penalty pulls to, where the search begins, (F,).
        pull: Strength of the pull on each weight: the loss is the negative log-likelihood plus
            pull (weight - start)^2 / 2; all above 0, (F,).

    Returns:
        (F,) float64.
    """
    weights: Floats = start.astype(np.float64)
    if not len(choices):
        return weights
    chance, loss = probabilities(choices, weights)
    for _ in range(STEPS):
        slope, bend = _derivatives(choices, chance)
        slope = slope + pull * (weights - start)
        step = np.linalg.solve(bend + np.diag(pull), slope)
        promised = float(slope @ step)
        if promised < SMALL * len(choices):
            break
        weights, chance, loss, better = _halved(choices, weights, step, (start, pull), loss, chance)
        if not better:
            break
    return weights


def _penalty(weights: Floats, start: Floats, pull: Floats) -> float:
    return float((pull * (weights - start) ** 2).sum() / 2)


def _halved(
    choices: Choices,
    weights: Floats,
    step: Floats,
    prior: tuple[Floats, Floats],
    loss: float,
    chance: Floats,
) -> tuple[Floats, Floats, float, bool]:
    """Go along a step, or a half, a quarter of it, until the loss falls."""
    whole = loss + _penalty(weights, *prior)
    for power in range(HALVINGS):
        tried = weights - step / 2**power
        found, reached = probabilities(choices, tried)
        if reached + _penalty(tried, *prior) < whole:
            return tried, found, reached, True
    return weights, chance, loss, False


def _derivatives(choices: Choices, chance: Floats) -> tuple[Floats, Floats]:
    """Gradient (F,) and Hessian (F, F) of the negative log-likelihood, added up block by block."""
    starts, width = choices.starts, choices.values.shape[1]
    slope, bend = np.zeros(width), np.zeros((width, width))
    for first, stop in ranges(np.diff(starts), BLOCK):
        part = slice(starts[first], starts[stop])
        values = choices.values[part]
        weighted = values * chance[part, None].astype(values.dtype)
        means = np.add.reduceat(weighted, starts[first:stop] - starts[first], axis=0)
        taken = choices.values[choices.chosen[first:stop]]
        slope += (means - taken).sum(axis=0, dtype=np.float64)
        bend += weighted.T @ values
        bend -= means.T @ means
    return slope, bend
