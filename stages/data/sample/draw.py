"""Seeded streams and vectorised draws shared by the whole generator."""

from typing import TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]


def stream(seed: int, purpose: str, chunk: int = 0) -> np.random.Generator:
    """Return the generator of one purpose and one chunk: independent of every other.

    The purpose enters by its CRC-32, which unlike `hash` is the same in every process.
    """
    words = [seed, crc32(purpose.encode()), chunk]
    return np.random.default_rng(np.random.SeedSequence(words))


def share(total: int, chunk: int, chunks: int) -> int:
    """Return how many of `total` things fall into one chunk; over all chunks exactly `total`."""
    return total * (chunk + 1) // chunks - total * chunk // chunks


def zipf(count: int, exponent: float, shift: float = 0.0) -> Floats:
    """Return Zipf-Mandelbrot shares 1 / (rank + shift) ** exponent, summing to 1."""
    weights = 1.0 / (np.arange(1, count + 1) + shift) ** exponent
    shares: Floats = weights / weights.sum()
    return shares


def pick(rng: np.random.Generator, shares: Floats, size: int) -> Ints:
    """Draw `size` indices in proportion to `shares` (any positive scale)."""
    edges = np.cumsum(shares)
    drawn = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    found: Ints = np.minimum(drawn, len(shares) - 1)
    return found


def pick_by_row(rng: np.random.Generator, table: Floats, rows: Ints) -> Ints:
    """Draw one column for each entry of `rows` from that row of `table`: (n,)."""
    edges = np.cumsum(table, axis=1)
    edges /= edges[:, -1:]
    drawn = np.zeros(len(rows), dtype=np.int64)
    dice = rng.random(len(rows))
    for column in range(table.shape[1] - 1):
        drawn += dice > edges[rows, column]
    return drawn


def rake(table: Floats, rows: Floats, columns: Floats, rounds: int = 60) -> Floats:
    """Scale a positive table until its margins are `rows` and `columns`.

    Iterative proportional fitting (Deming and Stephan, 1940). Both margins sum to 1.
    """
    fitted = table.copy()
    for _ in range(rounds):
        fitted *= (rows / fitted.sum(axis=1))[:, None]
        fitted *= columns / fitted.sum(axis=0)
    return fitted


def spread(lengths: Ints) -> tuple[Ints, Ints]:
    """Return, for ragged rows laid end to end, each entry's row and its place in the row."""
    owner = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.cumsum(lengths) - lengths
    return owner, np.arange(len(owner)) - starts[owner]


def ranks(group: Ints, key: Floats) -> Ints:
    """Return the rank (0 first) of each entry by `key` ascending within its group."""
    order = np.lexsort((key, group))
    ordered = group[order]
    fresh = np.r_[True, ordered[1:] != ordered[:-1]] if len(ordered) else np.zeros(0, bool)
    starts = np.flatnonzero(fresh)
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(group)) - np.repeat(starts, np.diff(np.r_[starts, len(group)]))
    return place


def sigmoid(logit: Floats) -> Floats:
    """Return the logistic function of a logit."""
    return 1.0 / (1.0 + np.exp(-logit))
