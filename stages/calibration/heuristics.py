"""Features from the plain recommenders: a vacancy's rank in each list, and its train count."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

import numpy as np
import polars as pl

from stages.baselines.candidate_source import CandidateSource, LearnSource, item_space
from stages.bert4rec.examples.histories import Ints
from stages.calibration.conditional_logit import Floats
from stages.params import Params

CHEAP = ("popular", "trending")
DEAR = ("item_knn", "als")
LISTED = 100  # vacancies of each list
ABSENT = 150.0  # rank of a vacancy that a list does not hold
MOST_EVENTS = 5_000_000  # in train, for the dear
MOST_FACTORS = 300_000  # users and vacancies, for the dear
NOTHING_GONE = {"row": pl.UInt32, "item": pl.Int32}


@dataclass(frozen=True)
class Ranks:
    """Ranks of vacancies in the lists of S recommenders, for R rows.

    Attributes:
        keys: Row times `width` plus item, ascending, (P,).
        ranks: 1 is the best, `ABSENT` where a list does not hold the vacancy, (P, S) float32.
        width: More than any item id.
    """

    keys: Ints
    ranks: Floats
    width: int

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        """All vacancies that some list holds for some rows (B,): place in `rows`, and item."""
        first = np.searchsorted(self.keys, rows.astype(np.int64) * self.width)
        stop = np.searchsorted(self.keys, (rows.astype(np.int64) + 1) * self.width)
        sizes = stop - first
        owner = np.repeat(np.arange(len(rows)), sizes)
        places = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + first[owner]
        return owner, self.keys[places] % self.width

    def of(self, rows: Ints, items: Ints) -> Floats:
        """Ranks of pairs (P,) -> (P, S)."""
        found = np.full((len(rows), self.ranks.shape[1]), ABSENT, dtype=np.float32)
        if not len(self.keys):
            return found
        key = rows.astype(np.int64) * self.width + items
        place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        there = self.keys[place] == key
        found[there] = self.ranks[place[there]]
        return found


@dataclass(frozen=True)
class Heuristics:
    """Recommenders that have been learned, by name, and how often each item was met in train.

    Attributes:
        shelves: Ways to rank items for rows.
        counts: Train events by item id, (N,) float32.
        end: Moment of the newest train event, microseconds since 1970.
    """

    shelves: Mapping[str, CandidateSource]
    counts: Floats
    end: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the recommenders, in the order of `Ranks.ranks`."""
        return tuple(self.shelves)

    def ranks(self, rows: pl.DataFrame) -> Ranks:
        """Ask every recommender for its best vacancies of each row (`schema.TEST_SEQUENCES`)."""
        gone, width = pl.DataFrame(schema=NOTHING_GONE), len(self.counts)
        found = pl.DataFrame(schema={"key": pl.Int64})
        for name, shelf in self.shelves.items():
            rank = pl.col("order").rank("ordinal").over("row").cast(pl.Float32)
            key = pl.col("row").cast(pl.Int64) * width + pl.col("item")
            listed = shelf(rows, gone, LISTED).select(key.alias("key"), rank.alias(name))
            listed = listed.filter(pl.col(name) <= LISTED)
            found = found.join(listed, on="key", how="full", coalesce=True)
        found = found.sort("key").with_columns(pl.col(self.names).fill_null(ABSENT))
        table = found.select(self.names).to_numpy().astype(np.float32)
        return Ranks(found["key"].to_numpy(), table.reshape(len(found), len(self.names)), width)


def affordable(train: pl.LazyFrame) -> tuple[str, ...]:
    """Names of the recommenders that a log of this size can afford to learn."""
    length = pl.col("items").list.len()
    events, users = train.select(length.sum(), pl.len()).collect().row(0)
    items = train.select(pl.col("items").explode(empty_as_null=False).n_unique()).collect().item()
    return of_size(events or 0, users, items)


def of_size(events: int, users: int, items: int) -> tuple[str, ...]:
    """Names of the recommenders that so many train events of so many users and items allow."""
    if events <= MOST_EVENTS and users + items <= MOST_FACTORS:
        return CHEAP + DEAR
    return CHEAP


def learn(
    names: tuple[str, ...], *, train: pl.LazyFrame, vocab: pl.DataFrame, params: Params
) -> Heuristics:
    """Learn recommenders from the train histories (`schema.HISTORY`) and `schema.VOCAB`."""
    shelves = {}
    for name in names:
        module: LearnSource = import_module(f"stages.baselines.{name}").learn
        shelves[name] = module(train=train, vocab=vocab, params=params)
    counts = np.zeros(item_space(vocab), dtype=np.float32)
    counts[vocab["item"].to_numpy()] = vocab["count"].to_numpy()
    times = pl.col("times").list.max().max().to_physical()
    end = train.select(times).collect().item()
    return Heuristics(shelves, counts, end or 0)


def lags(asked_at: Ints, end: int) -> Ints:
    """How long after the end of the train part questions are asked, (R,); 0 where not known."""
    late: Ints = np.maximum(np.where(asked_at < 0, end, asked_at) - end, 0)
    return late
