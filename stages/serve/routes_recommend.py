"""Routes that recommend, and those that tell how the server is."""

from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool

from stages.serve.engine import Engine, Lists
from stages.serve.gate import RefusedError
from stages.serve.requests import LONGEST, MOST, Question
from stages.serve.responses import (
    Health,
    Heuristic,
    Person,
    Ready,
    Recommendations,
    Refusal,
    Similar,
    listed,
)

router = APIRouter()
REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"model": Refusal, "description": "The token is not right."},
    413: {"model": Refusal, "description": "The body is too large."},
    503: {"model": Refusal, "description": "Too many wait, or it took too long."},
}
UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": Refusal, "description": "The catalogue lacks it."}
}
VacancyId: TypeAlias = Annotated[str, Query(min_length=1, max_length=LONGEST)]
K: TypeAlias = Annotated[int, Query(ge=1, le=MOST.k)]


def require(engine: Engine, vacancy: str) -> dict[str, Any]:
    """Give the facts of a vacancy.

    Raises:
        RefusedError: 404, where the catalogue lacks it.
    """
    found = engine.facts([vacancy])
    if vacancy not in found:
        raise RefusedError(404, "no such vacancy in the catalogue")
    return found[vacancy]


@router.post(
    "/recommend",
    responses=REFUSALS,
    response_model=Recommendations,
    summary="Recommend to one person, or to several",
)
async def recommend(question: Question, request: Request) -> Response:
    """Recommend to each history the vacancies that its person will most likely respond to next."""
    server = request.app.state.server
    names, wanted = question.names(), question.wanted(server.current.withdrawn)
    batches = server.explained if question.explain else server.batches
    answers = await batches.answer(wanted)
    engine = answers[0].engine
    if any(one.engine is not engine for one in answers):  # a new bundle came between two batches
        answers = await batches.answer(wanted)
        engine = answers[0].engine
    lists: Lists = [one.vacancies for one in answers]
    plain: tuple[str, Lists] | None = None
    if question.compare:
        named = await run_in_threadpool(engine.heuristic, wanted)
        plain = named if named[0] else None
    facts = None
    if question.facts:
        every = {one.vacancy_id for found in (*lists, *(plain or ("", []))[1]) for one in found}
        facts = await run_in_threadpool(engine.facts, sorted(every))
    beside = [None] * len(lists) if plain is None else [
        Heuristic(name=plain[0], vacancies=listed(found, facts)) for found in plain[1]
    ]  # fmt: skip
    people = [
        Person(
            user_id=name,
            answered_by=one.answered_by,
            vacancies=listed(one.vacancies, facts),
            heuristic=other,
        )
        for name, one, other in zip(names, answers, beside, strict=True)
    ]
    found = Recommendations(model=engine.model, people=people)
    return Response(
        found.model_dump_json(), media_type="application/json"
    )  # checked once, not twice


@router.get("/similar", responses=REFUSALS | UNKNOWN, summary="Vacancies like one")
def similar(vacancy_id: VacancyId, request: Request, k: K = 10) -> Similar:
    """List the vacancies whose vectors are most like one's."""
    server = request.app.state.server
    engine: Engine = server.current.engine()
    own = require(engine, vacancy_id)
    gone = server.current.withdrawn
    found = [one for one in engine.similar(vacancy_id, k + len(gone)) if one.vacancy_id not in gone]
    facts = engine.facts([one.vacancy_id for one in found[:k]])
    told = listed(found[:k], facts)
    return Similar(model=engine.model, vacancy_id=vacancy_id, facts=own, vacancies=told)


@router.get("/health", summary="Whether the process lives")
async def health() -> Health:
    """Answer, whatever the model does."""
    return Health(status="ok")


@router.get("/ready", summary="Whether a model is loaded, and which")
async def ready(request: Request) -> Ready:
    """Tell which model answers: the server listens only once it has one."""
    current = request.app.state.server.current
    engine: Engine = current.engine()
    return Ready(
        status="ready",
        model=engine.model,
        answered_by=engine.answers,
        vacancies=len(engine),
        withdrawn=len(current.withdrawn),
    )


@router.get("/metrics", response_class=Response, responses=REFUSALS, summary="For Prometheus")
async def metrics(request: Request) -> Response:
    """Give the figures in Prometheus' text format."""
    found = generate_latest(request.app.state.server.metrics.registry)
    return Response(found, media_type=CONTENT_TYPE_LATEST)
