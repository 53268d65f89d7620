"""Code books and a tokenizer from a cleaned catalogue."""

import polars as pl

from stages.core.schema import CATEGORICAL
from stages.features import salary
from stages.features import tokenizer as bpe
from stages.features.code_book import CodeBook
from stages.features.codebooks import CodeBooks
from stages.params import FeaturesParams


def learn(facts: pl.LazyFrame, settings: FeaturesParams) -> tuple[CodeBooks, str]:
    """Learn code books and a tokenizer (the content of tokenizer.json) from cleaned vacancies."""
    words = bpe.train(texts(facts), settings.tokens)
    middles = facts.select(salary.middle(pl.col("lower"), pl.col("upper"))).collect()
    books = CodeBooks(
        params=settings.model_copy(update={"text_model": None}),  # a path is no fact
        rates=salary.RATES,
        columns={name: code_book(facts, name, settings) for name in CATEGORICAL.values()},
        salary_edges=salary.quantile_edges(middles.to_series()),
        token_count=bpe.parse(words).get_vocab_size(),
    )
    return books, words


def code_book(facts: pl.LazyFrame, column: str, settings: FeaturesParams) -> CodeBook:
    """List a column's values by frequency descending, then value; hash what is over `max_codes`."""
    counts = facts.select(column).drop_nulls().group_by(column).len().collect(engine="streaming")
    ranked = counts.sort("len", column, descending=[True, False])[column]
    over = len(ranked) > settings.max_codes
    values = ranked.head(settings.max_codes).to_list()
    return CodeBook(values=tuple(values), hashed=settings.hash_codes if over else 0)


def texts(facts: pl.LazyFrame) -> pl.DataFrame:
    """Count distinct titles and skills: columns text, count."""
    titles = facts.select(text="title")
    skills = facts.select(text="skills").explode("text", empty_as_null=True)
    both = pl.concat([titles, skills]).drop_nulls()
    return both.group_by("text").len("count").collect(engine="streaming")
