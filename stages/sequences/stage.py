"""Build sequences: train histories and the contexts of validation and test rows, as item ids.

Train histories come from the filtered events; contexts come from the events themselves, so that no
filter touches what a person is known to have done and no test row disappears.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from stages.core import kinds, outputs, tables
from stages.core.buckets import bucket_path, buckets
from stages.core.item_ids import UNK
from stages.core.schema import EVENTS, FILTERED, HISTORY, TEST_SEQUENCES, VALIDATION_SEQUENCES
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params
from stages.sequences.contexts import (
    COLUMNS,
    asking_users,
    contexts,
    sessions,
    test_questions,
    validation_questions,
)

SCHEMAS = {"train": HISTORY, "validation": VALIDATION_SEQUENCES, "test": TEST_SEQUENCES}


class SequencesReport(Report):
    """Rows and events by part, and what is unusual about them.

    `longer` rows have more than `sequences.max_length` events, of which the model sees the last;
    `empty` ones have none; `unknown` events and labels are of vacancies outside the catalogue.
    """

    rows: dict[str, int]
    events: dict[str, int]
    longer: dict[str, int]
    empty: dict[str, int]
    unknown: dict[str, int]
    labels_unknown: int


def with_items(events: pl.LazyFrame, vocab: pl.DataFrame) -> pl.LazyFrame:
    """Add `item` to events, in their order; 1 for a vacancy outside the catalogue."""
    items = vocab.lazy().select("vacancy_id", "item")
    joined = events.join(items, on="vacancy_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col("item").fill_null(UNK))


def histories(events: pl.LazyFrame) -> pl.LazyFrame:
    """One row a user with the whole history as parallel lists, oldest first, sorted by user.

    As in every bucket, a user's events stand side by side.
    """
    lists = [pl.col(column).alias(name) for name, column in COLUMNS.items()]
    lives = events.group_by(pl.col("user_id").rle_id().alias("life"), maintain_order=True)
    return lives.agg(pl.col("user_id").first(), *lists).drop("life")


def run(
    params: Params,
    *,
    filtered: Path,
    events: Path,
    vocab: Path,
    out: Path,
    now: bool = False,
    progress: Progress = silent,
) -> SequencesReport:
    """Write `train`, `validation` and `test` under `out`, each a table of buckets.

    Args:
        params: `sequences.max_length` is what counts as long.
        filtered: The train part: what is learnt from.
        events: All events: what is known of those who are asked about.
        vocab: Item ids.
        out: Directory of sequences.
        now: Ask the test rows after all that is known, and not as each test session ends.
        progress: Told how many buckets are done.

    Raises:
        MissingInputError: An input is not there.
        HhrecError: An input has other columns.
    """
    made = outputs.prepare(
        out,
        kinds.SEQUENCES,
        inputs={"filtered": filtered, "events": events, "vocab": vocab},
        params=params,
    )
    tables.scan(filtered, FILTERED, made_by="hhrec filter")
    tables.scan(events, EVENTS, made_by="hhrec explode")
    items = tables.scan_vocab(vocab).collect()
    tallies = {part: Counter[str]() for part in SCHEMAS}
    learn, ask = buckets(filtered) or [filtered], buckets(events) or [events]
    with made.replacing() as scratch:
        for done, file in enumerate(learn + ask):
            index = done if done < len(learn) else done - len(learn)
            table = pl.scan_parquet(file)
            found = _learnt(table, items) if done < len(learn) else _asked(table, items, now=now)
            for part, rows in found.items():
                tables.sink(rows, bucket_path(scratch / part, index), SCHEMAS[part])
                tallies[part].update(_tally(rows, params.sequences.max_length))
            progress(done + 1, len(learn) + len(ask), " and ".join(found))
    return SequencesReport(
        rows=_by_part(tallies, "rows"),
        events=_by_part(tallies, "events"),
        longer=_by_part(tallies, "longer"),
        empty=_by_part(tallies, "empty"),
        unknown=_by_part(tallies, "unknown"),
        labels_unknown=tallies["validation"]["labels_unknown"],
    )


def _learnt(filtered: pl.LazyFrame, items: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Train rows of one bucket."""
    return {"train": histories(with_items(filtered, items)).collect()}


def _asked(events: pl.LazyFrame, items: pl.DataFrame, *, now: bool) -> dict[str, pl.DataFrame]:
    """Validation and test rows of one bucket, sorted by user and session."""
    asking = with_items(asking_users(events), items).collect()
    found = sessions(asking)
    labels = items.lazy().select(label="vacancy_id", label_item="item")
    validation = (
        contexts(asking, validation_questions(found))
        .lazy()
        .join(labels, on="label", how="left", maintain_order="left")
        .with_columns(pl.col("label_item").fill_null(UNK))
        .collect()
    )
    return {"validation": validation, "test": contexts(asking, test_questions(found, now=now))}


def _tally(rows: pl.DataFrame, max_length: int) -> dict[str, int]:
    """Counts of one bucket of one part."""
    length = pl.col("items").list.len().cast(pl.Int64)
    labels = (pl.col("label_item") == UNK).sum() if "label_item" in rows.columns else pl.lit(0)
    return rows.select(
        rows=pl.len(),
        events=length.sum(),
        longer=(length > max_length).sum(),
        empty=(length == 0).sum(),
        unknown=pl.col("items").list.count_matches(UNK).cast(pl.Int64).sum(),
        labels_unknown=labels,
    ).row(0, named=True)


def _by_part(tallies: Mapping[str, Counter[str]], name: str) -> dict[str, int]:
    return {part: tally[name] for part, tally in tallies.items()}
