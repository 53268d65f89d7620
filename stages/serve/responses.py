"""Bodies of answers: what OpenAPI says of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from stages.serve.engine import Facts, Listed


class Recommended(BaseModel):
    """One vacancy of a list."""

    rank: int
    vacancy_id: str
    score: float | None = None
    reasons: list[dict[str, Any]] | None = None
    parts: dict[str, float] | None = None
    facts: dict[str, Any] | None = None


class Heuristic(BaseModel):
    """What a plain recommender answers."""

    name: str
    vacancies: list[Recommended]


class Person(BaseModel):
    """The recommendations of one person, best first, and who ranked them."""

    user_id: str | None
    answered_by: str
    vacancies: list[Recommended]
    heuristic: Heuristic | None = None


class Recommendations(BaseModel):
    """Recommendations of everyone asked for, all by one model."""

    model: str
    people: list[Person]


class Similar(BaseModel):
    """Vacancies like one."""

    model: str
    vacancy_id: str
    facts: dict[str, Any] | None
    vacancies: list[Recommended]


class Health(BaseModel):
    """Whether the process is alive."""

    status: str


class Ready(BaseModel):
    """Whether it can answer, and with what."""

    status: str
    model: str
    answered_by: str
    vacancies: int
    withdrawn: int


class Added(BaseModel):
    """What became of new vacancies."""

    model: str
    added: int
    vacancies: int


class Withdrawn(BaseModel):
    """What became of vacancies that are to be recommended no more."""

    withdrawn: list[str]
    unknown: list[str]


class Reloaded(BaseModel):
    """The model after a reload."""

    model: str
    vacancies: int


class About(BaseModel):
    """What the page shows before anything is asked: fields for filters, and who can be looked up."""

    model: str
    answered_by: str
    vacancies: int
    people: int
    fields: dict[str, list[tuple[str, int]]]


class Found(BaseModel):
    """People whose id begins with something, with how many events each has."""

    people: list[tuple[str, int]]


class Past(BaseModel):
    """What one person did, oldest first, with the facts of the vacancies."""

    user_id: str
    events: list[dict[str, Any]]
    facts: dict[str, dict[str, Any]]


class Refusal(BaseModel):
    """Why a request was not answered."""

    detail: str


def listed(found: Sequence[Listed], facts: Mapping[str, Facts] | None) -> list[Recommended]:
    """Number the vacancies of a list from 1, with their facts where they are wanted."""
    return [
        Recommended(
            rank=rank,
            vacancy_id=one.vacancy_id,
            score=one.score,
            reasons=list(one.reasons) or None,
            parts=dict(one.parts) or None,
            facts=None if facts is None else facts.get(one.vacancy_id, {}),
        )
        for rank, one in enumerate(found, start=1)
    ]
