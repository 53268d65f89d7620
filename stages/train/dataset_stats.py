"""Statistics of a training's tables: counts and lengths, read one column at a time."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.network.popularity_prior import MOST_PERIODS
from stages.core import tables
from stages.core.artifact_paths import BOOKS_DIR, ITEMS_DIR, TRAIN, VALIDATION
from stages.core.schema import FEATURES, HISTORY, VALIDATION_SEQUENCES, VOCAB
from stages.core.time_units import DAY, SECOND
from stages.features.codebooks import load_books
from stages.features.vector_file import open_vectors
from stages.interface.errors import HhrecError
from stages.loaders import model_arrays
from stages.params import Params
from stages.train import validation_rows


@dataclass(frozen=True)
class DatasetStats:
    """What the tables hold.

    Attributes:
        lengths: Events of each history, (N,).
        asked: Events of each validation row, (R,).
        trained: Vocabulary items.
        vacancies: Rows of the features.
        words: Most tokens of a vacancy.
        periods: Periods of demand.
        code_sizes: Codes of each categorical column.
        word_count: Size of the tokenizer, 0 where no vacancy has a token.
        has_salary: Some vacancy has a salary.
        text_width: Width of the text vectors, 0 without a text model.
    """

    lengths: Ints
    asked: Ints
    trained: int
    vacancies: int
    words: int
    periods: int
    code_sizes: tuple[int, ...]
    word_count: int
    has_salary: bool
    text_width: int

    def shown(self, max_length: int) -> int:
        """Events that an epoch shows: of each history at most one window."""
        return int(self.lengths.clip(max=max_length).sum())


def read(params: Params, *, sequences: Path, features: Path, vocab: Path) -> DatasetStats:
    """Read counts and lengths, one column at a time.

    Raises:
        MissingInputError: A table is not there.
        HhrecError: No vacancy is trained.
    """
    items = tables.scan(features / ITEMS_DIR, FEATURES, made_by="hhrec features build")
    words = sum((pl.col(name).list.len() for name in model_arrays.TOKENS), pl.lit(0))
    salary = (pl.col("salary_from") != 0).any() | (pl.col("salary_to") != 0).any()
    vacancies, most, has_salary = (
        items.select(pl.len(), words.max().alias("most"), salary.alias("salary")).collect().row(0)
    )
    known = tables.scan(vocab, VOCAB, made_by="hhrec vocab build").filter("trained")
    trained = int(known.select(pl.len()).collect().item())
    if not trained:
        raise HhrecError(
            f"{vocab}: no vacancy has vocab.min_count={params.vocab.min_count} train events",
            "lower vocab.min_count and run `hhrec vocab build`",
        )
    books = load_books(features / BOOKS_DIR)
    train = tables.scan(sequences / TRAIN, HISTORY, made_by=model_arrays.BUILD)
    asked = tables.scan(sequences / VALIDATION, VALIDATION_SEQUENCES, made_by=model_arrays.BUILD)
    return DatasetStats(
        lengths=_lengths(train),
        asked=_lengths(validation_rows.chosen(asked, params.train.validation_rows, params.seed)),
        trained=trained,
        vacancies=int(vacancies),
        words=int(most or 0),
        periods=_periods(train),
        code_sizes=model_arrays.code_sizes(books, has_salary=bool(has_salary)),
        word_count=books.token_count if most else 0,
        has_salary=bool(has_salary),
        text_width=open_vectors(features, int(vacancies)).shape[1],
    )


def _lengths(rows: pl.LazyFrame) -> Ints:
    found: Ints = rows.select(pl.col("items").list.len()).collect().to_series().to_numpy()
    return found


def _periods(train: pl.LazyFrame) -> int:
    """Periods of demand, as `stages.bert4rec.network.popularity_prior.demand` cuts them."""
    times = pl.col("times").list
    first, last = (
        train.select(times.min().min().alias("first"), times.max().max().alias("last"))
        .collect()
        .row(0)
    )
    if first is None:
        return 1
    span = int((last - first).total_seconds() * SECOND)
    return span // max(DAY, span // MOST_PERIODS + 1) + 1
