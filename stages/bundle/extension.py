"""Further vacancies in a loaded catalogue, known by their content alone: one vector each, no file."""

import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from scipy import sparse  # type: ignore[import-untyped]
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  the name torch's own documentation uses

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.network.fixed_tower import FixedTower
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.popularity_prior import Demand
from stages.bert4rec.ranking import item_index
from stages.bert4rec.ranking.item_index import ItemMatrix
from stages.bert4rec.retrieval.cooccurrence import CooccurrenceTable, Neighbours
from stages.bundle.content import Content
from stages.bundle.facts import with_rows
from stages.bundle.vacancy_ids import VacancyIds, hashed
from stages.calibration.heuristics import Heuristics
from stages.core.catalogue_rows import once
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import RAW_VACANCIES
from stages.features.clean import RAW, facts
from stages.features.codebooks import books_hash, load_books, load_tokenizer
from stages.features.encoding import encode
from stages.interface.errors import HhrecError
from stages.loaders.model_arrays import CODES, TOKENS, padded


def extended(content: Content, vacancies: pl.DataFrame, books: Path) -> Content:
    """Add vacancies that the catalogue lacks behind all others; the content given stays as it is.

    Nobody has met them: their demand is none, and nothing follows them.

    Args:
        content: A loaded model.
        vacancies: `schema.RAW_VACANCIES`, none of them in the catalogue, none twice.
        books: The code books that the model was trained with.

    Raises:
        HhrecError: The books are others, or the model reads text vectors, which nothing here makes.
    """
    loaded, size = content.loaded, len(content.loaded.catalogue)
    require_content(content, books)
    names = vacancies["vacancy_id"]
    items = pl.int_range(size, size + len(names), dtype=pl.Int32, eager=True).alias("item")
    catalogue = _inputs(loaded.catalogue, encoded(vacancies.with_columns(items), books))
    matrix, biases = _matrix(content, catalogue)
    told = vacancies.select(
        "vacancy_id",
        item=items,
        count=pl.lit(0).cast(loaded.names.schema["count"]),
        trained=pl.lit(value=False),
    )
    return replace(
        content,
        loaded=replace(loaded, catalogue=catalogue, names=pl.concat([loaded.names, told])),
        ids=_ids(content.ids, names),
        known=partial(with_rows, content.known, vacancies),
        matrix=matrix,
        tower=FixedTower(matrix.exact, biases, content.tower.special, content.tower.special_biases),
        learned=None if content.learned is None else _learned(content.learned, len(catalogue)),
        lock=threading.Lock(),
    )


def returned(content: Content, items: Ints) -> Content:
    """Recommend vacancies again that were withdrawn; the content given stays as it is."""
    left = content.withdrawn[~np.isin(content.withdrawn, items)]
    if len(left) == len(content.withdrawn):
        return content
    found = replace(content, withdrawn=left)
    with content.lock:  # one ranker for both: at each moment it changes the vectors that they share
        found.__dict__["ranker"] = content.ranker
    return found


def require_content(content: Content, books: Path) -> None:
    """Refuse where content makes no vector.

    Raises:
        HhrecError: The books are not the model's, or it reads text vectors.
    """
    hint = "make a bundle with them: hhrec vocab build --extend, hhrec features build --books"
    if content.loaded.catalogue.text.shape[-1]:
        raise HhrecError(
            "vacancies: this model reads vectors of texts, which nothing here makes", hint
        )
    if not books.is_dir() or books_hash(books) != content.loaded.network.config.books:
        raise HhrecError(f"vacancies: {books}: not the code books of this model", hint)


def encoded(vacancies: pl.DataFrame, books: Path) -> pl.DataFrame:
    """Turn rows with an `item` into `schema.FEATURES`, as `hhrec features build --books` does."""
    learnt = load_books(books)
    known = pl.col("name").str.strip_chars() != pl.col("vacancy_id")
    described = pl.col("description") if learnt.params.max_text_tokens else pl.lit(None, pl.String)
    rows = vacancies.with_columns(
        pl.when(known).then("name").alias("name"), described.alias("description")
    )
    raw = once(rows.rename(RAW).drop("vacancy_id"), "item")
    clean = facts(raw, learnt.rates, learnt.params.salary_cap)
    return encode(clean, learnt, load_tokenizer(books))


def _inputs(old: ItemInputs, new: pl.DataFrame) -> ItemInputs:
    codes = torch.from_numpy(new.select(CODES).to_numpy().astype(np.int32))
    salary = torch.from_numpy(new.select("salary_from", "salary_to").to_numpy().astype(np.float32))
    words = torch.from_numpy(padded(new.select(pl.concat_list(TOKENS)).to_series()))
    width, more = max(words.shape[1], old.words.shape[1]), len(new)
    both = [F.pad(part, (0, width - part.shape[1])) for part in (old.words, words)]
    size = len(old) + more
    demand = Demand(
        F.pad(old.demand.before, (0, 0, 0, more)),
        F.pad(old.demand.first, (0, more), value=old.demand.periods()),
        old.demand.start,
        old.demand.length,
    )
    whole = old.neighbours.whole
    ones = np.ones(more, dtype=np.float32)
    table = CooccurrenceTable(
        resized(whole.table, size),
        np.concatenate([whole.source, ones]),
        np.concatenate([whole.target, ones]),
    )
    near = Neighbours(table, old.neighbours.past, old.neighbours.cuts, old.neighbours.end)
    return ItemInputs(
        torch.cat([old.codes, codes]), torch.cat([old.salary, salary]), torch.cat(both), demand, near,
        F.pad(old.text, (0, 0, 0, more if len(old.text) else 0)),
    )  # fmt: skip


def resized(table: Any, size: int) -> Any:
    """Give a square CSR matrix more lines and columns, all empty; the numbers are shared."""
    ends = np.concatenate([table.indptr, np.full(size - table.shape[0], table.indptr[-1])])
    return sparse.csr_matrix((table.data, table.indices, ends), shape=(size, size))


@torch.inference_mode()
def _matrix(content: Content, catalogue: ItemInputs) -> tuple[ItemMatrix, Tensor]:
    old, size = content.matrix, len(catalogue)
    fresh = torch.arange(FIRST_ITEM + len(old), size)
    vectors, biases = content.loaded.network.tower(fresh, catalogue)
    made = item_index.empty(torch.arange(FIRST_ITEM, size), vectors.shape[1])
    made.exact[: len(old), :-2] = old.exact[: len(old), :-2]
    made.exact[: len(old), -2] = content.tower.biases[: len(old)]  # a ranker changes the others
    made.exact[len(old) : size - FIRST_ITEM, :-2] = vectors
    made.exact[len(old) : size - FIRST_ITEM, -2] = biases
    longest = max(old.longest, float(vectors.norm(dim=1).max()))
    heaviest = max(old.heaviest, float(biases.abs().max()))
    every = torch.cat([content.tower.biases[: len(old)], biases])
    return replace(made, longest=longest, heaviest=heaviest), every


def _ids(old: VacancyIds, names: pl.Series) -> VacancyIds:
    hashes = np.concatenate([old.hashes, hashed(names.to_list())])
    places = np.concatenate([old.places, np.arange(len(names)) + len(old.names)])
    order = np.argsort(hashes, kind="stable")
    return VacancyIds(pl.concat([old.names, names]), hashes[order], places[order].astype(np.int32))


def _learned(old: Heuristics, size: int) -> Heuristics:
    shelves: dict[str, Any] = dict(old.shelves)
    if "popular" in shelves:  # nobody has met the new ones: they are the last
        ranked = shelves["popular"].args[0]
        fresh = pl.int_range(len(old.counts), size, dtype=ranked.dtype, eager=True)
        shelves["popular"] = partial(shelves["popular"].func, pl.concat([ranked, fresh]))
    if "trending" in shelves:
        shelves["trending"] = replace(shelves["trending"], size=size)
    if "item_knn" in shelves:
        shelf = shelves["item_knn"]
        shelves["item_knn"] = partial(shelf.func, resized(shelf.args[0], size), *shelf.args[1:])
    counts = np.concatenate([old.counts, np.zeros(size - len(old.counts), old.counts.dtype)])
    return Heuristics(shelves, counts, old.end)


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Lay vacancies out as `schema.RAW_VACANCIES`; of two of one id the later counts."""
    table = pl.DataFrame(rows, schema=dict(RAW_VACANCIES))
    return table.unique("vacancy_id", keep="last", maintain_order=True)
