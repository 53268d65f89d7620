"""What is suspicious about a log that could be read: told in words, for a user to judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from stages.data.list_columns import WORDS_OF_NULL
from stages.data.timestamps import unusual

HEAVY_SHARE, HEAVY_TIMES = 0.1, 10  # of all events, and as often as the median user
MOSTLY = 0.5
SHOWN = 3  # examples in a sentence


@dataclass(frozen=True)
class Facts:
    """Figures of the accepted events.

    Attributes:
        events: How many there are.
        first: Their earliest time.
        last: Their latest time.
        unusual: How many lie before 1990 or after 2100.
        words: Ids that read like a null, of users and of items, each with its events.
        heaviest: The user of the most events.
        most: How many these are.
        median: Events of the median user.
    """

    events: int
    first: datetime
    last: datetime
    unusual: int
    words: dict[str, int]
    heaviest: str
    most: int
    median: float


def facts(accepted: pl.LazyFrame) -> Facts:
    """Measure accepted events (`row_validation.judged`), in three passes."""
    time = pl.col("time")
    row = accepted.select(
        events=pl.len(), first=time.min(), last=time.max(), unusual=unusual(time).sum()
    ).collect(engine="streaming")
    words: dict[str, int] = {}
    for column in ("user", "item"):
        like_null = accepted.filter(pl.col(column).is_in(list(WORDS_OF_NULL)))
        counts = like_null.group_by(column).len().sort(column).collect(engine="streaming")
        words |= {f"{column} {word}": int(count) for word, count in counts.iter_rows()}
    users = accepted.group_by("user").len().collect(engine="streaming")
    top = users.sort(["len", "user"], descending=[True, False]).row(0)
    median = float(users["len"].median() or 0)  # type: ignore[arg-type]
    found = row.row(0, named=True)
    return Facts(**found, words=words, heaviest=top[0], most=int(top[1]), median=median)


def doubts(known: Facts, *, tied: int, unmatched: Sequence[str], items: int | None) -> list[str]:
    """Say what may have been read wrongly.

    Args:
        known: Of the accepted events.
        tied: Events at the very time of another one of their user.
        unmatched: Items of the events without a row in the item table.
        items: Items of the events; None: there is no item table.
    """
    said = []
    if known.unusual:
        said.append(
            f"times: {known.unusual:,} of {known.events:,} events lie before 1990 or after 2100 "
            f"(first {known.first}, last {known.last}): days, offsets or two units may have been "
            "read wrongly; see --time-format"
        )
    if known.words:
        told = ", ".join(f"{name} ({count:,} events)" for name, count in known.words.items())
        words = ",".join(dict.fromkeys(name.split(" ", 1)[1] for name in known.words))
        said.append(f"ids that read like nulls: {told}; if they are, say --null-values '{words}'")
    if heavy(known.most, known.events, known.median):
        said.append(
            f"user {known.heaviest!r} has {known.most:,} of {known.events:,} events: an id that "
            "stands for many, or a bot?"
        )
    if tied > MOSTLY * known.events:
        said.append(
            f"ties: {tied:,} of {known.events:,} events share their time with another one of "
            "their user: the order among them is drawn by a hash and means nothing"
        )
    if unmatched and items:
        examples = ", ".join(map(repr, unmatched[:SHOWN]))
        count = "none" if len(unmatched) == items else f"{items - len(unmatched):,}"
        said.append(
            f"item table: {count} of {items:,} items of the events have a row; without one are "
            f"{examples}{' …' * (len(unmatched) > SHOWN)}: is --items-id of the same notation?"
        )
    return said


def heavy(most: int, events: int, median: float) -> bool:
    """Whether one user has a large share of all events, and far more than others."""
    return most >= HEAVY_SHARE * events and most >= HEAVY_TIMES * median
