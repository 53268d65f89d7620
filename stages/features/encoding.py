"""Encode cleaned vacancies by code books and tokenizer, bucket by bucket."""

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import polars as pl
from tokenizers import Tokenizer

from stages.core import engines, table_files
from stages.core.artifact_paths import BOOKS_DIR, ITEMS_DIR
from stages.core.buckets import bucket_path, kept_files, kept_path, write
from stages.core.schema import FEATURES
from stages.features import salary
from stages.features import tokenizer as bpe
from stages.features.clean import BYTES_PER_VACANCY
from stages.features.codebooks import CodeBooks, load_books, load_tokenizer
from stages.features.html_text import visible


def encode_slices(
    engine: engines.Engine, work: Path, out: Path, size: int, told: engines.Told
) -> None:
    """Write the features of every bucket of facts in `work` to the bucket of the same number."""
    files = kept_files(work)
    found = engine.each(
        partial(encoded, Books(out / BOOKS_DIR), work, out / ITEMS_DIR),
        list(range(len(files))),
        need=size * BYTES_PER_VACANCY,
    )
    engines.total(told(found))


@dataclass(frozen=True)
class Books(engines.FieldsOnly):
    """Code books and tokenizer of a directory, read where and when they are first needed."""

    directory: Path

    @cached_property
    def both(self) -> tuple[CodeBooks, Tokenizer]:
        """What is in it."""
        return load_books(self.directory), load_tokenizer(self.directory)


def encoded(books: Books, work: Path, out: Path, index: int) -> engines.Found:
    """Write the features of one bucket of facts."""
    part = encode(table_files.read_ipc(kept_path(work, index)), *books.both)
    write(part, bucket_path(out, index), FEATURES, work=work)
    return engines.Found(rows=part.height)


def encode(facts: pl.DataFrame, books: CodeBooks, tokenizer: Tokenizer) -> pl.DataFrame:
    """Turn cleaned vacancies into FEATURES, row by row."""
    limits, lower, upper = books.params, pl.col("lower"), pl.col("upper")
    described = visible(facts["text"]) if limits.max_text_tokens else facts["text"]
    return facts.select(
        "item",
        **{name: book.encode(pl.col(name)) for name, book in books.columns.items()},
        salary_from=salary.scaled(lower, limits.salary_cap),
        salary_to=salary.scaled(upper, limits.salary_cap),
        salary_bucket=salary.bucket(salary.middle(lower, upper), books.salary_edges),
        title_tokens=bpe.encode(tokenizer, facts["title"], limits.max_title_tokens),
        skill_tokens=bpe.encode_lists(tokenizer, facts["skills"], limits.max_skill_tokens),
        text_tokens=bpe.encode(tokenizer, described, limits.max_text_tokens),
    )
