"""Filter the train events: drop bots, unknown actions, rare users and rare vacancies.

With `split.kind: none` nothing is held out, and the test contexts, which are known when the
questions are asked, belong to the train part.
Contexts are never filtered: `sequences` reads them from the events themselves.
"""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from stages.core import engines, kinds, outputs, tables
from stages.core.actions import is_bot, is_known
from stages.core.buckets import bucket_path, buckets, keep, need, write
from stages.core.schema import EVENTS, FILTERED
from stages.filter.kcore import items, pairs, shrink
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params

LIFE = pl.col("user_id").rle_id()  # in a bucket, a user's events stand side by side


class FilterReport(Report):
    """Events of the train part, what was dropped in this order and why, and what is left."""

    train_events: int
    dropped: dict[str, int]
    bots: int
    rounds: int
    events: int
    users: int
    vacancies: int


def train_part(events: pl.LazyFrame, *, everything: bool = False) -> pl.LazyFrame:
    """Events of part `train`, or of every part.

    `session` counts among them alone, so that held-out ones leave no trace.
    """
    lives = pl.struct(user=pl.col("user_id").rle_id(), session="session")
    ordinal = lives.map_batches(_ordinals, return_dtype=pl.Int32).alias("session")
    chosen = pl.col("vacancy_id").is_not_null() if everything else pl.col("part") == "train"
    return events.filter(chosen).with_columns(ordinal)


def _ordinals(lives: pl.Series) -> pl.Series:
    """Rank of each session among its user's that are there; a user's events stand side by side."""
    user, session = (lives.struct.field(name).to_numpy() for name in ("user", "session"))
    if not len(user):
        return pl.Series(dtype=pl.Int32)
    starts = np.flatnonzero(np.diff(user, prepend=-1))
    sizes = np.maximum.reduceat(session, starts).astype(np.int64) + 1
    begins = np.cumsum(sizes) - sizes  # of each user in a row of all sessions
    place = begins[user] + session
    there = np.zeros(int(sizes.sum()), dtype=bool)
    there[place] = True
    known = np.cumsum(there)
    earlier = known[begins] - there[begins]
    return pl.Series((known[place] - 1 - earlier[user]).astype(np.int32), dtype=pl.Int32)


def usable(part: pl.LazyFrame, max_user_events: int) -> pl.LazyFrame:
    """Known actions of people in the train part, in its order."""
    return part.filter(~is_bot(max_user_events, LIFE) & is_known())


def run(params: Params, *, events: Path, out: Path, progress: Progress = silent) -> FilterReport:
    """Write the filtered train part of `events` to the buckets of `out`.

    Raises:
        MissingInputError: There are no events.
        HhrecError: The events have other columns, or the filter leaves none of them.
    """
    made = outputs.prepare(out, kinds.FILTERED, inputs={"events": events}, params=params)
    table = tables.scan(events, EVENTS, made_by="hhrec explode")
    everything = params.split.kind == "none"
    if everything:
        _check_whole(events, table)
    files = [file.absolute() for file in buckets(events) or [events]]
    wanted, room = Wanted(everything, params.filter.max_user_events), need(files)
    with (
        made.replacing() as place,
        engines.opened(params.engine, params.explode.memory_gb) as engine,
    ):
        scratch = place.absolute()
        first, second = engines.halves(progress, len(files), "counted", "filtered")
        pair = partial(paired, wanted, scratch / "work")
        counts = engines.total(first(engine.each(pair, list(enumerate(files)), need=room)))
        left = shrink(
            engine,
            [bucket_path(scratch / "work", index) for index in range(len(files))],
            min_item_events=params.filter.min_item_events,
            min_user_events=params.filter.min_user_events,
            rounds=params.filter.rounds,
            need=room,
        )
        vacancies = items(engine, left.files, room).height
        jobs = list(enumerate(zip(files, left.files, strict=True)))
        again = partial(kept, wanted, scratch)
        counts.update(engines.total(second(engine.each(again, jobs, need=room))))
        _check_rest(events, counts)
        tables.remove(scratch / "work")
    counts.update(left.dropped)
    return _report(counts, left.rounds, vacancies)


class Wanted(NamedTuple):
    """What is learnt from: `everything` or the train part, of people but not of bots."""

    everything: bool
    max_user_events: int

    def train(self, file: Path) -> pl.LazyFrame:
        """The train part of a bucket."""
        return train_part(pl.scan_parquet(file), everything=self.everything)


def paired(wanted: Wanted, work: Path, job: tuple[int, Path]) -> engines.Found:
    """Write the pairs of a bucket of events to `work`; count what is no pair and why."""
    index, file = job
    part = wanted.train(file)
    keep(pairs(usable(part, wanted.max_user_events)), bucket_path(work, index))
    return engines.Found(_count(part, wanted.max_user_events))


def kept(wanted: Wanted, scratch: Path, job: tuple[int, tuple[Path, Path]]) -> engines.Found:
    """Write the events of a bucket whose pairs are left."""
    index, (file, core) = job
    rows = _keep(wanted.train(file), core, wanted.max_user_events).collect()
    write(rows, bucket_path(scratch, index), FILTERED, work=scratch / "work")
    return engines.Found({"events": rows.height, "users": rows["user_id"].n_unique()})


def _report(counts: Counter[str], rounds: int, vacancies: int) -> FilterReport:
    """Sum the filter up."""
    reasons = ("bots", "unknown_actions", "min_item_events", "min_user_events")
    return FilterReport(
        train_events=counts["train"],
        dropped={reason: counts[reason] for reason in reasons},
        bots=counts["bot_users"],
        rounds=rounds,
        events=counts["events"],
        users=counts["users"],
        vacancies=vacancies,
    )


def _count(part: pl.LazyFrame, max_user_events: int) -> dict[str, int]:
    """Events of the train part, of bots, and of people with unknown actions; number of bots."""
    bot = pl.col("bot")
    return (
        part.select("user_id", "action_type", bot=is_bot(max_user_events, LIFE))
        .select(
            train=pl.len(),
            bots=bot.sum(),
            bot_users=pl.col("user_id").filter(bot).n_unique(),
            unknown_actions=(~bot & ~is_known()).sum(),
        )
        .collect()
        .row(0, named=True)
    )


def _keep(part: pl.LazyFrame, core: Path, max_user_events: int) -> pl.LazyFrame:
    """Events whose user and vacancy are left in `core`, in order.

    A pair goes only with its user or with its vacancy, and a vacancy goes from all buckets: where both
    are left, the pair is.
    """
    left = pl.read_parquet(core)
    found = usable(part, max_user_events).collect()
    lives = found.select(pl.col("user_id").rle()).unnest("user_id")
    stays = lives["value"].is_in(left["user_id"].unique().implode())
    found = found.filter(pl.Series(np.repeat(stays.to_numpy(), lives["len"].to_numpy())))
    if found.height == left["events"].sum():
        return found.lazy()
    known = left.lazy().select("vacancy_id").unique()
    return found.lazy().join(known, on="vacancy_id", how="semi", maintain_order="left")


def _check_whole(events: Path, table: pl.LazyFrame) -> None:
    """Raise an error where events were held out although `split.kind` is none."""
    held = table.filter(pl.col("part") == "validation").select(pl.len()).collect().item()
    if held:
        raise HhrecError(
            f"{events}: split.kind is none, but {held:,} events were held out for validation",
            "run `hhrec explode` with split.kind none first",
        )


def _check_rest(events: Path, counts: Counter[str]) -> None:
    """Raise an error where nothing is left to learn from."""
    if not counts["events"]:
        raise HhrecError(
            f"{events}: the filter leaves none of {counts['train']:,} train events",
            "lower filter.min_item_events and filter.min_user_events, or raise"
            " filter.max_user_events, in params.yaml",
        )
