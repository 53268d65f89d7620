"""Sizes and coverage of the feature columns; vacancies decoded."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

import polars as pl
from tokenizers import Tokenizer

from stages.core import tables
from stages.core.artifact_paths import BOOKS_DIR, ITEMS_DIR
from stages.core.schema import FEATURES, VOCAB
from stages.features import salary
from stages.features.code_book import FIRST_VALUE, MISSING, UNKNOWN
from stages.features.codebooks import CodeBooks, load_books, load_tokenizer
from stages.features.tokenizer import WORD_START
from stages.interface.errors import HhrecError

TOKENS = ("title_tokens", "skill_tokens", "text_tokens")


class FeatureCoverage(TypedDict):
    """How well one column is filled.

    Attributes:
        column: Its name in the items table.
        size: Number of codes or tokens.
        missing: Share of vacancies without a value.
        unknown: Share of vacancies whose value the books lack; of tokens for the token columns.
        hashed: Share of vacancies with a rare value, which shares its code with others.
    """

    column: str
    size: int
    missing: float
    unknown: float
    hashed: float


def coverage(features: Path) -> list[FeatureCoverage]:
    """Measure every coded column of the items table."""
    books, items = load_books(features / BOOKS_DIR), _items(features)
    shares = [share for name in books.columns for share in _code_shares(name, books)]
    salaries = _shares("salary_bucket", pl.col("salary_bucket") == MISSING)
    tokens = [share for name in TOKENS for share in _token_shares(name)]
    measured = (
        items.select(*shares, *salaries, *tokens).collect(engine="streaming").row(0, named=True)
    )
    sizes = {**books.sizes, "salary_bucket": books.salary_buckets}
    sizes |= dict.fromkeys(TOKENS, books.token_count)
    return [
        FeatureCoverage(
            column=name,
            size=size,
            missing=measured[f"{name}.missing"] or 0.0,
            unknown=measured[f"{name}.unknown"] or 0.0,
            hashed=measured[f"{name}.hashed"] or 0.0,
        )
        for name, size in sizes.items()
    ]


def salary_quartiles(features: Path) -> dict[str, list[int]]:
    """Quartiles of the known salaries in roubles: lower and upper bound."""
    cap = load_books(features / BOOKS_DIR).params.salary_cap
    known = _items(features).filter(pl.col("salary_bucket") != MISSING)
    columns = known.select("salary_from", "salary_to").collect()
    return {
        column.name: [_roubles(column.quantile(part) or 0.0, cap) for part in (0.25, 0.5, 0.75)]
        for column in columns
        if len(column)
    }


def describe(features: Path, vocab: Path, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Decode vacancies: what is left of them for the model, in the order asked.

    Raises:
        HhrecError: An id is not in the vocabulary.
    """
    known = tables.scan(vocab, VOCAB, made_by="hhrec vocab build")
    chosen = known.filter(pl.col("vacancy_id").is_in(list(ids))).select("vacancy_id", "item")
    rows = chosen.join(_items(features), on="item").collect()
    found = {row["vacancy_id"]: row for row in rows.iter_rows(named=True)}
    lost = [vacancy for vacancy in ids if vacancy not in found]
    if lost:
        raise HhrecError(
            f"{vocab}: no vacancy {', '.join(lost)}", f"try `hhrec vocab lookup {lost[0]}`"
        )
    books, tokenizer = load_books(features / BOOKS_DIR), load_tokenizer(features / BOOKS_DIR)
    return [_decoded(found[vacancy], books, tokenizer) for vacancy in ids]


def _items(features: Path) -> pl.LazyFrame:
    return tables.scan(features / ITEMS_DIR, FEATURES, made_by="hhrec features build")


def _shares(
    name: str, missing: pl.Expr, unknown: pl.Expr | None = None, hashed: pl.Expr | None = None
) -> list[pl.Expr]:
    none = pl.lit(value=False)
    parts = {"missing": missing, "unknown": unknown, "hashed": hashed}
    return [
        (none if part is None else part).mean().alias(f"{name}.{key}")
        for key, part in parts.items()
    ]


def _code_shares(name: str, books: CodeBooks) -> list[pl.Expr]:
    code = pl.col(name)
    first_hashed = FIRST_VALUE + len(books.columns[name].values)
    return _shares(name, code == MISSING, code == UNKNOWN, code >= first_hashed)


def _token_shares(name: str) -> list[pl.Expr]:
    tokens = pl.col(name)
    unknown = tokens.list.count_matches(UNKNOWN).sum() / tokens.list.len().sum()
    return _shares(name, tokens.list.len() == 0, unknown.fill_nan(0.0))


def _decoded(row: dict[str, Any], books: CodeBooks, tokenizer: Tokenizer) -> dict[str, Any]:
    roubles = partial(_roubles, cap=books.params.salary_cap) if row["salary_bucket"] else None
    return {
        "vacancy_id": row["vacancy_id"],
        "item": row["item"],
        **{name: book.decode(row[name]) for name, book in books.columns.items()},
        "salary_from": roubles(row["salary_from"]) if roubles else None,
        "salary_to": roubles(row["salary_to"]) if roubles else None,
        **{name: _text(row[name], tokenizer) for name in TOKENS},
    }


def _roubles(value: float, cap: int) -> int:
    return round(salary.unscaled(value, cap))


def _text(tokens: list[int], tokenizer: Tokenizer) -> str:
    """Words as they were cut: `python s|q|l`."""
    pieces = "|".join(tokenizer.id_to_token(token) or "?" for token in tokens)
    words = pieces.replace(f"{WORD_START}|", WORD_START).replace(f"|{WORD_START}", " ")
    return words.removeprefix(WORD_START)
