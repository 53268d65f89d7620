"""Explode sessions into ordered events, one row each, in buckets and parts.

All that happens to an event depends on its user's sessions only, so that memory holds the
buckets at work; what is global is which way to split and which users validate.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from stages.core import engines, kinds, outputs, table_files, tables
from stages.core.artifact_paths import TEST_FILE, TRAIN_FILE
from stages.core.buckets import (
    BYTES_PER_EVENT,
    bucket_count,
    bucket_of,
    bucket_path,
    keep,
    kept_path,
    user_sizes,
    write,
)
from stages.core.raw_sessions import check_keys, event_count, fault_counts, scan_sessions
from stages.core.schema import EVENTS, PARTS
from stages.explode import holdout
from stages.explode.event_order import ordered_events, with_ids
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params

UNEVEN = 1.1  # times its share that the greatest of several buckets may hold
NAMES = "names"  # folder of what the names in kept events stand for


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
    heights = {"train": table_files.row_count(train), "test": table_files.row_count(test)}
    total = event_count(known) + event_count(asked)
    count = bucket_number(params, total)
    need = total * BYTES_PER_EVENT // count
    with (
        made.replacing() as place,
        engines.opened(params.engine, params.explode.memory_gb) as engine,
    ):
        scratch = place.absolute()
        rows = _rows({"train": train, "test": test}, heights, count, scratch / "work")
        order = partial(ordered, scratch / "work", ways)
        first, second = engines.halves(progress, count, "ordered", "split")
        done = list(first(engine.shuffled(rows, order, need=need)))
        way, labels = holdout.choose(ways, [found.tables for found in done], params)
        mark = partial(marked, scratch, way)
        split = list(second(engine.each(mark, list(enumerate(labels)), need=need)))
        dropped, totals = engines.total(done), engines.total(split)
        whole = dropped.pop("sessions") == sum(heights.values())
        _check(train, params.split.kind, totals)
        tables.remove(scratch / "work")
    return ExplodeReport(
        rows=heights,
        dropped_rows={} if whole else fault_counts(known),
        dropped_events=dict(sorted(dropped.items())),
        test_rows_without_events=totals["empty"],
        split=str(way),
        labels=totals["labels"],
        events={part: totals[part] for part in PARTS.categories},
        users=totals["users"],
        buckets=count,
    )


def bucket_number(params: Params, events: int) -> int:
    """How many buckets so many events are cut into: as many as are asked for, or as few as do.

    Those that are worked on at once share the memory, in which the greatest must find room.
    """
    if params.explode.buckets:
        return params.explode.buckets
    memory = params.explode.memory_gb / params.engine.workers
    fewest = bucket_count(events, memory)
    return fewest if fewest == 1 else bucket_count(round(events * UNEVEN), memory)


def _rows(
    files: Mapping[str, Path], heights: Mapping[str, int], count: int, work: Path
) -> engines.Shuffle:
    """Rows of both files, to be brought together by user."""
    work.mkdir(parents=True)
    return engines.Shuffle(
        read=sessions_of,
        bucket=partial(by_user, count),
        files=[engines.Slice(role, file.absolute()) for role, file in files.items()],
        heights=[heights[role] for role in files],
        count=count,
        scratch=work / "scattered",
    )


def sessions_of(part: engines.Slice) -> pl.LazyFrame:
    """Rows of a raw file with `from_test`; malformed train rows are dropped, test rows are not."""
    rows = part.of(scan_sessions(part.file))
    if part.role == "test":
        return rows.with_columns(from_test=pl.lit(True))
    return rows.filter(pl.col("fault").is_null()).with_columns(from_test=pl.lit(False))


def by_user(count: int) -> pl.Expr:
    """The bucket of a row with a user."""
    return bucket_of(pl.col("user_id"), count)


def ordered(
    work: Path, ways: Sequence[holdout.Split], index: int, rows: pl.LazyFrame
) -> engines.Found:
    """Write a bucket's events in order to `work`; give its candidates for each way to split."""
    found = ordered_events(rows)
    keep(found.events.drop("user"), kept_path(work, index), mapped=True)
    keep(found.names, kept_path(work / NAMES, index), mapped=True)
    rows_of = holdout.candidates(found, ways)
    counts = {**found.faults, "sessions": found.sessions}
    return engines.Found(counts, rows_of, len(found.events))


def marked(scratch: Path, way: holdout.Split, job: tuple[int, pl.DataFrame]) -> engines.Found:
    """Write a bucket with `part` and `label`; count what it holds."""
    index, labelled = job
    work = scratch / "work"
    names = table_files.read_ipc(kept_path(work / NAMES, index))
    numbered = table_files.read_ipc(kept_path(work, index))
    events = holdout.mark(with_ids(numbered, names), labelled, way)
    write(events, bucket_path(scratch, index), EVENTS, work=work)
    real = events["vacancy_id"].is_not_null()
    return engines.Found(
        dict(events.filter(real)["part"].value_counts().iter_rows())
        | {
            "empty": int((~real).sum()),
            "labels": int(events["label"].sum()),
            "users": len(user_sizes(events)),
        },
        rows=len(events),
    )


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
