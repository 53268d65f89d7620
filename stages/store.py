"""From the tables of `sequences` and `features` to the arrays that the model reads."""

from pathlib import Path

import numpy as np
import polars as pl
import torch

from stages import tables
from stages.bert4rec.histories import Histories, Ints
from stages.bert4rec.items import Catalogue
from stages.bert4rec.tokens import FIRST_ITEM
from stages.bert4rec.trends import Demand, demand
from stages.books import Books
from stages.buckets import buckets
from stages.codes import FIRST_VALUE
from stages.schema import (
    CATEGORICAL,
    FEATURES,
    HISTORY,
    TEST_SEQUENCES,
    VALIDATION_SEQUENCES,
    Schema,
)
from stages.vectorfile import open_vectors

LISTS = {"items": np.int32, "actions": np.int8, "times": np.int64, "sessions": np.int32}
CODES = (*CATEGORICAL.values(), "salary_bucket")
TOKENS = ("title_tokens", "skill_tokens", "text_tokens")
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
    return Histories(**arrays, offsets=offsets)


def write_store(source: Path, target: Path) -> None:
    """Write the train histories as flat .npy files, bucket by bucket, to be memory-mapped.

    `users.npy` holds the rows in order of user id: training goes by it, so that the number of
    buckets changes no weight.
    """
    users = tables.scan(source, HISTORY, made_by=BUILD).select("user_id").collect()["user_id"]
    parts = [histories(pl.read_parquet(file, columns=list(LISTS))) for file in buckets(source)]
    with tables.atomic(target) as scratch:
        scratch.mkdir()
        np.save(scratch / "users.npy", users.arg_sort().to_numpy().astype(np.int64))
        for name in LISTS:
            np.save(
                scratch / f"{name}.npy", np.concatenate([getattr(part, name) for part in parts])
            )
        lengths = np.concatenate([part.lengths() for part in parts])
        np.save(scratch / "offsets.npy", np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]))


def open_store(path: Path) -> tuple[Histories, Ints]:
    """Map a store into memory, to be read as batches need it; and its rows in order of user."""
    arrays = {name: np.load(path / f"{name}.npy", mmap_mode="r") for name in LISTS}
    found = Histories(**arrays, offsets=np.load(path / "offsets.npy"))
    return found, np.load(path / "users.npy")


def catalogue(items: Path, train: Path) -> Catalogue:
    """Read features and demand of every vacancy into rows by item id.

    Args:
        items: `features/items`; `features/vectors.npy` is mapped into memory where there is one.
        train: `sequences/train`, whose events are the demand that is known.
    """
    frame = tables.scan(items, FEATURES, made_by="hhrec features build").sort("item").collect()
    codes = frame.select(CODES).to_numpy().astype(np.int32)
    salary = frame.select("salary_from", "salary_to").to_numpy().astype(np.float32)
    words = padded(frame.select(pl.concat_list(TOKENS)).to_series())
    return Catalogue(
        _below_specials(codes),
        _below_specials(salary),
        _below_specials(words),
        known_demand(train, len(codes) + FIRST_ITEM),
        torch.from_numpy(open_vectors(items.parent, len(codes))),
    )


def known_demand(train: Path, count: int) -> Demand:
    """Count the events of the train histories by item, for `count` ids, and period."""
    events = (
        tables.scan(train, HISTORY, made_by=BUILD)
        .select("items", "times")
        .explode("items", "times", empty_as_null=False, keep_nulls=False)
        .collect()
    )
    times = events["times"].to_physical().to_numpy()
    return demand(events["items"].to_numpy(), times, count)


def moments(rows: pl.DataFrame) -> Ints:
    """When rows are asked, microseconds since 1970, -1 where not known, (R,)."""
    return rows["asked_at"].to_physical().fill_null(-1).to_numpy().astype(np.int64)


def code_sizes(books: Books, *, has_salary: bool) -> tuple[int, ...]:
    """Codes of each column of `Catalogue.codes`; 0 for a column that holds no value."""
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
