"""Titles with counts, as a tokenizer learns from them."""

import random

import polars as pl

STEMS = ["водитель", "инженер", "менеджер", "продавец", "C++", "python", "сварщик", "ёлка", "1С"]
TEXTS = [f"{a} {b}-{n % 7}" for n, a in enumerate(STEMS) for b in STEMS]
COUNTS = [1 + n % 5 for n in range(len(TEXTS))]


def corpus(seed: int) -> pl.DataFrame:
    pairs = list(zip(TEXTS, COUNTS, strict=True))
    random.Random(seed).shuffle(pairs)  # noqa: S311  a test's shuffle
    return pl.DataFrame(pairs, schema={"text": pl.String, "count": pl.UInt32}, orient="row")
