"""People whose histories the page may look up: the events that `hhrec explode` wrote."""

from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from stages.core import tables
from stages.core.actions import ACTION_NAMES, KNOWN_ACTIONS
from stages.core.schema import EVENTS

SHOWN = 20
EXAMPLE = 6, 40  # events of people who are shown before anyone is named


class People:
    """Users of an events table, by id.

    Args:
        events: What `hhrec explode` writes; None where nobody can be looked up.
        longest: Most events of a person, the newest.
    """

    def __init__(self, events: Path | None, longest: int) -> None:
        self._longest = longest
        self._events = None
        if events is not None:
            self._events = tables.scan(events, EVENTS, made_by="hhrec explode")

    @cached_property
    def _counts(self) -> pl.DataFrame:
        if self._events is None:
            return pl.DataFrame(schema={"user_id": pl.String, "events": pl.UInt32})
        known = self._events.filter(pl.col("vacancy_id").is_not_null())
        counts = known.group_by("user_id").agg(events=pl.len()).sort("user_id")
        return counts.collect(engine="streaming")

    def __len__(self) -> int:
        """Return how many people there are."""
        return self._counts.height

    def like(self, beginning: str) -> list[tuple[str, int]]:
        """People whose id begins so, with their events; without a beginning some examples."""
        counts = self._counts
        if beginning:
            found = counts.filter(pl.col("user_id").str.starts_with(beginning))
            found = found.sort(pl.col("user_id").str.len_chars(), "user_id")
        else:
            found = counts.filter(pl.col("events").is_between(*EXAMPLE))
            found = found.gather_every(max(1, found.height // SHOWN))
        return found.head(SHOWN).rows()

    def history(self, user: str) -> list[dict[str, Any]]:
        """Events of a person as the server takes them, oldest first; nothing of one unknown."""
        if self._events is None:
            return []
        own = self._events.filter(
            (pl.col("user_id") == user)
            & pl.col("vacancy_id").is_not_null()
            & pl.col("action_type").is_in(KNOWN_ACTIONS)
        )
        rows = own.sort("action_dt", "session_id", "position").tail(self._longest).collect()
        return [
            {
                "vacancy_id": row["vacancy_id"],
                "action_type": ACTION_NAMES[row["action_type"]],
                "action_dt": row["action_dt"].isoformat(),
                "session_id": row["session_id"],
            }
            for row in rows.iter_rows(named=True)
        ]
