"""The explorer page, and what it looks up."""

from importlib import resources
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from stages.serve.gate import RefusedError
from stages.serve.requests import LONGEST, Text
from stages.serve.responses import About, Found, Past
from stages.serve.routes_recommend import REFUSALS, UNKNOWN

if TYPE_CHECKING:
    from stages.serve.engine import Engine

router = APIRouter()
KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript"}


def _file(name: str) -> Response:
    text = resources.files(__package__).joinpath("page", name).read_bytes()
    return Response(text, media_type=KINDS[name.rpartition(".")[2]] + "; charset=utf-8")


@router.get("/", include_in_schema=False)
async def page() -> Response:
    """Give the page."""
    return _file("explorer.html")


@router.get("/page.css", include_in_schema=False)
async def style() -> Response:
    """Give its styles."""
    return _file("explorer.css")


@router.get("/page.js", include_in_schema=False)
async def script() -> Response:
    """Give its script."""
    return _file("explorer.js")


@router.get("/page-parts.js", include_in_schema=False)
async def parts() -> Response:
    """Give the part of its script that draws."""
    return _file("parts.js")


@router.get("/about", responses=REFUSALS, summary="What there is to ask for")
def about(request: Request) -> About:
    """Tell who answers, the most frequent values of fields, and how many people can be looked up."""
    server = request.app.state.server
    engine: Engine = server.current.engine()
    return About(
        model=engine.model,
        answered_by=engine.answers,
        vacancies=len(engine),
        people=len(server.people),
        fields=engine.fields(),
    )


@router.get("/people", responses=REFUSALS, summary="People by the beginning of their id")
def people(request: Request, q: Annotated[str, Query(max_length=LONGEST)] = "") -> Found:
    """List people; without a beginning some examples. Nobody where no events were given."""
    return Found(people=request.app.state.server.people.like(q))


@router.get("/people/history", responses=REFUSALS | UNKNOWN, summary="What a person did")
def history(request: Request, user_id: Annotated[Text, Query()]) -> Past:
    """Give the newest events of a person, oldest first, and the facts of their vacancies."""
    server = request.app.state.server
    events = server.people.history(user_id)
    if not events:
        raise RefusedError(404, "no such person")
    ids = list(dict.fromkeys(event["vacancy_id"] for event in events))
    facts = server.current.engine().facts(ids)
    return Past(user_id=user_id, events=events, facts=facts)


@router.get("/vacancies", responses=REFUSALS, summary="Facts of vacancies")
def vacancies(
    request: Request, ids: Annotated[list[Text], Query(alias="id", min_length=1, max_length=256)]
) -> dict[str, dict[str, object]]:
    """Give the facts of those vacancies that the catalogue has."""
    engine: Engine = request.app.state.server.current.engine()
    return engine.facts(list(dict.fromkeys(ids)))
