"""A job board of two days on which everyone keeps to one trade: what a model must find out.

Day 1 knows the log up to its evening; day 2 knows a day more, has lost one vacancy of each trade
and gained another, which nobody has met.
"""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

from stages.core.schema import RAW_SESSIONS, RAW_VACANCIES

TRADES = {
    "cook": "Повар горячего цеха",
    "driver": "Водитель категории B",
    "nurse": "Медицинская сестра",
    "coder": "Разработчик Python",
}
EACH, USERS, DAYS = 14, 160, 9
START = datetime(2023, 11, 1)  # noqa: DTZ001  the log's times have no zone
SETTINGS: dict[str, Any] = {
    "split": {"kind": "last_session"},
    "predict": {"fallback": "never"},  # what the model makes of new vacancies
    "features": {"tokens": 300},
    "train": {
        "hidden_size": 32,
        "heads": 2,
        "layers": 1,
        "epochs": 12,
        "batch_tokens": 256,
        "lr": 0.005,
        "id_dropout": 0.3,
        # of so few vacancies each follows each: neighbours would leave content nothing to say
        "neighbours": 0,
        "tracker": "none",
    },
    "evaluate": {"bootstrap": 100},
}


def trade_of(user: str) -> str:
    return user.partition("-")[0]


def new(trade: str) -> str:
    """The vacancy of a trade that only day 2 has."""
    return f"{trade}-new"


def vacancies(day: int) -> pl.DataFrame:
    numbers = range(1, EACH + 1) if day == 1 else range(2, EACH + 1)
    ids = [(trade, f"{trade}-{n}") for trade in TRADES for n in numbers]
    ids += [(trade, new(trade)) for trade in TRADES if day == 2]
    rows = [vacancy(vacancy_id, trade) for trade, vacancy_id in ids]
    return pl.DataFrame(rows, schema=dict(RAW_VACANCIES))


def vacancy(vacancy_id: str, trade: str) -> dict[str, Any]:
    """A vacancy with what all of its trade have in common, and no more."""
    return {
        "vacancy_id": vacancy_id,
        "name": TRADES[trade],
        "company.id": f"{trade}-company",
        "description": f"<p>{TRADES[trade]}</p>",
        "keySkills.keySkill": [trade],
        "compensation.from": 50_000,
        "compensation.to": None,
        "compensation.currencyCode": "RUR",
        "area.id": "1",
        "area.regionId": "1",
        "employment": "full",
        "workSchedule": "fullDay",
        "workExperience": "noExperience",
    }


def sessions(first: int, last: int) -> pl.DataFrame:
    """Sessions of the days `first` to `last`: each user views, then responds, within a trade."""
    rows = []
    for number in range(USERS):
        user = f"{list(TRADES)[number % len(TRADES)]}-user-{number}"
        random = Random(number)  # noqa: S311  a log, not a secret
        for day in range(1, DAYS + 1):
            chosen = [f"{trade_of(user)}-{random.randint(1, EACH)}" for _ in range(2)]
            start = START + timedelta(days=day, minutes=random.randint(0, 600))
            if first <= day <= last:
                rows.append(
                    {
                        "user_id": user,
                        "session_id": f"{user}-{day}",
                        "vacancy_id": [*chosen, chosen[1]],
                        "action_type": [2, 2, 1],
                        "action_dt": [start + timedelta(minutes=at) for at in range(3)],
                    }
                )
    return pl.DataFrame(rows, schema=dict(RAW_SESSIONS))


def write(raw: Path, day: int) -> Path:
    """Write the files that are known in the evening of day 1 or 2."""
    raw.mkdir(parents=True)
    end = DAYS - 3 + day
    sessions(1, end - 1).write_parquet(raw / "train.parquet")
    sessions(end, end).write_parquet(raw / "test.parquet")
    vacancies(day).write_parquet(raw / "vacancies.parquet")
    return raw
