"""Build sequences: train histories and the contexts of validation and test rows, as item ids.

Train histories come from the filtered events; contexts come from the events themselves, so that no
filter touches what a person is known to have done and no test row disappears.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, islice
from pathlib import Path

import polars as pl

from stages.core import engines, kinds, outputs, table_files, tables
from stages.core.buckets import bucket_path, buckets, need, write
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
from stages.sequences.item_lookup import items_of

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


def with_items(events: pl.DataFrame, vocab: pl.DataFrame) -> pl.DataFrame:
    """Add `item` to events; 1 for a vacancy outside the catalogue."""
    return events.with_columns(item=items_of(events["vacancy_id"], vocab))


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
    tables.scan_vocab(vocab)
    learn, ask = (
        [file.absolute() for file in buckets(path) or [path]] for path in (filtered, events)
    )
    jobs = [*((False, *one) for one in enumerate(learn)), *((True, *one) for one in enumerate(ask))]
    with (
        made.replacing() as place,
        engines.opened(params.engine, params.explode.memory_gb) as engine,
    ):
        scratch = place.absolute()
        items, limit = ItemIds(vocab.absolute()), params.sequences.max_length
        work = partial(built, items, scratch, limit, now=now)
        found = iter(engine.each(work, jobs, need=need([*learn, *ask])))
        telling = engines.Telling(progress, len(jobs))
        learnt = telling(islice(found, len(learn)), "train")
        total = engines.total(chain(learnt, telling(found, "validation and test")))
        tables.remove(scratch / "work")
    return SequencesReport(
        rows=_by_part(total, "rows"),
        events=_by_part(total, "events"),
        longer=_by_part(total, "longer"),
        empty=_by_part(total, "empty"),
        unknown=_by_part(total, "unknown"),
        labels_unknown=total["validation labels_unknown"],
    )


@dataclass(frozen=True)
class ItemIds(engines.FieldsOnly):
    """The vocabulary, read where and when it is first needed."""

    path: Path

    @cached_property
    def table(self) -> pl.DataFrame:
        """All of it."""
        return tables.scan_vocab(self.path).collect()


def built(
    items: ItemIds, scratch: Path, max_length: int, job: tuple[bool, int, Path], *, now: bool
) -> engines.Found:
    """Write the parts that are made of one bucket, of all events (`asked`) or of the filtered ones."""
    asked, index, file = job
    table = table_files.scan_parquet(file)
    counts: dict[str, int] = {}
    found = _asked(table, items.table, now=now) if asked else _learnt(table, items.table)
    for part, rows in found.items():
        write(rows, bucket_path(scratch / part, index), SCHEMAS[part], work=scratch / "work")
        counts |= {f"{part} {name}": count for name, count in _tally(rows, max_length).items()}
    return engines.Found(counts, rows=sum(counts[f"{part} events"] for part in found))


def _learnt(filtered: pl.LazyFrame, items: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Train rows of one bucket."""
    events = with_items(filtered.drop("session_id", "position").collect(), items)
    return {"train": histories(events.lazy()).collect()}


def _asked(events: pl.LazyFrame, items: pl.DataFrame, *, now: bool) -> dict[str, pl.DataFrame]:
    """Validation and test rows of one bucket, sorted by user and session."""
    asking = with_items(asking_users(events).collect(), items)
    found = sessions(asking)
    rows = contexts(asking, validation_questions(found))
    validation = rows.with_columns(label_item=items_of(rows["label"], items))
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


def _by_part(total: Counter[str], name: str) -> dict[str, int]:
    return {part: total[f"{part} {name}"] for part in SCHEMAS}
