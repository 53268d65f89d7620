"""Exact scores: inner products whose bits depend on the pair alone, not on a batch or its shape."""

import torch
from torch import Tensor


def exact_scores(queries: Tensor, items: Tensor, out: Tensor | None = None) -> Tensor:
    """Inner products of pairs (P, W) and (P, W) -> (P,), by halves: multiplied and added in order.

    `out` (P, W) is written over, and may be one of the two.
    """
    total = torch.mul(queries, items, out=out)
    while total.shape[1] > 1:
        half = total.shape[1] // 2
        if total.shape[1] % 2:
            total[:, 0] += total[:, -1]
        total = total[:, :half].add_(total[:, half : 2 * half])
    return total[:, 0]


class PairScores:
    """Scores of pairs of a query and an item, gathered in the same memory each time.

    New blocks for each some thousand pairs would scatter what malloc holds.
    """

    def __init__(self, queries: Tensor, items: Tensor) -> None:
        self.queries, self.items = queries, items
        self.gathered = [queries[:0], queries[:0]]

    def __call__(self, rows: Tensor, places: Tensor) -> Tensor:
        """Score queries `rows` (P,) with items `places` (P,) -> (P,), read before the next call."""
        if len(self.gathered[0]) < len(rows):
            size = len(rows), self.queries.shape[1]
            self.gathered = [self.queries.new_empty(size) for _ in range(2)]
        left, right = (vectors[: len(rows)] for vectors in self.gathered)
        torch.index_select(self.queries, 0, rows, out=left)
        torch.index_select(self.items, 0, places, out=right)
        return exact_scores(left, right, out=left)
