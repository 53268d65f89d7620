"""Logs made up in memory in a moment, for a machine that has nothing but torch: no stage is run.

A world has the sizes of a log: histories as long, as many vacancies, tables of neighbours as large.
There is nothing to learn in it; how long a step takes does not depend on that.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy import sparse

from stages.bert4rec.examples.histories import Histories, meetings
from stages.bert4rec.network.config import HhrecConfig
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.popularity_prior import demand
from stages.bert4rec.retrieval.cooccurrence import CooccurrenceTable, Neighbours, nobody
from stages.core.item_ids import FIRST_ITEM
from stages.core.time_units import MINUTE
from stages.params import Params, validated
from stages.train.auto_hyperparameters import sized
from stages.train.dataset import TrainingData
from stages.train.inputs import events_asked
from tests.benchmarks.worlds import SAMPLE_LENGTHS, movielens_lengths

DAYS = 14
PAUSE = 0.15  # share of events that begin a session
CODES = (60, 60, 60, 2_000, 100, 60)  # of each column, where vacancies are described
WORDS = 8_000
LINES = 2**17  # distinct lines of a table of neighbours


@dataclass(frozen=True)
class World:
    """Sizes of a log.

    Attributes:
        users: Histories.
        items: Vacancies, all of them trained.
        longest: Events that a model sees.
        close: Neighbours of a vacancy.
        movies: Histories like MovieLens's, nothing twice; else like the default sample's.
        words: Tokens of a vacancy; without any, vacancies are not described at all.
    """

    users: int
    items: int
    longest: int
    close: int
    movies: bool = False
    words: int = 0

    def scaled(self, share: float) -> "World":
        """The same with fewer users and items."""
        users, items = (max(int(size * share), 60) for size in (self.users, self.items))
        return replace(self, users=users, items=items, close=min(self.close, items // 2))


ML1M = World(6_040, 3_706, 200, 100, movies=True)
CONTEST = World(120_000, 2_734_129, 64, 50, words=12)


def histories(world: World, generator: np.random.Generator) -> Histories:
    """Histories of the world's lengths; vacancies by popularity."""
    lengths = _lengths(world, generator)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    total = int(offsets[-1])
    if world.movies:
        items = _distinct(lengths, world.items, generator)
    else:
        items = np.minimum(world.items ** generator.random(total) - 1, world.items - 1)
    items = (items + FIRST_ITEM).astype(np.int32)
    begins = generator.random(total) < PAUSE
    begins[offsets[:-1]] = False
    sessions = np.cumsum(begins)
    sessions -= np.repeat(sessions[offsets[:-1]], lengths)
    steps = np.where(begins, generator.integers(30, 24 * 60, total), 1)
    minutes = np.cumsum(steps)
    minutes -= np.repeat(minutes[offsets[:-1]], lengths)
    longest = np.repeat(np.maximum(minutes[offsets[1:] - 1], 1), lengths)
    span = np.minimum(longest, DAYS * 24 * 60)
    start = np.repeat(generator.random(len(lengths)), lengths) * (DAYS * 24 * 60 - span)
    ranks, met = meetings(items, offsets)
    return Histories(
        items=items,
        actions=generator.choice([1, 2, 2, 2, 3], total).astype(np.int8),
        times=((start + minutes * (span / longest)) * MINUTE).astype(np.int64),
        sessions=sessions.astype(np.int32),
        ranks=ranks,
        met=met,
        offsets=offsets,
    )


def _lengths(world: World, generator: np.random.Generator) -> np.ndarray:
    if world.movies:
        return movielens_lengths(world.users, min(2_314, world.items // 2), generator)
    shares = np.array(SAMPLE_LENGTHS) / sum(SAMPLE_LENGTHS)
    return generator.choice(np.arange(2, 2 + len(shares)), size=world.users, p=shares)


def _distinct(lengths: np.ndarray, items: int, generator: np.random.Generator) -> np.ndarray:
    """Vacancies of each history, none twice: the greatest of popularity times chance (n,)."""
    popularity = -0.9 * np.log(1 + np.arange(items, dtype=np.float32))
    drawn = []
    for part in np.array_split(lengths, max(len(lengths) // 512, 1)):
        lots = popularity + generator.gumbel(size=(len(part), items)).astype(np.float32)
        best = np.argsort(-lots, axis=1)
        drawn += [row[:length] for row, length in zip(best, part, strict=True)]
    return np.concatenate(drawn)


def neighbours(world: World, end: int, generator: np.random.Generator) -> Neighbours:
    """Tables of the world's size: what it holds of the past is the same table four times."""
    count, close = world.items + FIRST_ITEM, world.close
    lines = min(count, LINES)
    order, last = np.arange(close), count - close
    drawn = (order + generator.random((lines, close), dtype=np.float32)) / close
    indices = (world.items**drawn).astype(np.int64) + FIRST_ITEM - 1
    indices = np.maximum.accumulate(indices - order, axis=1).clip(FIRST_ITEM, last) + order
    indices = np.resize(indices.astype(np.int32), (count, close))  # ascending, none twice in a line
    data = np.resize(generator.random(lines * close, dtype=np.float32) / 50, count * close)
    indptr = (np.arange(count + 1) * close).astype(np.int32)
    ones = np.ones(count, dtype=np.float32)
    table = sparse.csr_matrix((data, indices.ravel(), indptr), shape=(count, count))
    known = CooccurrenceTable(table, 10 * ones, 3 * ones)
    cuts = (end * np.array([0.2, 0.4, 0.6, 0.8])).astype(np.int64)
    return Neighbours(known, (known,) * 4, cuts, end)


def catalogue(
    world: World, met: Histories, *, near: bool, generator: np.random.Generator
) -> ItemInputs:
    """What is known of the vacancies."""
    count, end = world.items + FIRST_ITEM, int(met.times.max())
    described = world.words > 0
    codes = [generator.integers(0, size, count, dtype=np.int32) for size in CODES]
    words = generator.integers(0, WORDS, (count, world.words), dtype=np.int32)
    close = neighbours(world, end, generator) if near else nobody(count)
    found = demand(met.items, met.times, count)
    return ItemInputs(
        torch.from_numpy(np.stack(codes, 1) if described else np.zeros((count, 6), np.int32)),
        torch.from_numpy(generator.random((count, 2), dtype=np.float32) * described),
        torch.from_numpy(words),
        found,
        close,
    )


def params(world: World, shown: int, **train: object) -> Params:
    """Parameters as `hhrec train` chooses them for so many events an epoch."""
    sections = {"train": train, "sequences": {"max_length": world.longest}}
    return sized(validated(sections, where="gpu"), shown, 1)


def config(given: Params, world: World) -> HhrecConfig:
    """The model's config."""
    settings, described = given.train, world.words > 0
    return HhrecConfig(
        objective=settings.objective,
        hidden_size=settings.hidden_size,
        layers=settings.layers,
        heads=settings.heads,
        dropout=settings.dropout or 0.0,
        history_length=given.sequences.max_length,
        trained=world.items,
        code_sizes=CODES if described else (),
        word_count=WORDS if described else 0,
        has_salary=described,
        id_dropout=settings.id_dropout or 0.0,
        neighbours=settings.near_ones(),
        asks=settings.ways()[0],
    )


def task(
    met: Histories, known: ItemInputs, given: Params, trained: int, device: torch.device
) -> TrainingData:
    """What to train on, on a device."""
    rows = np.flatnonzero(met.lengths() >= given.train.min_length)
    seen = torch.bincount(torch.from_numpy(met.items).long(), minlength=trained + FIRST_ITEM)
    share = (seen[FIRST_ITEM:] / max(int(seen.sum()), 1)).float().to(device)
    return TrainingData(
        histories=met,
        rows=rows,
        catalogue=known.to(device),
        share=share,
        cumulated=share.double().cumsum(0),
        settings=given.train,
        max_length=given.sequences.max_length,
        seed=given.seed,
        events=events_asked(met, rows),
    )
