"""The train part of a bucket of events, and the people in it: no bots, no unknown actions.

In a bucket, a user's events stand side by side.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from stages.core.actions import is_known
from stages.core.session_numbers import session_numbers

Mask = npt.NDArray[np.bool_]


def people(
    events: pl.DataFrame, *, everything: bool, max_user_events: int, min_user_events: int = 0
) -> tuple[pl.DataFrame, Mapping[str, int]]:
    """Known actions of people in the train part of a bucket, in its order, and what is dropped.

    Args:
        events: All of the bucket.
        everything: Every part is learnt from.
        max_user_events: Who has more events in the train part, of any action, is a bot.
        min_user_events: Who has fewer known actions there is left out.

    Returns:
        The events that are left, whose `session` counts among those of the train part alone, so that
        held-out ones leave no trace; and counts: `train` events, those of `bots`, the number of
        `bot_users`, events of people with `unknown_actions`, and those of users with too few.
    """
    user = events["user_id"].rle_id().to_numpy()
    starts = np.flatnonzero(np.diff(user, prepend=-1))
    there = _train_part(events, everything=everything)
    sizes = _sums(there, starts)
    bot = sizes > max_user_events
    human = there & ~bot[user]
    known = human & events.select(is_known()).to_series().to_numpy()
    rich = _sums(known, starts) >= min_user_events
    left = known & rich[user]
    counts = {
        "train": _count(there),
        "bots": int(sizes[bot].sum()),
        "bot_users": int(bot.sum()),
        "unknown_actions": _count(human) - _count(known),
        "min_user_events": _count(known) - _count(left),
    }
    session = _ordinals(user, events["session"].to_numpy(), there)[left]
    rows = events.filter(pl.Series(left))
    return rows.with_columns(session=pl.Series(session, dtype=pl.Int32)), counts


def _train_part(events: pl.DataFrame, *, everything: bool) -> Mask:
    """Which events are of part `train`, or of any part."""
    chosen = pl.col("vacancy_id").is_not_null() if everything else pl.col("part") == "train"
    return events.select(chosen).to_series().to_numpy()


def _ordinals(
    user: npt.NDArray[np.uint32], session: npt.NDArray[np.int32], there: Mask
) -> npt.NDArray[np.int32]:
    """Rank of each event's session among those of its user that have an event that is there."""
    numbers = session_numbers(user, session)
    seen = np.zeros(numbers.total, dtype=bool)
    seen[numbers.of_event[there]] = True
    earlier = np.cumsum(seen) - seen
    of_user = np.diff(numbers.first, append=numbers.total)
    rank: npt.NDArray[np.int64] = earlier - np.repeat(earlier[numbers.first], of_user)
    return rank.astype(np.int32)[numbers.of_event]


def _sums(mask: Mask, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many of each user's events are marked."""
    return np.add.reduceat(mask, starts, dtype=np.int64) if len(starts) else starts


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def chosen(events: pl.DataFrame, there: Mask) -> pl.DataFrame:
    """Events of which `there` is true."""
    return events if there.all() else events.filter(pl.Series(there))
