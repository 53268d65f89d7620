"""Total orders of some rows each, as one of all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from stages.bert4rec.examples.histories import Ints
from stages.rules.lists import Lists, Order, empty


@dataclass(frozen=True)
class PartedOrder:
    """Orders of some rows each, as an order of all R.

    Attributes:
        owners: Which part each row is of, (R,).
        parts: Their orders; rows are counted within each.
    """

    owners: Ints
    parts: Sequence[Order]

    @property
    def size(self) -> int:
        """Most candidates of a row."""
        return max(part.size for part in self.parts)

    def __len__(self) -> int:
        """Return R."""
        return len(self.owners)

    def to_depth(self, rows: Ints, depth: int) -> Lists:
        """See `Order`."""
        found = empty(len(rows), depth)
        for mine, own, part in self._split(rows):
            lists = part.to_depth(own, depth)
            found.items[mine], found.scores[mine] = lists.items, lists.scores
        return found

    def arranged(self, rows: Ints, items: Ints) -> Ints:
        """See `Order`."""
        found = np.zeros_like(items)
        for mine, own, part in self._split(rows):
            found[mine] = part.arranged(own, items[mine])
        return found

    def _split(self, rows: Ints) -> Iterator[tuple[Ints, Ints, Order]]:
        """Yield the places in `rows` of each part's rows, and their numbers within it."""
        for number, part in enumerate(self.parts):
            mine = np.flatnonzero(self.owners[rows] == number)
            if len(mine):
                inner = np.cumsum(self.owners == number) - 1
                yield mine, inner[rows[mine]], part
