"""The k-core: the largest set of events in which every vacancy and every user is frequent enough.

Reference: S. B. Seidman, Network structure and minimum degree, Social Networks 5(3), 1983; here on
the bipartite graph of vacancies and users, where a pair weighs as much as it has events.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars as pl

from stages.core import engines, table_files
from stages.core.buckets import keep, summed


@dataclass
class Core:
    """Files of pairs that are left, how many rounds it took, the events that each minimum dropped."""

    files: list[Path]
    rounds: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


def pairs(events: pl.LazyFrame) -> pl.LazyFrame:
    """Events of each user with each vacancy: `user_id`, `vacancy_id`, `events`; in no order."""
    return events.group_by("user_id", "vacancy_id").agg(events=pl.len().cast(pl.Int64))


def shrink(
    engine: engines.Engine,
    files: Sequence[Path],
    *,
    min_item_events: int,
    min_user_events: int,
    rounds: int,
    need: int = 0,
) -> Core:
    """Drop rare vacancies, then users with little left, and again until nothing changes.

    Args:
        engine: Does the work on each file.
        files: Arrow files of `pairs`, all of a user in one file; they are removed as others take their place.
        min_item_events: Fewest events of a vacancy over all files.
        min_user_events: Fewest events of a user.
        rounds: Most rounds; 0 goes on to the fixed point.
        need: Bytes of memory that the greatest file takes.
    """
    core = Core(list(files))
    while not rounds or core.rounds < rounds:
        rare = _rare_items(engine, core.files, min_item_events, need)
        if core.rounds and rare.is_empty():
            break
        core.rounds += 1
        listed = files[0].with_name(f"rare-{core.rounds}.arrow")
        keep(rare, listed)
        work = partial(shrunk, listed, min_user_events, core.rounds)
        found = list(engine.each(work, core.files, need=need))
        for place, one in enumerate(found):
            if one.counts["changed"]:
                old, core.files[place] = core.files[place], _renewed(core.files[place], core.rounds)
                old.unlink(missing_ok=True)
        dropped = engines.total(found)
        del dropped["changed"]
        core.dropped.update(dropped)
        if not dropped["min_user_events"]:
            break
    return core


def items(engine: engines.Engine, files: Sequence[Path], need: int = 0) -> pl.DataFrame:
    """Events of each vacancy in all files together: `vacancy_id`, `events`; in no order."""
    parts = (found.tables[0] for found in engine.each(item_events, list(files), need=need))
    return summed(parts, "vacancy_id", "events")


def item_events(file: Path) -> engines.Found:
    """Events of each vacancy in one file."""
    counts = table_files.scan_ipc(file).group_by("vacancy_id").agg(pl.col("events").sum())
    return engines.Found(tables=[counts.collect(engine="streaming")])


def _rare_items(
    engine: engines.Engine, files: Sequence[Path], fewest: int, need: int
) -> pl.DataFrame:
    """Vacancies with fewer events than `fewest` in all files together: one column."""
    if fewest <= 1:
        return pl.DataFrame(schema={"vacancy_id": pl.String})
    return items(engine, files, need).filter(pl.col("events") < fewest).select("vacancy_id")


def shrunk(rare: Path, min_user_events: int, number: int, file: Path) -> engines.Found:
    """Write one file anew without rare vacancies and the users they leave poor; count the events.

    The old file stays, so that the same may be done twice; where nothing goes, nothing is written.
    """
    before, unwanted = table_files.read_ipc(file), table_files.read_ipc(rare)
    frequent = before.join(unwanted, on="vacancy_id", how="anti") if unwanted.height else before
    rich = frequent.filter(pl.col("events").sum().over("user_id") >= min_user_events)
    changed = rich.height < before.height
    if changed:
        keep(rich, _renewed(file, number))
    sums = [int(frame["events"].sum()) for frame in (before, frequent, rich)]
    return engines.Found(
        {
            "changed": int(changed),
            "min_item_events": sums[0] - sums[1],
            "min_user_events": sums[1] - sums[2],
        }
    )


def _renewed(file: Path, number: int) -> Path:
    """Where a file is written anew in a round."""
    name, _, _ = file.stem.partition("@")
    return file.with_name(f"{name}@{number}.arrow")
