"""Products of matrices as exact as their type: what the bounds of the ranking are made for."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def exact_products() -> Iterator[None]:
    """Let a GPU round no factor to TF32 and add up bfloat16 products in fp32, for a while."""
    bf16 = torch.backends.cuda.matmul
    before = torch.get_float32_matmul_precision(), bf16.allow_bf16_reduced_precision_reduction
    torch.set_float32_matmul_precision("highest")
    bf16.allow_bf16_reduced_precision_reduction = False
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        bf16.allow_bf16_reduced_precision_reduction = before[1]
