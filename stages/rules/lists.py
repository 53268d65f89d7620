"""Ranked lists, cut at some depth out of a total order that does not depend on it."""

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.integer[Any]]
Floats: TypeAlias = NDArray[np.floating[Any]]
Bools: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Lists:
    """The first D vacancies of B rows.

    Attributes:
        items: Item ids, best first, 0 where nothing is left, (B, D).
        scores: Never rising along a row, -inf where nothing is left, (B, D) float64.
    """

    items: Ints
    scores: Floats

    def whole(self, size: int) -> Bools:
        """Whether each row's list holds all of its candidates, of which there are at most `size`."""
        depth = self.items.shape[1]
        full = np.full(len(self.items), depth >= size)
        return full if not depth else full | (self.items[:, -1] == 0)


def empty(count: int, depth: int) -> Lists:
    """Lists that nothing is in yet."""
    items = np.zeros((count, depth), dtype=np.int32)
    return Lists(items, np.full(items.shape, -np.inf))


class Order(Protocol):
    """What ranks R rows: a total order of the candidates of each, known to any depth asked for.

    The first d of a deeper list are the list of depth d.
    """

    @property
    def size(self) -> int:
        """Most candidates of a row."""

    def __len__(self) -> int:
        """Return R."""

    def to_depth(self, rows: Ints, depth: int) -> Lists:
        """Give the first `depth` of some rows, (B,)."""

    def arranged(self, rows: Ints, items: Ints) -> Ints:
        """Put what the seen policy wants last at the end of the lists (B, k) of some rows, (B,)."""


def scores_of(lists: Lists, items: Ints) -> Floats:
    """Look up the scores of items (B, k) in lists that hold them, NaN for 0, (B, k)."""
    row = np.arange(len(items), dtype=np.int64)[:, None] << 32
    keys, wanted = (row | lists.items).ravel(), (row | items).ravel()
    order = np.argsort(keys, kind="stable")
    place = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    found = np.where(wanted & 0xFFFFFFFF, lists.scores.ravel()[place], np.nan)
    return found.reshape(items.shape)
