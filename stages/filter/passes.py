"""Passes over the buckets of events that leave out who and what is too rare.

A user's events are in one bucket, a vacancy's in all: where no vacancy can be too rare, one pass
does; else a first one makes the pairs, of which the k-core is taken, and a second one keeps what
is in it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from stages.core import engines, table_files
from stages.core.buckets import bucket_path, keep, kept_path, need, summed, user_sizes, write
from stages.core.schema import FILTERED
from stages.filter.kcore import items, pairs, shrink
from stages.filter.train_part import chosen, people
from stages.interface.stage_report import Progress
from stages.params.data import FilterParams


class Wanted(NamedTuple):
    """What is learnt from: `everything` or the train part, of people but not of bots."""

    everything: bool
    limits: FilterParams

    def people(self, file: Path, fewest: int = 0) -> tuple[pl.DataFrame, Mapping[str, int]]:
        """Events of a bucket's people, of those with `fewest` or more of them, and what is counted."""
        return people(
            table_files.read_parquet(file),
            everything=self.everything,
            max_user_events=self.limits.max_user_events,
            min_user_events=fewest,
        )


def filtered(
    engine: engines.Engine, files: Sequence[Path], wanted: Wanted, out: Path, progress: Progress
) -> Counter[str]:
    """Write the buckets of what is left to `out`; give all counts of the report.

    Args:
        engine: Does the work on each bucket.
        files: Buckets of events.
        wanted: What is learnt from, and what is too rare.
        out: Directory of buckets; `work` in it is scratch.
        progress: Told of each bucket, once a pass.
    """
    passes = in_one_pass if wanted.limits.min_item_events <= 1 else by_core
    return passes(engine, files, wanted, out, progress)


def in_one_pass(
    engine: engines.Engine, files: Sequence[Path], wanted: Wanted, out: Path, progress: Progress
) -> Counter[str]:
    """As `filtered`, where no vacancy is too rare."""
    jobs = engine.each(partial(judged, wanted, out), list(enumerate(files)), need=need(files))
    counts = Counter(rounds=1)

    def vacancies() -> Iterator[pl.DataFrame]:
        for one in engines.Telling(progress, len(files))(jobs, "filtered"):
            counts.update(one.counts)
            yield one.tables[0]

    counts["vacancies"] = summed(vacancies(), "vacancy_id", "events").height
    return counts


def judged(wanted: Wanted, out: Path, job: tuple[int, Path]) -> engines.Found:
    """Write the events of a bucket's users that have enough of them."""
    index, file = job
    rows, counts = wanted.people(file, wanted.limits.min_user_events)
    write(rows, bucket_path(out, index), FILTERED, work=out / "work")
    left = {"events": rows.height, "users": len(user_sizes(rows))}
    vacancies = rows.lazy().group_by("vacancy_id").agg(events=pl.len().cast(pl.Int64))
    return engines.Found(
        {**counts, **left}, [vacancies.collect(engine="streaming")], counts["train"]
    )


def by_core(
    engine: engines.Engine, files: Sequence[Path], wanted: Wanted, out: Path, progress: Progress
) -> Counter[str]:
    """As `filtered`, where a vacancy that goes may make a user too rare, and the other way round."""
    room, limits, work = need(files), wanted.limits, out / "work"
    first, second = engines.halves(progress, len(files), "counted", "filtered")
    pair = partial(paired, wanted, work)
    counts = engines.total(first(engine.each(pair, list(enumerate(files)), need=room)))
    left = shrink(
        engine,
        [kept_path(work, index) for index in range(len(files))],
        min_item_events=limits.min_item_events,
        min_user_events=limits.min_user_events,
        rounds=limits.rounds,
        need=room,
    )
    vacancies = items(engine, left.files, room).height
    jobs = list(enumerate(zip(files, left.files, strict=True)))
    counts += engines.total(second(engine.each(partial(kept, wanted, out), jobs, need=room)))
    return counts + left.dropped + Counter(rounds=left.rounds, vacancies=vacancies)


def paired(wanted: Wanted, work: Path, job: tuple[int, Path]) -> engines.Found:
    """Write the pairs of a bucket of events to `work`; count what is no pair and why."""
    index, file = job
    known, counts = wanted.people(file)
    keep(pairs(known.lazy()), kept_path(work, index))
    return engines.Found(counts, rows=known.height)


def kept(wanted: Wanted, out: Path, job: tuple[int, tuple[Path, Path]]) -> engines.Found:
    """Write the events of a bucket whose user and vacancy are left in the core, in order.

    A pair goes only with its user or with its vacancy, and a vacancy goes from all buckets: where both
    are left, the pair is.
    """
    index, (file, core) = job
    left = table_files.read_ipc(core)
    known, _ = wanted.people(file)
    lives = known.select(pl.col("user_id").rle()).unnest("user_id")
    stays = lives["value"].is_in(left["user_id"].unique().implode()).to_numpy()
    rows = chosen(known, np.repeat(stays, lives["len"].to_numpy()))
    if rows.height > left["events"].sum():
        vacancies = left.select(pl.col("vacancy_id").unique())
        rows = rows.join(vacancies, on="vacancy_id", how="semi", maintain_order="left")
    write(rows, bucket_path(out, index), FILTERED, work=out / "work")
    return engines.Found({"events": rows.height, "users": int(stays.sum())}, rows=known.height)
