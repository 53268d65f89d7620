"""Excluded pairs: the items that a row must not be recommended."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class ExcludedPairs:
    """Some (row, item place) pairs, sorted by place: rows (P,), places (P,)."""

    rows: Tensor
    places: Tensor

    def sampled(self, stride: int) -> "ExcludedPairs":
        """Return the pairs at multiples of `stride`, their places divided by it."""
        kept = self.places % stride == 0
        return ExcludedPairs(self.rows[kept], self.places[kept] // stride)

    def of(self, rows: Tensor, count: int) -> "ExcludedPairs":
        """Return the pairs of some (R,) of `count` rows, which are numbered anew."""
        number = torch.full((count,), -1, device=rows.device)
        number[rows] = torch.arange(len(rows), device=rows.device)
        own = number[self.rows]
        return ExcludedPairs(own[own >= 0], self.places[own >= 0])

    def cut(self, bounds: list[int]) -> list[tuple[Tensor, Tensor]]:
        """Return the pairs between each two bounds, places counted from the first of them."""
        ends = torch.searchsorted(self.places, self.places.new_tensor(bounds)).tolist()
        return [
            (self.rows[low:high], self.places[low:high] - begin)
            for begin, low, high in zip(bounds, ends, ends[1:], strict=False)
        ]


def pairs(rows: Tensor, places: Tensor) -> ExcludedPairs:
    """Sort pairs by place; those without a place (-1) are left out."""
    inside = places >= 0
    places, order = places[inside].sort(stable=True)
    return ExcludedPairs(rows[inside][order], places)
