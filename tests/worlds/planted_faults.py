"""Good raw files, and every fault that can be planted in them."""

from collections.abc import Callable
from datetime import datetime

import polars as pl

from stages.core.schema import LABELS, RAW_SESSIONS, RAW_VACANCIES

Tables = dict[str, pl.DataFrame]
Plant = Callable[[Tables], None]
FIRST, NEXT, LATE = (datetime(2024, 1, day) for day in (1, 2, 9))  # noqa: DTZ001  no zone
SCHEMAS = {
    "train": RAW_SESSIONS,
    "test": RAW_SESSIONS,
    "vacancies": RAW_VACANCIES,
    "labels": LABELS,
}


def table(name: str, *rows: tuple[object, ...]) -> pl.DataFrame:
    """Rows of one file; what a row leaves out is null."""
    width = len(SCHEMAS[name])
    full = [(*row, *[None] * (width - len(row))) for row in rows]
    return pl.DataFrame(full, schema=dict(SCHEMAS[name]), orient="row")


def good() -> Tables:
    """Two rows to train on, two to answer, three vacancies, two labels."""
    return {
        "train": table(
            "train",
            ("u", "1", ["a", "b"], [2, 1], [FIRST, NEXT]),
            ("v", "1", ["c"], [3], [NEXT]),
        ),
        "test": table(
            "test",
            ("u", "2", ["b"], [1], [LATE]),
            ("v", "2", ["a", "c"], [2, 2], [LATE, LATE]),
        ),
        "vacancies": table("vacancies", ("a", "A"), ("b", "B"), ("c", "C")),
        "labels": table("labels", ("u", "2", "a"), ("v", "2", "b")),
    }


def add(name: str, *row: object) -> Plant:
    """Plant one more row."""

    def plant(tables: Tables) -> None:
        tables[name] = pl.concat([tables[name], table(name, row)])

    return plant


def change(name: str, work: Callable[[pl.DataFrame], pl.DataFrame]) -> Plant:
    """Plant a change of a whole file."""

    def plant(tables: Tables) -> None:
        tables[name] = work(tables[name])

    return plant


def sets(file: str, **columns: object) -> Plant:
    """Plant one value all over a column."""
    values = [pl.lit(value).alias(name) for name, value in columns.items()]
    return change(file, lambda rows: rows.with_columns(values))


# file | severity code | count of all | part of the example
PLANTS: dict[str, Plant] = {
    "train | warn null_id | 1 of 3 | session_id=9": add("train", None, "9", ["a"], [1], [NEXT]),
    "train | warn null_list | 1 of 3 | action_type=None": add(
        "train", "u", "9", ["a"], None, [NEXT]
    ),
    "train | warn unequal_lists | 1 of 3 | id=9": add("train", "u", "9", ["a"], [1, 1], [NEXT]),
    "train | warn empty_list | 1 of 3 | vacancy_id=[]": add("train", "u", "9", [], [], []),
    "train | info unordered_times | 1 of 3 | session_id=9": add(
        "train", "u", "9", ["a", "b"], [1, 1], [NEXT, FIRST]
    ),
    "train | warn null_vacancy | 1 of 4 | =None": add("train", "u", "9", [None], [1], [NEXT]),
    "train | warn null_action | 1 of 4 | action_type=None": add(
        "train", "u", "9", ["a"], [None], [NEXT]
    ),
    "train | warn null_time | 1 of 4 | action_dt=None": add("train", "u", "9", ["a"], [1], [None]),
    "train | warn unknown_action | 1 of 4 | type=7": add("train", "u", "9", ["a"], [7], [NEXT]),
    "train | warn unusual_time | 1 of 4 | 1970-01-20": add(
        "train",
        "u",
        "9",
        ["a"],
        [1],
        [datetime(1970, 1, 20)],  # noqa: DTZ001  no zone
    ),
    "train | warn null_word | 1 of 3 | user_id=NULL": add("train", "NULL", "9", ["a"], [1], [NEXT]),
    "train | warn heavy_user | 40 of 43 | user_id=w": add(
        "train", "w", "9", ["a"] * 40, [1] * 40, [NEXT] * 40
    ),
    "train | warn not_in_catalogue | 2 of 5 | vacancy_id=x": add(
        "train", "u", "9", ["x", "x"], [1, 1], [NEXT, NEXT]
    ),
    "train | warn duplicate_session | 1 of 3 | session_id=1 rows=2": add(
        "train", "u", "1", ["a"], [1], [NEXT]
    ),
    "train | stop no_events | 0 of 0 | ": change("train", pl.DataFrame.clear),
    "train | stop unusable_file | 0 of 0 | `session_id`: expected String, found nothing": change(
        "train", lambda rows: rows.drop("session_id")
    ),
    "train | stop unusable_file | 0 of 0 | `action_dt`: expected List": sets(
        "train", action_dt="x"
    ),
    "test | stop null_id | 1 of 3 | user_id=None": add("test", None, "9", ["a"], [1], [LATE]),
    "test | warn null_list | 1 of 3 | vacancy_id=None": add("test", "u", "9", None, [1], [LATE]),
    "test | warn unequal_lists | 1 of 3 | id=9": add("test", "u", "9", ["a"], [1, 1], [LATE]),
    "test | info empty_list | 1 of 3 | vacancy_id=[]": add("test", "u", "9", [], [], []),
    "test | stop duplicate_session | 1 of 3 | user_id=u session_id=2 rows=2": add(
        "test", "u", "2", ["a"], [1], [LATE]
    ),
    "test | stop no_rows | 0 of 0 | ": change("test", pl.DataFrame.clear),
    "test | info session_in_train | 1 of 3 | user_id=u session_id=1": add(
        "test", "u", "1", ["a"], [1], [LATE]
    ),
    "test | info unknown_user | 1 of 3 | user_id=w": add("test", "w", "2", ["a"], [1], [LATE]),
    "test | info before_train_end | 1 of 3 | begins=2024-01-01": add(
        "test", "u", "9", ["a"], [1], [FIRST]
    ),
    "test | warn not_in_catalogue | 1 of 4 | =x": add("test", "u", "9", ["x"], [1], [LATE]),
    "vacancies | warn null_id | 1 of 4 | name=N": add("vacancies", None, "N"),
    "vacancies | info null_name | 1 of 4 | vacancy_id=d": add("vacancies", "d"),
    "vacancies | warn duplicate_id | 1 of 4 | vacancy_id=a rows=2": add("vacancies", "a", "A"),
    "vacancies | stop no_rows | 0 of 0 | ": change("vacancies", pl.DataFrame.clear),
    "vacancies | stop unusable_file | 0 of 0 | `name`: expected String": sets("vacancies", name=1),
    "labels | stop null_value | 1 of 3 | vacancy_id=None": add("labels", "w", "2"),
    "labels | stop duplicate_session | 1 of 3 | id=2 rows=2": add("labels", "u", "2", "b"),
    "labels | warn no_test_row | 1 of 3 | user_id=w": add("labels", "w", "2", "a"),
    "labels | stop no_match | 2 of 2 | no label belongs": sets("labels", session_id="z"),
    "labels | warn not_in_catalogue | 2 of 2 | vacancy_id=z": sets("labels", vacancy_id="z"),
    "labels | info test_row_without_label | 1 of 2 | user_id=v": change(
        "labels", lambda rows: rows.head(1)
    ),
    "labels | stop no_rows | 0 of 0 | ": change("labels", pl.DataFrame.clear),
}
