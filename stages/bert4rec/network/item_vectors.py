"""Vectors and biases of some items, taken from those of a table."""

from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class ItemVectors:
    """Vectors (..., H) and biases (...) of some items."""

    of: Tensor
    bias: Tensor


def picked(vectors: Tensor, biases: Tensor, rows: Tensor) -> ItemVectors:
    """Take rows (...) of vectors (n, H) and biases (n,).

    By `embedding`, whose backward pass adds up in one order whatever the threads; that of
    `vectors[rows]` does not.
    """
    bias = nn.functional.embedding(rows, biases[:, None]).squeeze(-1)
    return ItemVectors(nn.functional.embedding(rows, vectors), bias)
