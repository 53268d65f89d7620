"""A rehearsal of `features`, on a part of the catalogue."""

from pathlib import Path

import polars as pl

from stages import features
from stages.core import tables
from stages.core.artifact_paths import FEATURES_DIR, VACANCIES_FILE
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import VOCAB
from stages.params import Params
from stages.plan import raw_counts
from stages.plan.raw_counts import RawCounts
from stages.plan.rehearsed import FEWER, Rehearsed, timed, times

VACANCIES = 20_000  # of the catalogue that features are made of
WITH_TEXTS = 200  # of them where a text model reads each


def described(params: Params, raw: Path, counts: RawCounts, out: Path) -> tuple[Rehearsed, float]:
    """Make features of a part of the catalogue, under numbers of its own.

    Returns:
        The stage, and how many times as long it takes for the whole catalogue.
    """
    size = WITH_TEXTS if params.features.text_model else VACANCIES
    rows = raw_counts.sample_catalogue(raw, counts.vacancies, size)
    rows.write_parquet(out / VACANCIES_FILE)
    ids = rows.select("vacancy_id").drop_nulls().unique().sort("vacancy_id")
    numbered = ids.select(
        "vacancy_id",
        item=pl.int_range(FIRST_ITEM, pl.len() + FIRST_ITEM, dtype=pl.Int32),
        count=pl.lit(1, dtype=pl.Int64),
        trained=pl.lit(value=True),
    )
    whole = _made(params, numbered, out, FEATURES_DIR)
    if len(rows) == counts.vacancies:
        return whole, 1.0
    fewer = _made(params, numbered.head(len(numbered) // FEWER), out, "fewer")
    return whole, times(whole.seconds, fewer.seconds, counts.vacancies / max(len(rows), 1))


def _made(params: Params, numbered: pl.DataFrame, out: Path, name: str) -> Rehearsed:
    """Make features of numbered vacancies."""
    vocabulary, made = out / f"{name}.parquet", out / name
    tables.sink(numbered, vocabulary, VOCAB)
    rows, texts = out / VACANCIES_FILE, out / f"{name}-texts"
    return timed(
        lambda: features.run(params, vacancies=rows, vocab=vocabulary, out=made, text_cache=texts),
        made,
    )
