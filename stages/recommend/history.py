"""One person's events as arrays, without a table: what `questions` makes of them, in microseconds."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Histories, Ints, meetings
from stages.bundle.vacancy_ids import VacancyIds
from stages.core.actions import KNOWN_ACTIONS, OTHER
from stages.core.item_ids import UNK
from stages.core.schema import TEST_SEQUENCES
from stages.interface.errors import HhrecError
from stages.loaders import model_arrays
from stages.recommend.event_frames import COLUMNS, NAMES, REQUIRED, Event
from stages.recommend.questions import WIDTH, naive
from stages.sequences.contexts import LISTS, MAX_CONTEXT

PAUSE = 30 * 60 * 1_000_000  # microseconds after which a session is over, where none is named
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  times inside hhrec have no zone
MICROSECOND = timedelta(microseconds=1)
ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.(\d{3}|\d{6}))?(Z|[+-]\d\d:\d\d)?", re.ASCII)


@dataclass(frozen=True)
class History:
    """What one person did, oldest first.

    Attributes:
        items: Item ids, (n,).
        actions: 0..3, (n,).
        times: Microseconds since 1970, (n,).
        sessions: Ordinals, (n,).
        asked_at: When the question is asked, microseconds since 1970, -1 where not known.
    """

    items: Ints
    actions: Ints
    times: Ints
    sessions: Ints
    asked_at: int

    def arrays(self) -> Histories:
        """Return the history as the only one of a batch."""
        offsets = np.array([0, len(self.items)])
        ranks, met = meetings(self.items, offsets)
        return Histories(self.items, self.actions, self.times, self.sessions, ranks, met, offsets)


class Unusual(Exception):  # noqa: N818  no error: the other way reads it, or says what is wrong
    """Events that only `questions` can read."""


def history_of(events: Iterable[Event], ids: VacancyIds, at: datetime | None) -> History | None:
    """Read a list of events; None where they are written in an unusual way."""
    moment = None if at is None else _microseconds(at)
    try:
        found = [_read(event, place) for place, event in enumerate(events)]
    except Unusual:
        return None
    known = [one for one in found if one and (moment is None or one[0] <= moment)]
    ordered = _ordered(known)
    names = [one[3] for one in ordered]
    items = ids.items(names)
    items[items == 0] = UNK
    sessions: dict[str, int] = {}
    ordinals = [sessions.setdefault(one[1], len(sessions)) for one in ordered]
    times = np.array([one[0] for one in ordered], dtype=np.int64)
    newest = int(times.max()) if len(times) else -1
    return History(
        items[-MAX_CONTEXT:].astype(np.int32),
        np.array([one[4] for one in ordered], dtype=np.int8)[-MAX_CONTEXT:],
        times[-MAX_CONTEXT:],
        np.array(ordinals, dtype=np.int32)[-MAX_CONTEXT:],
        newest if moment is None else moment,
    )


def of_row(row: pl.DataFrame) -> History:
    """Take the only row of a table (`schema.TEST_SEQUENCES`)."""
    arrays = model_arrays.histories(row)
    asked_at = int(model_arrays.moments(row)[0])
    return History(arrays.items, arrays.actions, arrays.times, arrays.sessions, asked_at)


def as_rows(found: Iterable[History]) -> pl.DataFrame:
    """Lay histories out as a table (`schema.TEST_SEQUENCES`), numbers for user ids."""
    some = list(found)
    lists = {name: [getattr(one, name).tolist() for one in some] for name in LISTS}
    asked = [None if one.asked_at < 0 else one.asked_at for one in some]
    plain = {
        "user_id": [str(place).zfill(WIDTH) for place in range(len(some))],
        "session_id": [""] * len(some),
        **lists,
        "asked_at": asked,
    }
    raw = {**TEST_SEQUENCES, "times": pl.List(pl.Int64), "asked_at": pl.Int64}
    return pl.DataFrame(plain, schema=raw).cast(dict(TEST_SEQUENCES))  # type: ignore[arg-type]


Known = tuple[int, str, int, str, int]  # time, session, place, vacancy, action


def _read(event: Mapping[str, Any], place: int) -> tuple[int, Any, int, str, int] | None:
    """Read one event; None where it lacks something and counts as none."""
    if not isinstance(event, Mapping):
        raise Unusual
    if not COLUMNS.keys() >= event.keys() >= set(REQUIRED) or event.get("user_id") is not None:
        raise Unusual
    vacancy, action, time = (event[name] for name in REQUIRED)
    session = event.get("session_id")
    if not (session is None or type(session) is str):
        raise Unusual
    if vacancy is None or action is None or time is None:
        return None
    if type(vacancy) is not str:
        raise Unusual
    if type(action) is str and action in NAMES:
        code = NAMES[action]
    elif type(action) is int:
        code = action if action in KNOWN_ACTIONS else OTHER
    else:
        raise Unusual
    return _time(time), session, place, vacancy, code


def _time(value: Any) -> int:
    if type(value) is str and ISO.fullmatch(value):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise Unusual from error
    if not isinstance(value, datetime):
        raise Unusual
    try:
        return _microseconds(value)
    except HhrecError as error:
        raise Unusual from error


def _microseconds(value: datetime) -> int:
    return (naive(value) - EPOCH) // MICROSECOND


def _ordered(found: list[tuple[int, Any, int, str, int]]) -> list[Known]:
    """Put events in their total order, sessions that nobody named cut by a pause."""
    by_time = sorted(found, key=lambda one: (one[0], one[2]))
    cut, before, named = 0, None, []
    for time, session, place, vacancy, action in by_time:
        cut += before is not None and time - before > PAUSE
        before = time
        name = str(cut).zfill(WIDTH) if session is None else session
        named.append((time, name, place, vacancy, action))
    return sorted(named, key=lambda one: one[:3])
