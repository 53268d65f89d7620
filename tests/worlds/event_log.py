"""A small log with every fault, and readers of what an import made of a log."""

from pathlib import Path

import polars as pl

from stages.data.formats import Flat
from stages.data.row_validation import EventLog, action_names

LOG = """user_id,item_id,timestamp,kind
ann,a,2024-01-01T10:00:00,look
ann,b,2024-01-01T10:05:00,apply
ann,a,2024-01-01T12:00:00,apply
ann,c,2024-01-01T12:01:00,look
ann,c,2024-01-01T12:02:00,apply
ann,d,2024-01-01T12:03:00,look
bob,a,2024-01-01T09:00:00,apply
bob,b,2024-01-03T09:00:00,apply
,a,2024-01-01T09:00:00,apply
bob,,2024-01-01T09:00:00,apply
bob,a,,apply
bob,a,32.13.2024,apply
bob,a,2024-01-01T09:00:00,
bob,a,2024-01-01T09:00:00,scroll
bob,a,2024-01-01T09:00:00,apply
"""
NAMES = action_names(["apply"], ["look"], ["star"])


def write_log(path: Path, text: str = LOG, **settings: object) -> EventLog:
    path.mkdir(exist_ok=True, parents=True)
    file = path / "log.csv"
    file.write_text(text, encoding="utf-8")
    given = {"file": Flat(file), "action": "kind", "actions": NAMES, **settings}
    return EventLog(**given)  # type: ignore[arg-type]


def rows_of(out: Path, name: str) -> list[tuple[object, ...]]:
    return pl.read_parquet(out / f"{name}.parquet").rows()


def sessions_of(out: Path, name: str) -> list[tuple[str, str, list[str], list[int]]]:
    return [(user, sid, items, acts) for user, sid, items, acts, _ in rows_of(out, name)]  # type: ignore[misc]
