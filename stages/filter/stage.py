"""Filter the train events: drop bots, unknown actions, rare users and rare vacancies.

With `split.kind: none` nothing is held out, and the test contexts, which are known when the
questions are asked, belong to the train part.
Contexts are never filtered: `sequences` reads them from the events themselves.
"""

from collections import Counter
from pathlib import Path

import polars as pl

from stages.core import engines, kinds, outputs, tables
from stages.core.buckets import buckets
from stages.core.schema import EVENTS
from stages.filter.passes import Wanted, filtered
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params


class FilterReport(Report):
    """Events of the train part, what was dropped in this order and why, and what is left."""

    train_events: int
    dropped: dict[str, int]
    bots: int
    rounds: int
    events: int
    users: int
    vacancies: int


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
    with (
        made.replacing() as scratch,
        engines.opened(params.engine, params.explode.memory_gb) as engine,
    ):
        place = scratch.absolute()
        counts = filtered(engine, files, Wanted(everything, params.filter), place, progress)
        _check_rest(events, counts)
        tables.remove(place / "work")
    reasons = ("bots", "unknown_actions", "min_item_events", "min_user_events")
    return FilterReport(
        train_events=counts["train"],
        dropped={reason: counts[reason] for reason in reasons},
        bots=counts["bot_users"],
        **{name: counts[name] for name in ("rounds", "events", "users", "vacancies")},
    )


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
