"""Judged events, one range of users after the other, into the files of train, test and labels."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import polars as pl

from stages.core import table_files
from stages.core.schema import LABELS, RAW_SESSIONS, Schema
from stages.data.import_split import USER, Split, SplitKind, ordered, split_events
from stages.data.raw_rows import label_rows, next_rows, session_rows
from stages.data.row_validation import SLOTS
from stages.interface.errors import HhrecError, UsageError
from stages.interface.stage_report import Progress

PARTS: dict[str, Schema] = {"train": RAW_SESSIONS, "test": RAW_SESSIONS, "labels": LABELS}
ROW_GROUP = 100_000


@dataclass(frozen=True)
class Plan:
    """How accepted events become sessions and parts.

    Attributes:
        kind: `leave-one-out`, `time-cut` or `none`, see `stages.data.import_split`.
        cut: First moment after train, in UTC; None takes it from `test_share`.
        test_share: Share of events at or after the cut, when `cut` is None.
        session_gap: Minutes; a longer pause ends a session. Unused with a session column.
        keep_duplicates: Keep rows equal in user, session, time, item and action.
    """

    kind: SplitKind = "leave-one-out"
    cut: datetime | None = None
    test_share: float = 0.2
    session_gap: float = 30.0
    keep_duplicates: bool = False

    def __post_init__(self) -> None:
        """Refuse shares and gaps that cannot be."""
        if not 0 < self.test_share < 1:
            raise UsageError(f"--test-share {self.test_share}: expected a share between 0 and 1")
        if not 0 < self.session_gap <= 10_000_000:  # noqa: PLR2004  19 years, beyond any session
            raise UsageError(f"--session-gap {self.session_gap}: expected minutes above 0")

    def split(self, accepted: pl.LazyFrame) -> Split:
        """Fix the cut: the given one, or the time that `test_share` of the events reach."""
        if self.kind != "time-cut":
            return Split(self.kind)
        if self.cut is not None:
            return Split(self.kind, self.cut)
        quantile = pl.col("time").quantile(1 - self.test_share, interpolation="higher")
        cut: datetime = accepted.select(quantile).collect(engine="streaming").item()
        return Split(self.kind, cut)


@dataclass
class Tally:
    """Counts summed over ranges of users."""

    fates: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    tied: int = 0  # events at the very time of another one of their user
    users: int = 0
    rows: Counter[str] = field(default_factory=Counter)


def write_parts(
    accepted: pl.LazyFrame,
    plan: Plan,
    split: Split,
    *,
    ranges: int,
    work: Path,
    out: Path,
    progress: Progress,
) -> Tally:
    """Split each range of users on its own, then join the ranges into one file a part.

    Raises:
        HhrecError: No session is left for train, or none for test.
    """
    tally = Tally()
    for index, (low, high) in enumerate(_bounds(ranges)):
        inside = pl.col("slot").is_between(low, high, closed="left")
        frame = accepted.filter(inside).collect(engine="streaming")
        events = ordered(frame, keep_duplicates=plan.keep_duplicates)
        tally.duplicates += frame.height - events.height
        tally.tied += int(events.select(*USER, "time").is_duplicated().sum())
        found = split_events(events, split, plan.session_gap)
        _write_range(found, work, index, tally, ask_all=split.kind == "none")
        progress(index + 1, ranges, "users into sessions")
    _refuse_nothing(tally, split)
    out.mkdir(parents=True, exist_ok=True)
    for part in PARTS if split.kind != "none" else ("train", "test"):
        files = [work / f"{part}-{index}.parquet" for index in range(ranges)]
        table_files.scan_parquet(files).sink_parquet(
            out / f"{part}.parquet", compression="zstd", statistics=False, row_group_size=ROW_GROUP
        )
    return tally


def _bounds(ranges: int) -> Iterator[tuple[int, int]]:
    edges = [index * SLOTS // ranges for index in range(ranges + 1)]
    return pairwise(edges)


def _write_range(
    events: pl.DataFrame, work: Path, index: int, tally: Tally, *, ask_all: bool
) -> None:
    fate = pl.col("fate")
    tables = {
        "train": session_rows(events.filter(fate == "train")),
        "test": next_rows(events) if ask_all else session_rows(events.filter(fate == "test")),
        "labels": label_rows(events),
    }
    tally.fates.update(dict(events.group_by("fate").len().iter_rows()))
    tally.users += events["user"].n_unique()
    for part, rows in tables.items():
        tally.rows[part] += rows.height
        rows.write_parquet(work / f"{part}-{index}.parquet")


def _refuse_nothing(tally: Tally, split: Split) -> None:
    for part in ("train", "test"):
        if not tally.rows[part]:
            where = f"time-cut at {split.cut}" if split.cut else split.kind
            raise HhrecError(
                f"{where}: no {part} session among {sum(tally.fates.values()):,} events of "
                f"{tally.users:,} users",
                "try another --split, --cut or --test-share; --split none holds nothing back",
            )
