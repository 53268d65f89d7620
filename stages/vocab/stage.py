"""Build the vocabulary: one item id a vacancy, frequent ones first, then the catalogue's rest.

Ids start behind the special ones of `stages.core.item_ids`. The vocabulary proper (trained) is
the vacancies with enough filtered train events, by count, then id; whatever else the catalogue
holds follows by id.
"""

from pathlib import Path

import numpy as np
import polars as pl

from stages.core import engines, kinds, outputs, table_files, tables
from stages.core.artifact_paths import VACANCIES_FILE
from stages.core.buckets import buckets, need, summed
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import FILTERED, STRING, VOCAB
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params

CATALOGUE = {"vacancy_id": STRING}


class VocabReport(Report):
    """Sizes of the vocabulary, shares of filtered events it covers, and what the catalogue lost."""

    vacancies: int
    trained: int
    events: int
    share_trained: float
    share_unknown: float
    dropped_rows: dict[str, int]
    extended: dict[str, int]


def item_counts(filtered: pl.LazyFrame) -> pl.LazyFrame:
    """Events of each vacancy: `vacancy_id`, `count`."""
    return filtered.group_by("vacancy_id").agg(count=pl.len().cast(pl.Int64))


def counted(file: Path) -> engines.Found:
    """Events of each vacancy in a bucket."""
    found = item_counts(table_files.scan_parquet(file)).collect(engine="streaming")
    return engines.Found(tables=[found], rows=int(found["count"].sum()))


def distinct(vacancies: pl.DataFrame) -> pl.DataFrame:
    """The ids of a catalogue, each once, in order."""
    ids = vacancies.drop_nulls().sort("vacancy_id")
    return ids.filter((pl.col("vacancy_id") != pl.col("vacancy_id").shift()).fill_null(value=True))


def fresh(catalogue: pl.DataFrame, counts: pl.DataFrame, min_count: int) -> pl.DataFrame:
    """The vocabulary of distinct catalogue ids in order, sorted by item."""
    sizes = _counted(catalogue, counts)
    ranked = sizes.with_columns(trained=pl.col("count") >= min_count)
    popularity = ranked.select(pl.when("trained").then(-pl.col("count")).otherwise(1)).to_series()
    order = np.argsort(popularity.to_numpy(), kind="stable")  # which leaves equal ones by id
    return ranked[order].with_columns(item=_items_from(FIRST_ITEM))


def extended(old: pl.DataFrame, catalogue: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """`old` with new counts, its items and trained flags kept, and new vacancies behind, by id."""
    known = old.sort("item").select("vacancy_id", "item", "trained")
    new = catalogue.join(old, on="vacancy_id", how="anti").sort("vacancy_id")
    behind = FIRST_ITEM if known.is_empty() else known["item"][-1] + 1
    added = new.with_columns(item=_items_from(behind), trained=pl.lit(False))
    return _counted(pl.concat([known, added]), counts).sort("item")


def _counted(vacancies: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    joined = vacancies.join(counts, on="vacancy_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col("count").fill_null(0))


def _items_from(first: int) -> pl.Expr:
    return pl.int_range(first, pl.len() + first, dtype=pl.Int32)


def run(
    params: Params,
    *,
    events: Path,
    vacancies: Path,
    out: Path,
    extend: Path | None = None,
    progress: Progress = silent,
) -> VocabReport:
    """Write the vocabulary of a catalogue, counted on the filtered `events`.

    Args:
        params: `vocab.min_count` decides what is trained; with `extend` the old flags do.
        events: The filtered train part.
        vacancies: The raw catalogue; only `vacancy_id` is read.
        out: The vocabulary file.
        extend: An older vocabulary whose items and flags are kept.
        progress: Told of each bucket that is counted, and when the table is written.

    Raises:
        MissingInputError: An input is not there.
        HhrecError: An input has other columns, or no vacancy is frequent enough to be trained.
    """
    made = outputs.prepare(
        out,
        kinds.VOCAB,
        inputs={"filtered": events, VACANCIES_FILE: vacancies},
        references={"extend": extend},
        params=params,
    )
    tables.scan(events, FILTERED, made_by="hhrec filter")
    raw = tables.scan(vacancies, CATALOGUE, made_by="hhrec data sample").collect()
    old = None if extend is None else tables.scan_vocab(extend).collect()
    files = [file.absolute() for file in buckets(events) or [events]]
    with engines.opened(params.engine, params.explode.memory_gb) as engine:
        telling = engines.Telling(progress, len(files) + 1)
        jobs = telling(engine.each(counted, files, need=need(files)), "counted")
        counts = summed((found.tables[0] for found in jobs), "vacancy_id", "count")
    catalogue = distinct(raw)
    table = (
        fresh(catalogue, counts, params.vocab.min_count)
        if old is None
        else extended(old, catalogue, counts)
    )
    _check(table, vacancies, params.vocab.min_count)
    with made.replacing() as scratch:
        tables.sink(table, scratch, VOCAB)
    progress(telling.whole, telling.whole, "written", rows=telling.rows)
    total = int(counts["count"].sum())
    trained = table.filter("trained")
    return VocabReport(
        vacancies=table.height,
        trained=trained.height,
        events=total,
        share_trained=int(trained["count"].sum()) / max(total, 1),
        share_unknown=1 - int(table["count"].sum()) / max(total, 1),
        dropped_rows={
            "null_id": raw["vacancy_id"].null_count(),
            "duplicate_id": raw.height - raw["vacancy_id"].null_count() - catalogue.height,
        },
        extended={} if old is None else _changes(old, catalogue),
    )


def _changes(old: pl.DataFrame, catalogue: pl.DataFrame) -> dict[str, int]:
    """How many vacancies of `old` the catalogue still has, has new, and has no more."""
    both = old.join(catalogue, on="vacancy_id", how="semi").height
    return {"kept": both, "new": catalogue.height - both, "gone": old.height - both}


def _check(table: pl.DataFrame, vacancies: Path, min_count: int) -> None:
    """Raise an error where there is nothing to recommend or nothing to train."""
    if table.is_empty():
        raise HhrecError(f"{vacancies}: column `vacancy_id` holds no id", "`hhrec data check DIR`")
    if not table["trained"].any():
        raise HhrecError(
            f"{vacancies}: no vacancy of it has vocab.min_count = {min_count} filtered train"
            f" events; the most frequent has {max(table['count'])}",
            "lower vocab.min_count in params.yaml, or check that both files are of one source",
        )
