"""Columns and dtypes of every table: the contract between stages.

All times inside hhrec are `datetime[us]` without a zone; raw files may hold `datetime[ns]`.
Item ids: 0 padding, 1 unknown, 2 mask, then vacancies (see `stages.vocab.stage`).
"""

from collections.abc import Mapping
from typing import TypeAlias

import polars as pl

Schema: TypeAlias = Mapping[str, pl.DataType]

STRING = pl.String()
TIME = pl.Datetime("us")

RAW_SESSIONS: Schema = {
    "user_id": STRING,
    "session_id": STRING,
    "vacancy_id": pl.List(pl.String),
    "action_type": pl.List(pl.Int64),
    "action_dt": pl.List(pl.Datetime("ns")),
}
RAW_VACANCIES: Schema = {
    "vacancy_id": STRING,
    "name": STRING,
    "company.id": STRING,
    "description": STRING,
    "keySkills.keySkill": pl.List(pl.String),
    "compensation.from": pl.Int64(),
    "compensation.to": pl.Int64(),
    "compensation.currencyCode": STRING,
    "area.id": STRING,
    "area.regionId": STRING,
    "employment": STRING,
    "workSchedule": STRING,
    "workExperience": STRING,
}
LABELS: Schema = {"user_id": STRING, "session_id": STRING, "vacancy_id": STRING}

PARTS = pl.Enum(["train", "validation", "test"])
EVENTS: Schema = {
    "user_id": STRING,
    "session_id": STRING,
    "session": pl.Int32(),  # 0-based ordinal of the session in the user's life
    "vacancy_id": STRING,  # null only in the one row of a test session without events
    "action_type": pl.Int8(),  # 1 response, 2 view, 3 favourite, 0 anything else
    "action_dt": TIME,
    "position": pl.Int32(),  # place in the raw list
    "part": PARTS,
    "label": pl.Boolean(),  # the first response of a held-out session
}
FILTERED: Schema = {name: dtype for name, dtype in EVENTS.items() if name not in {"part", "label"}}

VOCAB: Schema = {
    "vacancy_id": STRING,
    "item": pl.Int32(),
    "count": pl.Int64(),  # events in the filtered train part
    "trained": pl.Boolean(),  # count >= vocab.min_count: has an id embedding
}

CATEGORICAL = {
    "company.id": "company_id",
    "area.id": "area_id",
    "area.regionId": "area_regionId",
    "employment": "employment",
    "workSchedule": "workSchedule",
    "workExperience": "workExperience",
    "compensation.currencyCode": "compensation_currencyCode",
}  # raw column -> feature column
FEATURES: Schema = {
    "item": pl.Int32(),
    **{name: pl.Int32() for name in CATEGORICAL.values()},  # 0 missing, 1 unknown, then values
    "salary_from": pl.Float32(),  # log scale, 0 where missing, see `stages.features.salary.scaled`
    "salary_to": pl.Float32(),
    "salary_bucket": pl.Int32(),  # 0 missing, then quantiles upward
    "title_tokens": pl.List(pl.Int32),  # never null; 0 is padding and never inside, 1 unknown
    "skill_tokens": pl.List(pl.Int32),
    "text_tokens": pl.List(pl.Int32),  # of the description; empty with max_text_tokens: 0
}

HISTORY: Schema = {
    "user_id": STRING,
    "items": pl.List(pl.Int32),
    "actions": pl.List(pl.Int8),
    "times": pl.List(TIME),
    "sessions": pl.List(pl.Int32),
}
TEST_SEQUENCES: Schema = {
    "user_id": STRING,
    "session_id": STRING,
    **{name: HISTORY[name] for name in ("items", "actions", "times", "sessions")},
    "asked_at": TIME,  # the moment the question is asked: nothing later is known
}
VALIDATION_SEQUENCES: Schema = {
    **TEST_SEQUENCES,
    "label": STRING,  # the vacancy responded to, in the vocabulary or not
    "label_item": pl.Int32(),  # its item id, 1 where it is not in the catalogue
}

PREDICTIONS: Schema = {"user_id": STRING, "session_id": STRING, "predictions": pl.List(pl.String)}
SCORED_PREDICTIONS: Schema = {**PREDICTIONS, "scores": pl.List(pl.Float64)}
LONG_PREDICTIONS: Schema = {  # one row a recommendation
    "user_id": STRING,
    "session_id": STRING,
    "rank": pl.Int32(),  # from 1
    "vacancy_id": STRING,
    "score": pl.Float64(),
}
