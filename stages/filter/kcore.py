"""The k-core: the largest set of events in which every vacancy and every user is frequent enough.

Reference: S. B. Seidman, Network structure and minimum degree, Social Networks 5(3), 1983; here on
the bipartite graph of vacancies and users, where a pair weighs as much as it has events.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl


@dataclass
class Core:
    """How many rounds it took, and the events that each minimum dropped."""

    rounds: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


def pairs(events: pl.LazyFrame) -> pl.LazyFrame:
    """Events of each user with each vacancy: `user_id`, `vacancy_id`, `events`; in no order."""
    return events.group_by("user_id", "vacancy_id").agg(events=pl.len().cast(pl.Int64))


def shrink(
    files: Sequence[Path], *, min_item_events: int, min_user_events: int, rounds: int
) -> Core:
    """Drop rare vacancies, then users with little left, and again until nothing changes.

    Args:
        files: Parquet files of `pairs`, all of a user in one file; rewritten in place.
        min_item_events: Fewest events of a vacancy over all files.
        min_user_events: Fewest events of a user.
        rounds: Most rounds; 0 goes on to the fixed point.
    """
    core = Core()
    while not rounds or core.rounds < rounds:
        rare = _rare_items(files, min_item_events)
        if core.rounds and rare.is_empty():
            break
        before = core.dropped["min_user_events"]
        for file in files:
            core.dropped.update(_shrink_file(file, rare, min_user_events))
        core.rounds += 1
        if core.dropped["min_user_events"] == before:
            break
    return core


def _rare_items(files: Sequence[Path], fewest: int) -> pl.DataFrame:
    """Vacancies with fewer events than `fewest` in all files together: one column."""
    counts = pl.scan_parquet(list(files)).group_by("vacancy_id").agg(pl.col("events").sum())
    rare = counts.filter(pl.col("events") < fewest).select("vacancy_id")
    return rare.collect(engine="streaming") if fewest > 1 else rare.clear().collect()


def _shrink_file(file: Path, rare: pl.DataFrame, min_user_events: int) -> Counter[str]:
    """Rewrite one file without rare vacancies and the users they leave poor; count the events."""
    before = pl.read_parquet(file)
    frequent = before.join(rare, on="vacancy_id", how="anti") if rare.height else before
    rich = frequent.filter(pl.col("events").sum().over("user_id") >= min_user_events)
    if rich.height < before.height:
        rich.write_parquet(file, compression="lz4")
    sums = [int(frame["events"].sum()) for frame in (before, frequent, rich)]
    return Counter(min_item_events=sums[0] - sums[1], min_user_events=sums[1] - sums[2])
