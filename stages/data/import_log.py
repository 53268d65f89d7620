"""From any flat event log to the three raw files and their labels.

    log ─► judged rows ─► ranges of users ─► sessions ─► train, test, labels
               │
               └─► every item ─► catalogue ◄─ item table

One range of users is in memory at a time; the catalogue is held whole. No output depends on the
order of the log's rows or on the number of ranges.
"""

import os
from datetime import datetime
from pathlib import Path

import polars as pl

from stages.core import kinds, outputs, ownership
from stages.core.artifact_paths import LABELS_FILE, RAW_FILES, VACANCIES_FILE
from stages.core.buckets import bucket_count
from stages.core.schema import RAW_VACANCIES
from stages.core.tables import sink
from stages.data.formats import open_flat
from stages.data.item_table import ImportedCatalogue, ItemTable, catalogue
from stages.data.log_validation import Verdict, judge, read_verdict
from stages.data.row_validation import SLOTS, EventLog
from stages.data.write_parts import Plan, Tally, write_parts
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, Report, silent

FILES = (*RAW_FILES, LABELS_FILE)


class ImportReport(Report):
    """What became of every row of the log: rows = rejected + events + left_out."""

    rows: int
    rejected: dict[str, int]
    unknown_actions: dict[str, int]
    """The most frequent names that no option gave a meaning."""
    unreadable_time: str | None
    """One of them."""
    time_format: str
    cut: datetime | None
    users: int
    events: dict[str, int]
    left_out: dict[str, int]
    train_sessions: int
    test_sessions: int
    labels: int
    vacancies: int
    vacancies_without_row: int
    """Items of the events that the item table does not hold."""
    items_rejected: dict[str, int]
    items_unreadable: dict[str, int]
    ranges: int


def run(
    log: EventLog,
    *,
    out: Path,
    items: ItemTable | None = None,
    plan: Plan | None = None,
    force: bool = False,
    memory_gb: float = 4.0,
    progress: Progress = silent,
) -> ImportReport:
    """Write train, test, vacancies and labels into `out`, all of them or none.

    Raises:
        MissingInputError: The log or the item table is not there.
        UsageError: Two settings contradict each other.
        HhrecError: A file cannot be read or lacks a column, no event or no session is left, or
            `out` holds something already.
    """
    made = prepared(log, out, items, force=force)
    plan = plan or Plan()
    source = open_flat(log.file, log.columns())
    if items:
        items.mapping()  # its faults show before the log is read
    with outputs.scratch_directory(made) as work:
        judgements = work / "judged.parquet"
        progress(0, 1, "reading the log")
        written = judge(log, source, judgements)
        verdict = read_verdict(pl.scan_parquet(judgements), log, written)
        accepted = pl.scan_parquet(judgements).filter(pl.col("reason").is_null())
        split = plan.split(accepted)
        ranges = min(bucket_count(verdict.rows, memory_gb), SLOTS)
        with made.replacing() as scratch:
            tally = write_parts(
                accepted,
                plan,
                split,
                ranges=ranges,
                work=work,
                out=scratch,
                progress=progress,
            )
            seen = accepted.select(pl.col("item").unique()).collect(engine="streaming")
            found = catalogue(seen["item"], items)
            sink(found.rows, scratch / VACANCIES_FILE, RAW_VACANCIES)
    return _report(verdict, tally, found, cut=split.cut, ranges=ranges)


def guard(out: Path, *, force: bool) -> None:
    """Refuse to write where something is, unless `force` and it is an earlier import's.

    Raises:
        HhrecError: `out` is a file, or a directory that may not be replaced.
    """
    if out.exists() and not out.is_dir():
        raise HhrecError(f"{out}: expected a directory, found a file", "name another with --out")
    content = sorted(entry.name for entry in out.iterdir()) if out.is_dir() else []
    foreign = [name for name in content if name not in FILES]
    if foreign:
        raise HhrecError(
            f"{out}: holds {', '.join(foreign[:3])}, which no import wrote; it is left alone",
            "name an empty or new directory with --out",
        )
    if content:
        ownership.require_own(out, kinds.IMPORT)
    if content and not force:
        raise HhrecError(
            f"{out}: already holds {', '.join(content)}",
            "add --force to replace them, or name another directory with --out",
        )


def prepared(log: EventLog, out: Path, items: ItemTable | None, *, force: bool) -> outputs.Output:
    """Check the place of the raw files and lock it."""
    if os.path.lexists(out):
        guard(out, force=force)
    return outputs.prepare(
        out,
        kinds.IMPORT,
        inputs={"log": log.file.path, "items": items.file.path if items else None},
    )


def _report(
    verdict: Verdict, tally: Tally, found: ImportedCatalogue, *, cut: datetime | None, ranges: int
) -> ImportReport:
    kept = ("train", "test", "label")
    duplicates = {"duplicate": tally.duplicates} if tally.duplicates else {}
    return ImportReport(
        rows=verdict.rows,
        rejected=verdict.rejected | duplicates,
        unknown_actions=verdict.unknown_actions,
        unreadable_time=verdict.unreadable_time,
        time_format=verdict.time_format,
        cut=cut,
        users=tally.users,
        events={name: tally.fates[name] for name in kept},
        left_out={name: tally.fates[name] for name in sorted(tally.fates) if name not in kept},
        train_sessions=tally.rows["train"],
        test_sessions=tally.rows["test"],
        labels=tally.rows["labels"],
        vacancies=found.rows.height,
        vacancies_without_row=found.added,
        items_rejected=found.rejected,
        items_unreadable=found.unreadable,
        ranges=ranges,
    )
