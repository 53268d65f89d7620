"""Load the tables of `sequences` and `features` as the arrays that the model reads."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import torch
from numpy.lib.format import open_memmap

from stages.bert4rec.examples.histories import Histories, Ints, meetings
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.popularity_prior import Demand, demand, demand_of
from stages.bert4rec.retrieval.cooccurrence import Neighbours, nobody
from stages.core import table_files, tables
from stages.core.buckets import buckets
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import (
    CATEGORICAL,
    FEATURES,
    HISTORY,
    TEST_SEQUENCES,
    VALIDATION_SEQUENCES,
    Schema,
)
from stages.features.code_book import FIRST_VALUE
from stages.features.codebooks import CodeBooks
from stages.features.vector_file import open_vectors

LISTS = {"items": np.int32, "actions": np.int8, "times": np.int64, "sessions": np.int32}
FLAT = {**LISTS, "ranks": np.int32, "met": np.int32}
CODES = (*CATEGORICAL.values(), "salary_bucket")
TOKENS = ("title_tokens", "skill_tokens", "text_tokens")
ROWS = 20_000  # histories read at once
BUILD = "hhrec sequences build"


def histories(frame: pl.DataFrame) -> Histories:
    """Flatten the list columns of a sequences table; empty lists are empty histories."""
    lengths = frame["items"].list.len().to_numpy()
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    kept = frame.filter(pl.col("items").list.len() > 0)
    arrays = {
        name: kept[name].explode(empty_as_null=True).to_physical().to_numpy().astype(kind)
        for name, kind in LISTS.items()
    }
    ranks, met = meetings(arrays["items"], offsets)
    return Histories(**arrays, ranks=ranks, met=met, offsets=offsets)


def write_store(source: Path, target: Path) -> None:
    """Write the train histories as flat .npy files, bucket by bucket, to be memory-mapped.

    `users.npy` holds the rows in order of user id: training goes by it, so that the number of
    buckets changes no weight.
    """
    whole = tables.scan(source, HISTORY, made_by=BUILD)
    with tables.atomic(target, durable=False) as scratch:
        scratch.mkdir()
        users = whole.select(pl.col("user_id").arg_sort().cast(pl.Int64)).collect()
        np.save(scratch / "users.npy", users["user_id"].to_numpy())
        lengths = whole.select(pl.col("items").list.len()).collect()["items"].to_numpy()
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        np.save(scratch / "offsets.npy", offsets)
        files = {
            name: open_memmap(scratch / f"{name}.npy", "w+", kind, (int(offsets[-1]),))
            for name, kind in FLAT.items()
        }
        done = 0
        for rows in _some_at_a_time(source, *LISTS):
            part = histories(rows)
            for name, file in files.items():
                values = getattr(part, name)
                file[done : done + len(values)] = values
            done += len(part.items)


def _some_at_a_time(source: Path, *columns: str) -> Iterator[pl.DataFrame]:
    """Read columns of a table, so many rows at once."""
    for file in buckets(source):
        for start in range(0, table_files.row_count(file), ROWS):
            part = table_files.scan_parquet(file).select(*columns).slice(start, ROWS)
            yield part.collect(engine="streaming")


def open_store(path: Path) -> tuple[Histories, Ints]:
    """Map a store into memory, to be read as batches need it; and its rows in order of user."""
    arrays = {name: np.load(path / f"{name}.npy", mmap_mode="r") for name in FLAT}
    found = Histories(**arrays, offsets=np.load(path / "offsets.npy"))
    return found, np.load(path / "users.npy")


def catalogue(
    items: Path,
    train: Path,
    met: Histories | None = None,
    *,
    neighbours: Callable[[int], Neighbours] = nobody,
) -> ItemInputs:
    """Read features of every vacancy, and what is known of its events, into rows by item id.

    Args:
        items: `features/items`; `features/vectors.npy` is mapped into memory where there is one.
        train: `sequences/train`, whose events are what is known.
        met: The same events, where they are at hand as arrays.
        neighbours: Finds which vacancies follow which, for a number of item ids.
    """
    frame = tables.scan(items, FEATURES, made_by="hhrec features build").sort("item").collect()
    codes = frame.select(CODES).to_numpy().astype(np.int32)
    salary = frame.select("salary_from", "salary_to").to_numpy().astype(np.float32)
    words = padded(frame.select(pl.concat_list(TOKENS)).to_series())
    count = len(codes) + FIRST_ITEM
    return ItemInputs(
        _below_specials(codes),
        _below_specials(salary),
        _below_specials(words),
        demand(met.items, met.times, count) if met else _demand(train, count),
        neighbours(count),
        torch.from_numpy(open_vectors(items.parent, len(codes))),
    )


def _demand(train: Path, count: int) -> Demand:
    """Count the events of a table of histories, without holding them all."""
    tables.scan(train, HISTORY, made_by=BUILD)  # says so where there is none

    def events() -> Iterator[tuple[Ints, Ints]]:
        for rows in _some_at_a_time(train, "items", "times"):
            flat = rows.explode("items", "times", empty_as_null=False, keep_nulls=False)
            yield flat["items"].to_numpy(), flat["times"].to_physical().to_numpy()

    return demand_of(events, count)


def train_histories(train: Path) -> Histories:
    """Read all histories of `sequences/train`."""
    return histories(tables.scan(train, HISTORY, made_by=BUILD).collect())


def moments(rows: pl.DataFrame) -> Ints:
    """When rows are asked, microseconds since 1970, -1 where not known, (R,)."""
    return rows["asked_at"].to_physical().fill_null(-1).to_numpy().astype(np.int64)


def code_sizes(books: CodeBooks, *, has_salary: bool) -> tuple[int, ...]:
    """Codes of each column of `ItemInputs.codes`; 0 for a column that holds no value."""
    sizes = [books.sizes[name] for name in CATEGORICAL.values()]
    told = [size if size > FIRST_VALUE else 0 for size in sizes]
    return (*told, books.salary_buckets if has_salary else 0)


def padded(lists: pl.Series) -> np.ndarray:
    """Lists of token ids as rows padded with 0: (N,) -> (N, longest)."""
    lengths = lists.list.len().to_numpy()
    rows = np.zeros((len(lists), int(lengths.max(initial=0))), dtype=np.int32)
    inside = np.arange(rows.shape[1]) < lengths[:, None]
    rows[inside] = lists.explode(empty_as_null=False).to_numpy()
    return rows


def _below_specials(rows: np.ndarray) -> torch.Tensor:
    specials = np.zeros((FIRST_ITEM, *rows.shape[1:]), dtype=rows.dtype)
    return torch.from_numpy(np.concatenate([specials, rows]))


def schema_of(part: str) -> Schema:
    """Schema of the sequences of a part."""
    return VALIDATION_SEQUENCES if part == "validation" else TEST_SEQUENCES
