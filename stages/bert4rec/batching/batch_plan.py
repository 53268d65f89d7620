"""The batches of an epoch: histories of like length under a token budget, shuffled."""

import numpy as np

from stages.bert4rec.examples.histories import Ints


def plan(lengths: Ints, budget: int, seed: int) -> list[Ints]:
    """Group histories into batches of at most `budget` positions, padding included.

    Rows are shuffled, then sorted by length (ties stay shuffled), cut into batches, and the
    batches are shuffled: neighbours differ in length by little, so little is padding.

    Args:
        lengths: Events of each history, already cut to the longest allowed, (N,).
        budget: Most positions of a batch; a longer single history still gets its own batch.
        seed: Seed of the order.

    Returns:
        Row numbers of each batch; together every row exactly once.
    """
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(lengths))
    order = order[np.argsort(lengths[order], kind="stable")]
    groups = cut(np.maximum(lengths[order], 1), budget)
    batches = [order[start:end] for start, end in groups]
    return [batches[index] for index in generator.permutation(len(batches))]


def in_order(lengths: Ints, budget: int) -> list[Ints]:
    """Batches for ranking: sorted by length, not shuffled."""
    order = np.argsort(lengths, kind="stable")
    return [order[start:end] for start, end in cut(np.maximum(lengths[order], 1), budget)]


def cut(lengths: Ints, budget: int) -> list[tuple[int, int]]:
    """Split ascending lengths into runs with `count * longest <= budget` (or a single row)."""
    runs, start = [], 0
    while start < len(lengths):
        # the longest of a run is its last, so the run ends where (count x longest) passes the budget
        high = min(len(lengths), start + max(1, budget // int(lengths[start])))
        sizes = np.arange(1, high - start + 1) * lengths[start:high]
        end = start + max(1, int(np.searchsorted(sizes, budget, side="right")))
        runs.append((start, end))
        start = end
    return runs


def padding_share(lengths: Ints, batches: list[Ints]) -> float:
    """Share of a plan's positions that hold no event."""
    positions = sum(len(rows) * max(int(lengths[rows].max()), 1) for rows in batches)
    return 1 - float(lengths.sum()) / positions if positions else 0.0
