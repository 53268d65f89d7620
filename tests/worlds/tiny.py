"""A log small enough to follow by hand, with every quirk that the real one has.

Train is 1 to 6 November 2023, test 7 and 8 November. Written in tests/conftest.py as `raw_dir`.
"""

from datetime import datetime
from typing import Any, TypeAlias

import polars as pl

from stages.core.schema import LABELS, RAW_SESSIONS, RAW_VACANCIES

APPLY, VIEW, LIKE, PRINT = 1, 2, 3, 9
Event: TypeAlias = tuple[str, int, str]
Session: TypeAlias = tuple[str, str, list[Event]]

TRAIN: list[Session] = [
    ("anna", "anna-1", [("cook-1", VIEW, "01 10:00"), ("cook-2", VIEW, "01 10:05")]),
    ("anna", "anna-2", [("cook-1", VIEW, "02 09:00"), ("cook-1", APPLY, "02 09:01")]),  # a repeat
    ("anna", "anna-3", [("cook-3", APPLY, "05 09:00"), ("cook-2", VIEW, "05 09:10")]),
    ("boris", "boris-1", [("driver-2", APPLY, "01 12:07"), ("driver-1", VIEW, "01 12:00")]),  # not sorted
    ("boris", "boris-2", [("driver-3", LIKE, "03 08:00"), ("driver-2", VIEW, "03 08:30")]),
    ("vera", "vera-1", [("cook-2", APPLY, "02 11:00"), ("cook-1", APPLY, "02 11:00")]),  # a tie
    ("vera", "vera-2", [("nurse-1", VIEW, "02 11:00"), ("cook-3", VIEW, "02 12:00")]),  # across sessions
    ("vera", "vera-3", [("cook-3", APPLY, "04 10:00"), ("cook-1", VIEW, "04 10:00")]),
    ("gleb", "gleb-9", [("driver-1", VIEW, "01 07:00"), ("driver-1", APPLY, "01 07:30")]),
    ("gleb", "gleb-1", [("driver-2", APPLY, "04 07:00")]),  # ids carry no order
    ("dina", "dina-1", [("nurse-1", VIEW, "03 15:00"), ("nurse-2", APPLY, "03 15:20")]),
    ("dina", "dina-2", [("nurse-1", APPLY, "06 16:00")]),
    ("egor", "egor-1", [("clerk-1", VIEW, "02 18:00")]),  # one event only
    ("zoya", "zoya-1", [("clerk-1", PRINT, "03 10:00"), ("clerk-2", VIEW, "03 10:01")]),  # an unknown action
    ("zoya", "zoya-2", [("clerk-2", APPLY, "05 10:00")]),
    ("ivan", "ivan-1", [("ghost-1", VIEW, "04 13:00"), ("cook-1", VIEW, "04 13:05")]),  # not in the catalogue
    ("ivan", "ivan-2", [("cook-1", VIEW, "06 13:00")]),
    ("kira", "kira-1", [("nurse-2", VIEW, "05 20:00"), ("nurse-2", APPLY, "05 20:10"), ("nurse-2", VIEW, "05 20:20")]),
    ("lev", "lev-1", [("driver-1", VIEW, "02 06:00"), ("driver-3", VIEW, "02 08:00")]),
    ("lev", "lev-2", [("driver-2", VIEW, "02 07:00"), ("driver-2", APPLY, "02 07:10")]),  # inside lev-1
]  # fmt: skip
TEST: list[Session] = [
    ("anna", "anna-4", [("cook-4", VIEW, "07 09:00"), ("cook-2", APPLY, "07 09:30")]),
    ("anna", "anna-5", [("cook-5", VIEW, "08 09:00")]),
    ("boris", "boris-3", [("driver-4", APPLY, "07 10:00"), ("driver-3", APPLY, "07 09:50")]),
    ("gleb", "gleb-2", [("driver-3", VIEW, "07 21:00")]),
    ("lev", "lev-3", []),  # nothing happened
    (
        "nina",
        "nina-1",
        [("nurse-3", VIEW, "08 11:00"), ("nurse-1", APPLY, "08 11:01")],
    ),  # a newcomer
]
ANSWERS = [("anna", "anna-4", "cook-5"), ("anna", "anna-5", "cook-4"), ("boris", "boris-3", "driver-1"),
           ("gleb", "gleb-2", "driver-3"), ("nina", "nina-1", "nurse-3")]  # fmt: skip
TRADES = {
    "cook": "Повар",
    "driver": "Водитель категории B",
    "nurse": "Медсестра",
    "clerk": "Clerk (офис)",
}
EACH = 7  # vacancies of a trade, 28 in all


def raw_sessions(sessions: list[Session]) -> pl.DataFrame:
    """Sessions as the raw files hold them."""
    rows = [
        {
            "user_id": user,
            "session_id": session,
            "vacancy_id": [vacancy for vacancy, _, _ in events],
            "action_type": [action for _, action, _ in events],
            "action_dt": [moment(time) for _, _, time in events],
        }
        for user, session, events in sessions
    ]
    return pl.DataFrame(rows, schema=dict(RAW_SESSIONS))


def moment(text: str) -> datetime:
    """`DD HH:MM` of November 2023."""
    return datetime.fromisoformat(f"2023-11-{text.replace(' ', 'T')}:00")


def labels() -> pl.DataFrame:
    """The true next responses; no row for lev, who never responds again."""
    return pl.DataFrame(ANSWERS, schema=dict(LABELS), orient="row")


def vacancies() -> pl.DataFrame:
    """The catalogue: nulls, absurd and foreign salaries, HTML, skills in mixed case."""
    rows = [
        _vacancy(trade, title, number)
        for trade, title in TRADES.items()
        for number in range(1, EACH + 1)
    ]
    return pl.DataFrame(rows, schema=dict(RAW_VACANCIES))


def _vacancy(trade: str, title: str, number: int) -> dict[str, Any]:
    low = {1: 40_000, 2: None, 3: 991_788_366, 4: 900, 5: None, 6: 60_000, 7: 1}[number]
    high = {1: 60_000, 2: 80_000, 3: None, 4: 1_500, 5: None, 6: 50_000, 7: None}[number]
    return {
        "vacancy_id": f"{trade}-{number}",
        "name": f"{title} {'старший ' if number % 2 else ''}№{number}",
        "company.id": f"company-{number % 3}",
        "description": f"<p><strong>{title}</strong> ищет работу &amp; коллег</p><ul><li>график {number}</li></ul>",
        "keySkills.keySkill": None if number % 2 else [title.upper(), "ms  Excel", "MS Excel"],
        "compensation.from": low,
        "compensation.to": high,
        "compensation.currencyCode": None
        if low is None and high is None
        else "USD"
        if number == 4
        else "RUR",
        "area.id": f"area-{number % 4}",
        "area.regionId": None if number == 5 else f"region-{number % 2}",
        "employment": "part" if number == 6 else "full",
        "workSchedule": "remote" if number == 7 else "fullDay",
        "workExperience": "noExperience" if number < 3 else "between1And3",
    }


def shuffled(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The rows in another order."""
    return frame.sample(fraction=1, shuffle=True, seed=seed)
