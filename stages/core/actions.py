"""Action codes of events, their names, and what counts as usable of them."""

from collections.abc import Mapping

import polars as pl

OTHER, RESPONSE, VIEW, FAVOURITE = range(4)
ACTION_NAMES: Mapping[int, str] = {
    OTHER: "other",  # any code that raw files hold and hhrec does not know
    RESPONSE: "response",
    VIEW: "view",
    FAVOURITE: "favourite",
}
KNOWN_ACTIONS = (RESPONSE, VIEW, FAVOURITE)


def is_bot(max_user_events: int) -> pl.Expr:
    """Whether the user of an event has more than `max_user_events` events, of any action."""
    return pl.len().over("user_id") > max_user_events


def is_known() -> pl.Expr:
    """Whether the action of an event is a response, a view or a favourite."""
    return pl.col("action_type") != OTHER
