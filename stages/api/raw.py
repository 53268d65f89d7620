"""Raw input: a synthetic log, an imported one, a check of either."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import polars as pl

from stages.api.frame_files import as_file
from stages.data import check as checking
from stages.data import import_log as importing
from stages.data import sample as sampling
from stages.data.check import CheckReport
from stages.data.formats import Flat
from stages.data.import_report import ImportReport
from stages.data.item_table import ItemTable
from stages.data.row_validation import EventLog, action_names
from stages.data.sample.run import SampleReport
from stages.data.write_parts import Plan
from stages.interface.errors import UsageError


def sample(
    out: str | Path,
    *,
    sessions: int = sampling.DEFAULT_SESSIONS,
    vacancies: int = sampling.DEFAULT_VACANCIES,
    seed: int = 42,
) -> SampleReport:
    """Write a synthetic log with the statistics of a real job board into a directory."""
    return sampling.run(out=Path(out), sessions=sessions, vacancies=vacancies, seed=seed)


def import_log(
    events: pl.DataFrame | str | Path,
    out: str | Path,
    *,
    user: str = "user_id",
    item: str = "item_id",
    time: str = "timestamp",
    action: str | None = None,
    session: str | None = None,
    responses: Sequence[str] = (),
    views: Sequence[str] = (),
    favourites: Sequence[str] = (),
    items: pl.DataFrame | str | Path | None = None,
    items_id: str | None = None,
    items_title: str | None = None,
    columns: Sequence[str] | None = None,
    null_values: Sequence[str] = (),
    split: Literal["leave-one-out", "time-cut", "none"] = "leave-one-out",
    force: bool = False,
) -> ImportReport:
    """Turn a log of events into the input files of the pipeline; `hhrec data import` has more options.

    Args:
        events: A frame, or CSV, TSV, Parquet or JSON lines: a file, a directory of parts or a
            `.zip`; one row an event.
        out: Directory to write train, test, vacancies and labels into.
        user: Column of user ids.
        item: Column of vacancy ids.
        time: Column of times.
        action: Column of action names; without it every row is a response.
        session: Column of session ids; without it a pause of 30 minutes ends a session.
        responses: Names of responses.
        views: Names of views.
        favourites: Names of favourites.
        items: Table of vacancies, as a frame or file.
        items_id: Its column of vacancy ids; `item` if not given.
        items_title: Its column of titles.
        columns: Names of the columns of a CSV or TSV file without a header line.
        null_values: Texts that stand for nothing, such as `NA`.
        split: What is held out; `none`: nothing, and everybody is asked about now.
        force: Replace an earlier import in `out`.

    Raises:
        UsageError: Actions are named, but not their column.
        HhrecError: A table cannot be read, or `out` holds something already.
    """
    named = [*responses, *views, *favourites]
    if named and action is None:
        raise UsageError(
            f"actions are named ({', '.join(named)}) but no column holds them",
            "name it with action=COLUMN",
        )
    with ExitStack() as opened:
        log = EventLog(
            Flat(
                opened.enter_context(as_file(events)),
                names=None if columns is None else tuple(columns),
                nulls=tuple(null_values),
            ),
            user=user,
            item=item,
            time=time,
            action=action,
            session=session,
            actions=action_names([*responses], [*views], [*favourites]),
        )
        table = None
        if items is not None:
            fields = {"name": items_title} if items_title else {}
            flat = Flat(opened.enter_context(as_file(items)), nulls=tuple(null_values))
            table = ItemTable(flat, items_id or item, fields)
        plan = Plan(kind=split)
        return importing.run(log, out=Path(out), items=table, plan=plan, force=force)


def check(raw: str | Path) -> CheckReport:
    """List all that is wrong with the input files in a directory; `stops` counts what is fatal."""
    return checking.run(Path(raw))
