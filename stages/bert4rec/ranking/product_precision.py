"""Choose the precision of the products that find candidates: no result depends on it."""

import time
from typing import Literal

import torch
from torch import Tensor

from stages.bert4rec.ranking import top_k

WORTH = 10**9  # multiplications from which on `auto` tries which precision is faster
Precision = Literal["no", "bf16", "auto"]


def in_half(precision: Precision, items: Tensor, rows: int, batch_rows: int) -> bool:
    """Whether to multiply in bfloat16; `auto` tries both when there is much to do.

    Args:
        precision: What is wanted.
        items: Vectors of the catalogue, (N, W).
        rows: Rows to rank.
        batch_rows: Rows of one product.
    """
    if precision != "auto":
        return precision == "bf16"
    shape = min(rows, batch_rows), items.shape[1]
    if rows * items.numel() < WORTH or not shape[0]:
        return False
    left, right = (
        torch.ones(shape, device=items.device),
        items[: top_k.chunk_of(items.device, shape[0])],
    )
    return seconds(left.bfloat16(), right.bfloat16()) < seconds(left, right)


def seconds(left: Tensor, right: Tensor, tries: int = 5) -> float:
    """Shortest time of a product."""
    times = []
    for _ in range(tries):
        start = time.perf_counter()
        (left @ right.T).sum().item()  # waits for a device that works on its own
        times.append(time.perf_counter() - start)
    return min(times)
