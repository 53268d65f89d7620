"""The train part of a bucket of events, and the people in it: no bots, no unknown actions.

In a bucket, a user's events stand side by side.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from stages.core.actions import is_known
from stages.core.buckets import user_sizes


def train_part(events: pl.LazyFrame, *, everything: bool = False) -> pl.LazyFrame:
    """Events of part `train`, or of every part.

    `session` counts among them alone, so that held-out ones leave no trace.
    """
    lives = pl.struct(user=pl.col("user_id").rle_id(), session="session")
    ordinal = lives.map_batches(_ordinals, return_dtype=pl.Int32).alias("session")
    chosen = pl.col("vacancy_id").is_not_null() if everything else pl.col("part") == "train"
    return events.filter(chosen).with_columns(ordinal)


def _ordinals(lives: pl.Series) -> pl.Series:
    """Rank of each session among its user's that are there."""
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


def people(part: pl.DataFrame, max_user_events: int) -> tuple[pl.DataFrame, dict[str, int]]:
    """Known actions of people in the train part, in its order, and what is dropped.

    Args:
        part: The train part.
        max_user_events: Who has more events, of any action, is a bot.

    Returns:
        The events that are left, and counts: `train` events, those of `bots`, the number of
        `bot_users`, and events of people with `unknown_actions`.
    """
    sizes = user_sizes(part)
    bot = sizes > max_user_events
    human, known = ~np.repeat(bot, sizes), part.select(is_known()).to_series().to_numpy()
    counts = {
        "train": part.height,
        "bots": int(sizes[bot].sum()),
        "bot_users": int(bot.sum()),
        "unknown_actions": int((human & ~known).sum()),
    }
    return chosen(part, human & known), counts


def chosen(events: pl.DataFrame, there: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """Events of which `there` is true."""
    return events if there.all() else events.filter(pl.Series(there))
