"""Small logs that are each odd in their own way, for what must hold on any log."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl

from stages.core.schema import RAW_SESSIONS, RAW_VACANCIES
from tests.worlds.tiny import APPLY, PRINT, VIEW, moment

Row: TypeAlias = tuple[
    str | None, str | None, list[str | None] | None, list[int | None] | None, Any
]
NOON = moment("02 12:00")
HEAVY = 260_000  # events of the busiest user of the real log
NAMES = ("анна", "ЁЖ 🦔", "z\u0301oe", "a/b=c d", "", "İstanbul", "日本")


def session(user: str, number: int, items: list[str], minutes: int = 1, day: int = 0) -> Row:
    """A session whose last event is a response."""
    start = NOON + timedelta(days=day, hours=number % 20)
    times = [start + timedelta(minutes=minutes * place) for place in range(len(items))]
    actions: list[int | None] = [*[VIEW] * (len(items) - 1), APPLY]
    return user, f"{user}-{number}", list(items), actions, times


def regulars(users: int = 6, sessions: int = 4) -> list[Row]:
    """People who come back and are ordinary."""
    return [
        session(f"user-{user}", number, [f"v{(user + number + step) % 9}" for step in range(4)], day=number)
        for user in range(users)
        for number in range(sessions)
    ]  # fmt: skip


def quirks() -> tuple[list[Row], list[Row]]:
    """Nulls everywhere, empty and unequal lists, ties, unknown actions, names in every script."""
    at = [NOON] * 3
    train: list[Row] = [
        *regulars(),
        *(session(name, number, ["v1", "v2", "ä/ö"], day=number) for name in NAMES for number in range(2)),
        ("user-1", "empty", [], [], []),
        ("user-1", "unequal", ["v1", "v2"], [1], at[:1]),
        ("user-2", "null-list", None, [1], at[:1]),
        (None, "null-user", ["v1"], [1], at[:1]),
        ("user-2", None, ["v1"], [1], at[:1]),
        ("user-3", "null-inside", [None, "v1", "v2"], [1, None, 2], [NOON, NOON, None]),
        ("user-4", "tie-b", ["v1", "v2", "v1"], [2, 2, 1], at),
        ("user-4", "tie-a", ["v2", "v1", "v2"], [2, 2, 1], at),
        ("user-4", "tie-a", ["v2", "v1", "v2"], [2, 2, 1], at),  # the same row twice
        ("user-5", "unknown", ["v1", "v2"], [PRINT, 99], at[:2]),
    ]  # fmt: skip
    test: list[Row] = [
        session("user-1", 90, ["v3", "v4"], day=6),
        ("user-2", "nothing", [], [], []),
        ("user-3", "nulls", [None], [1], [NOON]),
        ("newcomer", "first", ["v5", "ghost"], [2, 1], at[:2]),
        session("анна", 91, ["v1"], day=6),
    ]
    return train, test


def one_user() -> tuple[list[Row], list[Row]]:
    """All buckets but one are empty."""
    return [session("only", day, ["v1", "v2"], day=day) for day in range(4)], [
        session("only", 9, ["v1"], day=6)
    ]


def one_item() -> tuple[list[Row], list[Row]]:
    """Everybody looks at the same vacancy."""
    rows = [session(f"user-{n}", day, ["v1", "v1"], day=day) for n in range(5) for day in range(3)]
    return rows, [session("user-1", 9, ["v1"], day=6)]


def heavy(events: int = HEAVY) -> tuple[list[Row], list[Row]]:
    """A user of very many events in long and tied sessions, and a few others."""
    long = events // 20
    items = [f"v{place % 997}" for place in range(long)]
    rows = [session("bot", number, items, minutes=0, day=number % 5) for number in range(20)]
    return [*rows, *regulars()], [session("bot", 99, ["v1", "v2"], day=6)]


LOGS: dict[str, Callable[[], tuple[list[Row], list[Row]]]] = {
    "quirks": quirks,
    "one_user": one_user,
    "one_item": one_item,
    "heavy": heavy,
}


def write(directory: Path, rows: tuple[list[Row], list[Row]]) -> Path:
    """Write a log and its catalogue as raw files, rows in an order of no meaning."""
    directory.mkdir(parents=True)
    for name, some in zip(("train", "test"), rows, strict=True):
        table = pl.DataFrame(some, schema=dict(RAW_SESSIONS), orient="row")
        table.sample(fraction=1, shuffle=True, seed=1).write_parquet(directory / f"{name}.parquet")
    seen = {item for _, _, items, *_ in [*rows[0], *rows[1]] for item in items or () if item}
    catalogue = pl.DataFrame({"vacancy_id": [*sorted(seen - {"ghost"}), None, "v1"]})
    whole = [
        pl.lit(None, dtype).alias(name) for name, dtype in RAW_VACANCIES.items() if name != "vacancy_id"
    ]  # fmt: skip
    titled = pl.format("Повар {}", "vacancy_id").alias("name")
    catalogue.with_columns(whole).with_columns(titled).select(*RAW_VACANCIES).write_parquet(
        directory / "vacancies.parquet"
    )
    return directory
