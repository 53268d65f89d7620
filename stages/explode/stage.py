"""Explode sessions into ordered events, one row each, in buckets and parts.

All that happens to an event depends on its user's sessions only, so that one bucket is in memory
at a time; what is global is which way to split and which users validate.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from stages.core import kinds, outputs, tables
from stages.core.artifact_paths import TEST_FILE, TRAIN_FILE
from stages.core.buckets import bucket_count, bucket_of, bucket_path
from stages.core.raw_sessions import check_keys, row_counts, scan_sessions
from stages.core.schema import EVENTS, PARTS
from stages.explode import holdout
from stages.explode.event_order import ordered_events
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params


class ExplodeReport(Report):
    """What came in, what was dropped and why, and what the split gave."""

    rows: dict[str, int]
    dropped_rows: dict[str, int]
    dropped_events: dict[str, int]
    test_rows_without_events: int
    split: str
    labels: int
    events: dict[str, int]
    users: int
    buckets: int


def run(
    params: Params, *, train: Path, test: Path, out: Path, progress: Progress = silent
) -> ExplodeReport:
    """Write the events of both raw files to the buckets of `out`.

    Raises:
        MissingInputError: A raw file is not there.
        HhrecError: A raw file has unusable columns, a test row no key of its own, or the split
            leaves nothing to train on or, with `after:`, nothing to validate on.
    """
    made = outputs.prepare(
        out, kinds.EVENTS, inputs={TRAIN_FILE: train, TEST_FILE: test}, params=params
    )
    ways = holdout.splits(params.split.kind)
    known, asked = scan_sessions(train), scan_sessions(test)
    check_keys(test, asked)
    counts = {"train": row_counts(known), "test": row_counts(asked)}
    total = sum(events for faults in counts.values() for _, events in faults.values())
    count = params.explode.buckets or bucket_count(total, params.explode.memory_gb)
    with made.replacing() as scratch:
        work = scratch / "work"
        parts = _partition(_both(known, asked), count, work)
        found, dropped = _order(parts, ways, work, progress)
        way, rows = holdout.choose(ways, found, params)
        totals = _mark(way, rows, scratch, progress)
        _check(train, params.split.kind, totals)
        tables.remove(work)
    return ExplodeReport(
        rows={name: sum(rows for rows, _ in faults.values()) for name, faults in counts.items()},
        dropped_rows={fault: rows for fault, (rows, _) in counts["train"].items() if fault},
        dropped_events=dict(sorted(dropped.items())),
        test_rows_without_events=totals["empty"],
        split=str(way),
        labels=totals["labels"],
        events={part: totals[part] for part in PARTS.categories},
        users=totals["users"],
        buckets=count,
    )


def _both(known: pl.LazyFrame, asked: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of both files with `from_test`; malformed train rows are dropped, test rows are not."""
    usable = known.filter(pl.col("fault").is_null()).with_columns(from_test=pl.lit(False))
    return pl.concat([usable, asked.with_columns(from_test=pl.lit(True))])


def _partition(sessions: pl.LazyFrame, count: int, work: Path) -> list[pl.LazyFrame]:
    """Cut sessions into `count` lazy frames by their user, through files in `work`."""
    work.mkdir(parents=True)
    if count == 1:
        return [sessions]
    sessions.with_columns(bucket=bucket_of(pl.col("user_id"), count)).sink_parquet(
        pl.PartitionBy(work, key="bucket", include_key=False), mkdir=True, compression="lz4"
    )
    folders = [work / f"bucket={index}" for index in range(count)]
    return [
        pl.scan_parquet(folder / "*.parquet", hive_partitioning=False)
        if folder.is_dir()
        else sessions.clear()
        for folder in folders
    ]


def _order(
    parts: Sequence[pl.LazyFrame], ways: Sequence[holdout.Split], work: Path, progress: Progress
) -> tuple[list[list[pl.DataFrame]], Counter[str]]:
    """Write each bucket's events in order to `work`; give its candidates for each way to split."""
    found, dropped = [], Counter[str]()
    for index, part in enumerate(parts):
        events, faults = ordered_events(part)
        dropped.update(faults)
        found.append([holdout.candidates(events, way) for way in ways])
        events.write_parquet(bucket_path(work, index), compression="lz4")
        progress(index + 1, 2 * len(parts), "ordered")
    return found, dropped


def _mark(
    way: holdout.Split, rows: Sequence[pl.DataFrame], scratch: Path, progress: Progress
) -> Counter[str]:
    """Write each bucket with `part` and `label`; count what they hold."""
    totals = Counter[str]()
    for index, labelled in enumerate(rows):
        ordered = pl.read_parquet(bucket_path(scratch / "work", index))
        events = holdout.mark(ordered, labelled, way)
        tables.sink(events, bucket_path(scratch, index), EVENTS)
        real = events["vacancy_id"].is_not_null()
        totals.update(dict(events.filter(real)["part"].value_counts().iter_rows()))
        totals.update(
            empty=int((~real).sum()),
            labels=int(events["label"].sum()),
            users=events["user_id"].n_unique(),
        )
        progress(len(rows) + index + 1, 2 * len(rows), "split")
    return totals


def _check(train: Path, kind: str, totals: Counter[str]) -> None:
    """Raise an error where the split leaves nothing to learn from, or a cut nothing to ask."""
    if totals["train"] and (totals["labels"] or not kind.startswith("after")):
        return
    lack = "a validation row" if totals["train"] else "an event to train on"
    found = ", ".join(f"{totals[part]:,} {part} events" for part in PARTS.categories)
    raise HhrecError(
        f"{train}: split.kind {kind!r} leaves not {lack}; found {found}",
        "set split.kind to a day inside the train file's time, or to auto",
    )
