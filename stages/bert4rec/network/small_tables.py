"""Look-ups in tables of a few rows, whose gradient a GPU adds up by one matrix product.

The backward pass of an embedding sorts its ids there, by a dozen kernels that each take longer to
start than to run.
"""

from typing import Any

import torch
from torch import Tensor, nn


class _Rows(torch.autograd.Function):
    """Rows of a table (n, H) by ids (...), as `embedding` takes them."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, ids: Tensor) -> Tensor:
        ctx.save_for_backward(ids)
        ctx.rows = len(table)
        return nn.functional.embedding(ids, table)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        ids = ctx.saved_tensors[0].flatten()
        grad = grads[0].flatten(0, -2)
        hot = grad.new_zeros(len(ids), ctx.rows).scatter_(1, ids[:, None], 1.0)
        return hot.T @ grad, None


def rows_of(table: nn.Embedding, ids: Tensor) -> Tensor:
    """Rows of a table of some dozens (n, H) by ids (...): (..., H)."""
    return table(ids) if ids.is_cpu else looked_up(table.weight, ids)


def looked_up(table: Tensor, ids: Tensor) -> Tensor:
    """Do it in the way that is made for a GPU."""
    found: Tensor = _Rows.apply(table, ids)
    return found
