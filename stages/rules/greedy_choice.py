"""Choose k of a ranked list one by one, each the best that the rules still allow.

At most n of a group: a vacancy is passed over once n of its group are chosen. Diversity is maximal
marginal relevance (Carbonell and Goldstein, "The Use of MMR", SIGIR 1998): the next is the one of most
(1 - w) score - w (greatest cosine to what is chosen).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.rules.lists import Bools, Floats, Ints, Lists

SLACK = 1e-9  # of a sum in float64


@dataclass(frozen=True)
class Limit:
    """At most `most` of a group in a list.

    Attributes:
        groups: Group of each vacancy, by item id, (N,); -1 is of no group and never limited.
        most: n.
    """

    groups: Ints
    most: int


@dataclass(frozen=True)
class Diversity:
    """How much unlike each other the vacancies of a list should be.

    Attributes:
        weight: w, from 0 (as ranked) to below 1.
        vectors: Of each vacancy, by item id, of length 1 or 0, (N, H).
    """

    weight: float
    vectors: Floats


@dataclass(frozen=True)
class Choice:
    """What was chosen of B lists.

    Attributes:
        items: In the order of choice, 0 where nothing was left, (B, k).
        sure: Whether no candidate behind the end of the list could have changed it, (B,).
    """

    items: Ints
    sure: Bools


def chosen(
    lists: Lists, k: int, limits: Sequence[Limit], diversity: Diversity | None, whole: Bools
) -> Choice:
    """Choose k of each list.

    Args:
        lists: B rows, to some depth.
        k: How many.
        limits: Each of them holds.
        diversity: None takes the first that is allowed.
        whole: Whether a list holds all candidates of its row, (B,).
    """
    picked = np.zeros((len(lists.items), k), dtype=lists.items.dtype)
    free, sure = lists.items > 0, np.ones(len(picked), dtype=bool)
    groups = [limit.groups[lists.items] for limit in limits]
    counts = [np.zeros(lists.items.shape, dtype=np.int32) for _ in limits]
    likeness = None if diversity is None else Likeness(lists, diversity)
    every = np.arange(len(picked))
    for step in range(k if lists.items.shape[1] else 0):
        blocked = [count >= limit.most for count, limit in zip(counts, limits, strict=True)]
        may = free & ~np.logical_or.reduce(blocked) if blocked else free
        place = may.argmax(axis=1) if likeness is None else likeness.best(may)
        found = may[every, place]
        if likeness is not None:
            sure &= likeness.certain(place, step)
            likeness.take(place, found)
        sure &= found
        picked[:, step] = np.where(found, lists.items[every, place], 0)
        free[every, place] &= ~found
        for group, count in zip(groups, counts, strict=True):
            own = np.where(found, group[every, place], -1)[:, None]
            np.add(count, (group == own) & (own >= 0), out=count)
        if not found.any():
            break
    return Choice(picked, sure | whole)


class Likeness:
    """How like what is chosen the candidates of B lists are, (B, D)."""

    def __init__(self, lists: Lists, diversity: Diversity) -> None:
        self.weight = diversity.weight
        self.worth = (1 - self.weight) * np.where(lists.items > 0, lists.scores, -np.inf)
        self.vectors = diversity.vectors[lists.items].astype(np.float64)
        self.total = np.zeros((len(lists.items), self.vectors.shape[2]))
        self.most = np.full(lists.items.shape, -np.inf)
        self.value = self.worth.copy()

    def best(self, may: Bools) -> Ints:
        """Place of the best that may be chosen, the first of equals, (B,)."""
        found: Ints = np.where(may, self.value, -np.inf).argmax(axis=1)
        return found

    def certain(self, place: Ints, step: int) -> Bools:
        """Whether nothing behind the end of the lists is better, (B,).

        What is behind scores no more than the last of the list, and the greatest cosine to what is
        chosen is no less than the mean one, hence no less than minus the length of the mean vector.
        """
        length = np.linalg.norm(self.total, axis=1) / max(step, 1)
        bound = self.worth[:, -1] + self.weight * length + SLACK
        found: Bools = self.value[np.arange(len(place)), place] >= bound
        return found

    def take(self, place: Ints, found: Bools) -> None:
        """Note what was chosen."""
        own = self.vectors[np.arange(len(place)), place] * found[:, None]
        self.total += own
        cosine = np.matmul(self.vectors, own[:, :, None])[:, :, 0]
        np.maximum(self.most, cosine, out=self.most, where=found[:, None])
        self.value = self.worth - self.weight * np.where(np.isfinite(self.most), self.most, 0.0)
