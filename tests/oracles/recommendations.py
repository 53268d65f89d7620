"""Obvious, slow versions of what `stages` does fast: one row, one loop, no cleverness."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

Touch = tuple[int, int]  # item, action
ACTIONS = {1: "response", 2: "view", 3: "favourite"}
STRICT = ("keep", "last", "hide")
UNTRIED = {"response": "last", "favourite": "keep", "view": "keep"}  # of `auto`


def fate(item: int, context: Sequence[Touch], policy: Mapping[str, str]) -> str:
    """Strictest fate of an item among everything the row did with it; `auto` before any choice."""
    policy = {name: UNTRIED[name] if given == "auto" else given for name, given in policy.items()}
    found = [policy.get(ACTIONS.get(action, ""), "keep") for own, action in context if own == item]
    return max(found, key=STRICT.index, default="keep")


def arranged(
    ranked: Sequence[int], context: Sequence[Touch], policy: Mapping[str, str], k: int
) -> list[int]:
    """Best k of the candidates that are not hidden, those of fate `last` moved to their end."""
    best = [item for item in ranked if fate(item, context, policy) != "hide"][:k]
    late = [item for item in best if fate(item, context, policy) == "last"]
    return [item for item in best if item not in late] + late


def popular(counts: Mapping[int, int]) -> list[int]:
    """Items by count, the most frequent first, ties by item."""
    return sorted(counts, key=lambda item: (-counts[item], item))


def last_viewed(context: Sequence[Touch], counts: Mapping[int, int]) -> list[int]:
    """Own items not responded to, newest first; those responded to, newest first; popular ones."""
    newest: list[int] = []
    for item, _ in reversed(context):
        if item in counts and item not in newest:
            newest.append(item)
    responded = {item for item, action in context if action == 1}
    open_ones = [item for item in newest if item not in responded]
    answered = [item for item in newest if item in responded]
    return open_ones + answered + [item for item in popular(counts) if item not in newest]


def metrics(true: str, predicted: Sequence[str]) -> dict[str, float]:
    """Every metric of one row."""
    rank = predicted.index(true) + 1 if true in predicted else math.inf
    found = {"MRR@100": 1 / rank if rank <= 100 else 0.0}
    found |= {f"HR@{k}": float(rank <= k) for k in (1, 5, 10, 50, 100)}
    found |= {f"NDCG@{k}": 1 / math.log2(rank + 1) if rank <= k else 0.0 for k in (10, 100)}
    return found


def resampled_means(values: Sequence[float], resamples: int, seed: int) -> list[float]:
    """Means of rows drawn with replacement, one row after the other."""
    generator = np.random.default_rng(seed)
    size = len(values)
    return [
        sum(values[place] for place in generator.integers(size, size=size)) / size
        for _ in range(resamples)
    ]
