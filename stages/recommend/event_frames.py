"""Events as a caller has them, as one frame with the columns of the log, checked."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import polars as pl

from stages.core.actions import ACTION_NAMES, KNOWN_ACTIONS, OTHER
from stages.core.keys import KEYS
from stages.core.schema import STRING, TIME, Schema
from stages.interface.errors import HhrecError

Event: TypeAlias = Mapping[str, Any]
Events: TypeAlias = pl.DataFrame | Iterable[Event] | Mapping[str, Iterable[Event]]

NAMES = {ACTION_NAMES[code]: code for code in KNOWN_ACTIONS}
COLUMNS: Schema = {
    **dict.fromkeys(KEYS, STRING),
    "vacancy_id": STRING,
    "action_type": pl.Int8(),
    "action_dt": TIME,
}
REQUIRED = ("vacancy_id", "action_type", "action_dt")
HINT = (
    "events have vacancy_id, action_type (1 or response, 2 or view, 3 or favourite), action_dt, "
    "and maybe user_id and session_id"
)


def frame(events: Events) -> pl.DataFrame:
    """Lay events out in `COLUMNS`, in their order.

    A person without events has one row whose vacancy is null. Without `user_id` all events are of
    one person, whose id is null; without `session_id` all session ids are null.

    Args:
        events: A frame; a list of events; or lists of events by user id.

    Raises:
        HhrecError: A column is missing, unknown, or of values that cannot be read.
    """
    found = events if isinstance(events, pl.DataFrame) else _from_lists(events)
    missing = [name for name in REQUIRED if name not in found.columns]
    unknown = [name for name in found.columns if name not in COLUMNS]
    if (missing and found.height) or unknown:
        told = [f"no `{name}`" for name in missing] + [f"an unknown `{name}`" for name in unknown]
        raise HhrecError(f"events: {', '.join(told)} among {found.columns}", HINT)
    absent = [pl.lit(None).alias(name) for name in COLUMNS if name not in found.columns]
    whole = found.with_columns(absent).select(*COLUMNS)
    if whole.is_empty() and "user_id" not in found.columns:
        whole = pl.DataFrame({name: [None] for name in COLUMNS})
    return whole.with_columns(_action(whole), _moment(whole)).with_columns(
        _text(whole, name) for name in (*KEYS, "vacancy_id")
    )


def _from_lists(events: Iterable[Event] | Mapping[str, Iterable[Event]]) -> pl.DataFrame:
    try:
        if isinstance(events, Mapping):
            rows = []
            for user, some in events.items():
                own = [{**event, "user_id": user} for event in some]
                rows += own or [{"user_id": user, **dict.fromkeys(REQUIRED)}]
            if not rows:
                return pl.DataFrame(schema=dict(COLUMNS))
        else:
            rows = [dict(event) for event in events]
        return pl.DataFrame(rows, infer_schema_length=None)
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise HhrecError(f"events: not a table ({error})", HINT) from error


def _text(found: pl.DataFrame, name: str) -> pl.Series:
    kind = found.schema[name]
    if not (kind in (pl.String, pl.Null) or kind.is_integer()):
        raise HhrecError(f"events: column `{name}`: expected String, found {kind}", HINT)
    return found[name].cast(pl.String)


def _action(found: pl.DataFrame) -> pl.Series:
    """Action codes; a number that names no action is 0, as everywhere in the log."""
    values = found["action_type"]
    if values.dtype == pl.String:
        wrong = values.filter(values.is_not_null() & ~values.is_in(list(NAMES)))
        if len(wrong):
            raise HhrecError(f"events: action_type {wrong[0]!r}: expected one of {[*NAMES]}", HINT)
        return values.replace_strict(NAMES, return_dtype=pl.Int8)
    if values.dtype != pl.Null and not values.dtype.is_integer():
        raise HhrecError(f"events: column `action_type`: found {values.dtype}", HINT)
    values = values.cast(pl.Int64)
    known = values.is_in(KNOWN_ACTIONS)
    return values.set(~known, OTHER).cast(pl.Int8)


def _moment(found: pl.DataFrame) -> pl.Series:
    """Times in UTC without a zone; text is read as ISO 8601."""
    values = found["action_dt"]
    if values.dtype == pl.String:
        try:
            values = values.str.to_datetime(time_unit="us", time_zone="UTC")
        except pl.exceptions.PolarsError as error:
            raise HhrecError(f"events: action_dt is not ISO 8601 ({error})", HINT) from error
    if isinstance(values.dtype, pl.Datetime):
        zoned = values.dtype.time_zone is not None
        values = values.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zoned else values
    elif values.dtype != pl.Null:
        raise HhrecError(f"events: column `action_dt`: found {values.dtype}", HINT)
    return values.cast(TIME)
