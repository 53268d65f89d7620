"""The report of an import: what became of every row, and what may have been read wrongly."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from stages.data.import_doubts import Facts
from stages.data.item_table import ImportedCatalogue
from stages.data.log_validation import Verdict
from stages.data.write_parts import Tally
from stages.interface.stage_report import Report


class ImportReport(Report):
    """What became of every row of the log: rows = rejected + events + left_out."""

    files: int
    rows: int
    rejected: dict[str, int]
    unknown_actions: dict[str, int]
    """The most frequent names that no option gave a meaning."""
    unreadable_time: str | None
    """One of them."""
    time_format: str
    first: datetime
    last: datetime
    tied: int
    """Events at the very time of another one of their user."""
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
    doubts: list[str]
    """What may have been read wrongly."""

    def figures(self) -> Iterator[tuple[str, Any]]:
        """All but the doubts, which are remarks."""
        return (pair for pair in super().figures() if pair[0] != "doubts")

    def remarks(self) -> list[str]:
        """The doubts."""
        return self.doubts


def report_of(
    verdict: Verdict,
    tally: Tally,
    found: ImportedCatalogue,
    known: Facts,
    *,
    cut: datetime | None,
    doubts: list[str],
    files: int,
    ranges: int,
) -> ImportReport:
    """Gather what the steps of an import counted."""
    kept = ("train", "test", "label")
    duplicates = {"duplicate": tally.duplicates} if tally.duplicates else {}
    return ImportReport(
        files=files,
        rows=verdict.rows,
        rejected=verdict.rejected | duplicates,
        unknown_actions=verdict.unknown_actions,
        unreadable_time=verdict.unreadable_time,
        time_format=verdict.time_format,
        first=known.first,
        last=known.last,
        tied=tally.tied,
        cut=cut,
        users=tally.users,
        events={name: tally.fates[name] for name in kept},
        left_out={name: tally.fates[name] for name in sorted(tally.fates) if name not in kept},
        train_sessions=tally.rows["train"],
        test_sessions=tally.rows["test"],
        labels=tally.rows["labels"],
        vacancies=found.rows.height,
        vacancies_without_row=len(found.unmatched),
        items_rejected=found.rejected,
        items_unreadable=found.unreadable,
        ranges=ranges,
        doubts=doubts,
    )
