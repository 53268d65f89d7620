"""A vacancy recommended to at most c rows: who gets it, greedily by chance of a response."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stages.rules.greedy_choice import Limit
from stages.rules.lists import Bools, Floats, Ints, Lists

LEAST = np.finfo(float).tiny  # what the worst vacancy is worth: more than nothing


@dataclass(frozen=True)
class Offers:
    """P (row, vacancy) pairs, row by row, the best of a row first.

    Attributes:
        rows: (P,).
        items: (P,).
        values: What each pair is worth, above 0, (P,).
        floors: The most that any vacancy behind the end of a row's list is worth, 0 where there is
            none, (R,).
    """

    rows: Ints
    items: Ints
    values: Floats
    floors: Floats

    @property
    def count(self) -> int:
        """R."""
        return len(self.floors)

    def keys(self) -> Ints:
        """One number a pair."""
        return self.rows.astype(np.int64) << 32 | self.items.astype(np.int64)


@dataclass(frozen=True)
class Assignment:
    """Which offers are taken.

    Attributes:
        offers: What they are chosen from.
        taken: (P,).
        hungry: Rows that might do better with what is behind the end of their lists, (R,).
        paid: By price, what a row gives for each that it holds, (P,).
        prices: Of each vacancy, by item id; empty without prices.
        gap: At most so much less than the greatest sum of values; infinite where nothing is known.
    """

    offers: Offers
    taken: Bools
    hungry: Bools
    paid: Floats
    prices: Floats
    gap: float = np.inf


def values(lists: Lists, k: int) -> Floats:
    """Chance of each vacancy to be the one of the first k that is responded to, (B, D).

    exp(score) over the sum of it over the first k: the conditional logit that calibrates the scores.
    A vacancy behind the first k is measured by the same sum.
    """
    if not lists.items.shape[1]:
        return lists.scores
    there = lists.items > 0
    first = np.where(there[:, :1], lists.scores[:, :1], 0.0)
    raised: Floats = np.exp(np.where(there, lists.scores, -np.inf) - first)
    total: Floats = raised[:, :k].sum(axis=1, keepdims=True)
    return np.maximum(raised / np.maximum(total, LEAST), LEAST * there)


def offers(held: Mapping[int, Lists], k: int, size: int) -> Offers:
    """Lay out lists of any depths, one a row, of rows 0 to R - 1; `size` as in `Order`."""
    found, floors = [], np.zeros(len(held))
    for row in range(len(held)):
        own = held[row]
        worth = values(own, k)[0]
        place = np.flatnonzero(own.items[0])
        found.append((np.full(len(place), row), own.items[0][place], worth[place]))
        floors[row] = 0.0 if own.whole(size)[0] else worth[-1]
    none = np.zeros(0, dtype=np.int64)
    found.append((none, none, none.astype(float)))
    rows, items, worth = (np.concatenate(column) for column in zip(*found, strict=True))
    return Offers(rows, items, worth, floors)


def greedy(given: Offers, k: int, capacity: int, *, limits: Sequence[Limit] = ()) -> Assignment:
    """Go through all offers, the most valuable first, and take each that there is room for.

    Room for a row's k, for the vacancy's c, and for the row's limits by group. Ties go to the row of
    the lesser number, then to what the row ranks higher.
    """
    order = np.argsort(-given.values, kind="stable")  # rows ascend already
    left = dict.fromkeys(np.unique(given.items).tolist(), capacity)
    wanted = [k] * given.count
    groups = [limit.groups[given.items].tolist() for limit in limits]
    counts: list[dict[tuple[int, int], int]] = [{} for _ in limits]
    rows, items = given.rows.tolist(), given.items.tolist()
    taken = np.zeros(len(items), dtype=bool)
    least = np.full(given.count, -np.inf)
    for place in order.tolist():
        row, item = rows[place], items[place]
        keys = [(row, group[place]) for group in groups]
        full = any(
            key[1] >= 0 and count.get(key, 0) >= limit.most
            for key, count, limit in zip(keys, counts, limits, strict=True)
        )
        if full or not wanted[row] or not left[item]:
            continue
        taken[place] = True
        wanted[row] -= 1
        left[item] -= 1
        for key, count in zip(keys, counts, strict=True):
            count[key] = count.get(key, 0) + 1
        if not wanted[row]:
            least[row] = given.values[place]
    hungry = (given.floors > 0) & (least < given.floors)
    return Assignment(given, taken, hungry, np.zeros(len(items)), np.zeros(0))
