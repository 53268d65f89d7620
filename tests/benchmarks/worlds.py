"""Who met what, made up: walks with something to learn, and plain draws; no item ids yet."""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]

# Train histories of the default sample by length: 2, 3, …, 64 or longer.
SAMPLE_LENGTHS = [2447, 1669, 1365, 1019, 927, 768, 705, 559, 508, 429, 441, 360, 280, 281, 263,
                  259, 225, 198, 195, 202, 161, 133, 166, 126, 125, 121, 114, 114, 98, 75, 102, 76,
                  90, 79, 70, 74, 85, 58, 56, 51, 59, 53, 52, 55, 46, 42, 45, 39, 43, 33, 48, 44,
                  31, 39, 37, 38, 39, 33, 38, 31, 25, 27, 1746]  # fmt: skip
SUCCESSORS = 3
FOLLOW, STAY = 0.3, 0.35  # else: go to another cluster of the user's taste
TASTES = 4  # clusters of a user
TRIES = 4


@dataclass(frozen=True)
class Films:
    """Items in clusters: where each stands, how popular it is, what tends to follow it."""

    cluster: Ints  # (N,)
    starts: Ints  # first item of each cluster, (C + 1,)
    reach: NDArray[np.float64]  # popularity added up over all items, (N,)
    after: Ints  # (N, SUCCESSORS)


def films(count: int, clusters: int, generator: np.random.Generator) -> Films:
    """Cut `count` items into clusters of like size, popularity by a power of the rank."""
    cluster = np.sort(generator.integers(clusters, size=count))
    popularity = (1 + generator.permutation(count)) ** -0.9
    starts = np.searchsorted(cluster, np.arange(clusters + 1))
    world = Films(cluster, starts, np.cumsum(popularity), np.zeros((0, SUCCESSORS), dtype=np.int64))
    after = within(world, np.repeat(cluster, SUCCESSORS), generator)
    return replace(world, after=after.reshape(count, SUCCESSORS))


def within(world: Films, clusters: Ints, generator: np.random.Generator) -> Ints:
    """Draw an item of each cluster by popularity, (n,) -> (n,)."""
    padded = np.concatenate([[0.0], world.reach])
    low, high = padded[world.starts[clusters]], padded[world.starts[clusters + 1]]
    drawn = np.searchsorted(world.reach, low + (high - low) * generator.random(len(clusters)))
    return np.minimum(drawn, len(world.reach) - 1)


def movielens_lengths(users: int, longest: int, generator: np.random.Generator) -> Ints:
    """Histories of 20 items or more, median 96, mean 165, as MovieLens-1M's."""
    drawn = 19 + np.exp(generator.normal(np.log(76), 1.2, users))
    return np.minimum(drawn.astype(np.int64), longest)


def walks(users: int, items: int, clusters: int, generator: np.random.Generator) -> list[Ints]:
    """Walk each user through his clusters, never to an item twice."""
    world = films(items, clusters, generator)
    lengths = movielens_lengths(users, min(2_314, items // 2), generator)
    tastes = (clusters * generator.random((users, TASTES)) ** 1.5).astype(np.int64)
    tastes = tastes[:, np.repeat(np.arange(TASTES), (8, 4, 2, 2))]  # one cluster is the favourite
    seen = np.zeros((users, items), dtype=bool)
    found = np.zeros((users, int(lengths.max())), dtype=np.int64)
    for step in range(found.shape[1]):
        rows = np.flatnonzero(lengths > step)
        found[rows, step] = visit(world, rows, found[rows, step - 1], tastes, seen, generator, step)
    return [found[row, :length] for row, length in enumerate(lengths)]


def visit(
    world: Films,
    rows: Ints,
    here: Ints,
    tastes: Ints,
    seen: NDArray[np.bool_],
    generator: np.random.Generator,
    step: int,
) -> Ints:
    """Choose the next item of some users, (n,), and mark it as seen."""
    chosen = np.full(len(rows), -1)
    for attempt in range(TRIES):
        open_ = np.flatnonzero(chosen < 0)
        who, chance = rows[open_], generator.random(len(open_))
        wanted = tastes[who, generator.integers(tastes.shape[1], size=len(who))]
        stays = (chance < FOLLOW + STAY) & (step > 0) & (attempt < TRIES - 1)
        drawn = within(world, np.where(stays, world.cluster[here[open_]], wanted), generator)
        follower = np.minimum(generator.geometric(0.6, len(who)) - 1, SUCCESSORS - 1)
        follows = (chance < FOLLOW) & (step > 0) & (attempt == 0)
        drawn = np.where(follows, world.after[here[open_], follower], drawn)
        chosen[open_] = np.where(seen[who, drawn], -1, drawn)
    for place in np.flatnonzero(chosen < 0):  # a cluster watched to its end
        free = np.flatnonzero(~seen[rows[place]])
        chosen[place] = free[generator.integers(len(free))]
    seen[rows, chosen] = True
    return chosen


def draws(users: int, items: int, generator: np.random.Generator) -> list[Ints]:
    """Histories of the sample's lengths: every item once if there is room, then by popularity."""
    shares = np.array(SAMPLE_LENGTHS) / sum(SAMPLE_LENGTHS)
    lengths = generator.choice(np.arange(2, 2 + len(shares)), size=users, p=shares)
    events = int(lengths.sum())
    each = generator.permutation(items)[:events]
    rest = np.minimum(items ** generator.random(events - len(each)), items - 1).astype(np.int64)
    mixed = generator.permutation(np.concatenate([each, rest]))
    return np.split(mixed, np.cumsum(lengths)[:-1])


def by_popularity(histories: list[Ints], first: int, held_out: int) -> tuple[list[Ints], Ints]:
    """Rename items by frequency from `first` on; the last `held_out` of a history do not count.

    Returns:
        The histories renamed, and the counts in order of the new names.
    """
    flat = np.concatenate(histories)
    count = int(flat.max()) + 1
    counts = np.bincount(flat, minlength=count)
    for place in range(1, held_out + 1):
        counts -= np.bincount([items[-place] for items in histories], minlength=count)
    order = np.argsort(-counts, kind="stable")
    ids = np.empty(count, dtype=np.int64)
    ids[order] = np.arange(count) + first
    ends = np.cumsum([len(items) for items in histories])[:-1]
    return np.split(ids[flat], ends), counts[order]
