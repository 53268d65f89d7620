"""Lives of made-up people, and the two ways to hand them to hhrec: raw files, or a flat log.

A world says what people do, not when: a session is a day, an event a minute, unless a world says
otherwise.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from stages.core.schema import LABELS, RAW_SESSIONS, RAW_VACANCIES, Schema

RESPONSE, VIEW = 1, 2
START = datetime(2024, 3, 1)  # noqa: DTZ001  a log's times have no zone

Touch = tuple[int, str]  # action, vacancy
When = Callable[
    [int, int], date
]  # a moment or a day, of a session's number and an event's place in it


@dataclass(frozen=True)
class Life:
    """What one person does: sessions of touches, and the vacancy responded to after the last."""

    sessions: list[list[Touch]]
    answer: str


def by_day(session: int, place: int) -> datetime:
    """A session a day, an event a minute."""
    return START + timedelta(days=session, minutes=place)


def write_raw(
    lives: list[Life], out: Path, *, when: When = by_day, unused: int = 0, asked: int | None = None
) -> Path:
    """Write raw files: each life's last session is the test row, its answer the label.

    Args:
        lives: A life for each person.
        out: Directory to make.
        when: The time of an event.
        unused: Vacancies of the catalogue that nobody ever touches.
        asked: How many people are asked, the first ones; None asks all.
    """
    out.mkdir(parents=True)
    test = slice(None, asked)
    rows = [list(_rows(number, life, when)) for number, life in enumerate(lives)]
    train = [row for life in rows for row in life[:-1]]
    if asked is not None:
        train += [life[-1] for life in rows[asked:]]
    last = [life[-1] for life in rows[test]]
    answers = [life.answer for life in lives[test]]
    labels = [(*row[:2], answer) for row, answer in zip(last, answers, strict=True)]
    names = {name for life in lives for name in (life.answer, *vacancies(life))}
    names |= {f"unused-{number:04d}" for number in range(unused)}
    _frame(train, RAW_SESSIONS).write_parquet(out / "train.parquet")
    _frame(last, RAW_SESSIONS).write_parquet(out / "test.parquet")
    _frame(labels, LABELS).write_parquet(out / "labels.parquet")
    _catalogue(sorted(names)).write_parquet(out / "vacancies.parquet")
    return out


def write_log(lives: list[Life], out: Path, *, when: When = by_day) -> Path:
    """Write a CSV file of responses, one row an event; each life's answer is its last one."""
    rows = [
        {"user_id": f"user-{number:04d}", "item_id": vacancy, "timestamp": time.isoformat()}
        for number, life in enumerate(lives)
        for vacancy, time in _responses(life, when)
    ]
    out.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows).write_csv(out)
    return out


def vacancies(life: Life) -> Iterator[str]:
    """Every vacancy a person touches, in order."""
    return (vacancy for session in life.sessions for _, vacancy in session)


def _rows(number: int, life: Life, when: When) -> Iterator[tuple[object, ...]]:
    """Rows of the raw files; session ids have the order of the sessions."""
    user = f"user-{number:04d}"
    for ordinal, session in enumerate(life.sessions):
        times = [when(ordinal, place) for place in range(len(session))]
        actions, names = [action for action, _ in session], [name for _, name in session]
        yield user, f"{user}-{ordinal:03d}", names, actions, times


def _responses(life: Life, when: When) -> Iterator[tuple[str, date]]:
    following = [*life.sessions, [(RESPONSE, life.answer)]]
    for ordinal, session in enumerate(following):
        for place, (_, vacancy) in enumerate(session):
            yield vacancy, when(ordinal, place)


def _frame(rows: list[tuple[object, ...]], schema: Schema) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def _catalogue(names: list[str]) -> pl.DataFrame:
    """Vacancies of which no more is known than a name."""
    known = [{"vacancy_id": name, "name": name} for name in names]
    return pl.DataFrame(known, schema=dict(RAW_VACANCIES))
