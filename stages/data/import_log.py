"""From any flat event log to the three raw files and their labels.

    log ─► judged rows ─► ranges of users ─► sessions ─► train, test, labels
               │
               └─► every item ─► catalogue ◄─ item table

One range of users is in memory at a time; the catalogue is held whole. No output depends on the
order of the log's rows or on the number of ranges.
"""

import os
from dataclasses import replace
from pathlib import Path

import polars as pl

from stages.core import kinds, outputs, ownership, table_files
from stages.core.artifact_paths import LABELS_FILE, RAW_FILES, VACANCIES_FILE
from stages.core.buckets import bucket_count
from stages.core.schema import RAW_VACANCIES
from stages.core.tables import sink
from stages.data.formats import open_flat
from stages.data.import_doubts import doubts, facts
from stages.data.import_report import ImportReport, report_of
from stages.data.item_table import ItemTable, catalogue
from stages.data.list_columns import exploded, without_words
from stages.data.log_files import on_disk, require_lasting, resolved
from stages.data.log_validation import judge, read_verdict
from stages.data.row_validation import SLOTS, EventLog
from stages.data.write_parts import Plan, write_parts
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, silent

FILES = (*RAW_FILES, LABELS_FILE)


def run(
    log: EventLog,
    *,
    out: Path,
    items: ItemTable | None = None,
    listed_only: bool = False,
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
    with outputs.scratch_directory(made) as work:
        log = replace(log, file=resolved(log.file, work / "log"))
        source = _opened(log)
        if items:
            items = items.resolved(work / "items")
            items.opened()  # its faults show before the log is read
        judgements = work / "judged.parquet"
        progress(0, 1, "reading the log")
        written = judge(log, source, judgements)
        verdict = read_verdict(table_files.scan_parquet(judgements), log, written)
        accepted = table_files.scan_parquet(judgements).filter(pl.col("reason").is_null())
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
            found = catalogue(seen["item"], items, listed_only=listed_only)
            sink(found.rows, scratch / VACANCIES_FILE, RAW_VACANCIES)
        known = facts(accepted)
    unmatched = found.unmatched if items else []
    said = doubts(known, tied=tally.tied, unmatched=unmatched, items=len(seen) if items else None)
    counts = {"files": len(log.file.files), "ranges": ranges}
    return report_of(verdict, tally, found, known, cut=split.cut, doubts=said, **counts)


def _opened(log: EventLog) -> pl.LazyFrame:
    """The wanted columns of a log, an event a row."""
    flat = exploded(open_flat(log.file, log.columns()), log.file.path)
    return without_words(flat, log.file.nulls)


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
    """Check the inputs and the place of the raw files, and lock it."""
    inputs = {"log": on_disk(log.file.path)}
    if items:
        inputs["items"] = on_disk(items.file.path)
    for path in inputs.values():
        require_lasting(path)
    if os.path.lexists(out):
        guard(out, force=force)
    return outputs.prepare(out, kinds.IMPORT, inputs=inputs)
