"""Routes that change what is recommended: new vacancies, expired ones, a new bundle."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from stages.interface.errors import HhrecError
from stages.serve.gate import RefusedError
from stages.serve.requests import MOST, NewVacancies, Text
from stages.serve.responses import Added, Refusal, Reloaded, Withdrawn
from stages.serve.routes_recommend import REFUSALS, UNKNOWN

router = APIRouter()
CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": Refusal, "description": "The bundle cannot do that; the one in use stays."}
}
Ids = Annotated[list[Text], Query(alias="id", min_length=1, max_length=MOST.people)]


@router.put("/vacancies", responses=REFUSALS | CONFLICT, summary="Add new vacancies")
async def add(given: NewVacancies, request: Request) -> Added:
    """Recommend new vacancies from now on, by the vectors of their content."""
    rows = [one.model_dump(by_alias=True) for one in given.vacancies]
    try:
        engine = await request.app.state.server.current.add(rows)
    except HhrecError as error:
        raise RefusedError(409, f"{error.message}; {error.hint}") from error
    return Added(model=engine.model, added=len(rows), vacancies=len(engine))


@router.delete("/vacancies", responses=REFUSALS | UNKNOWN, summary="Withdraw expired vacancies")
def withdraw(ids: Ids, request: Request) -> Withdrawn:
    """Never recommend vacancies again, in whatever bundle comes next, until they are added anew."""
    current = request.app.state.server.current
    gone = [one for one in dict.fromkeys(ids) if current.withdraw(one)]
    unknown = [one for one in dict.fromkeys(ids) if one not in current.withdrawn]
    if len(unknown) == len(set(ids)):
        raise RefusedError(404, "none of them is in the catalogue")
    return Withdrawn(withdrawn=gone, unknown=unknown)


@router.post("/reload", responses=REFUSALS | CONFLICT, summary="Load the bundle anew")
async def reload(request: Request) -> Reloaded:
    """Load what stands at the bundle's path; the old one answers until then, and on if it is broken."""
    current = request.app.state.server.current
    try:
        await current.reload()
    except HhrecError as error:
        raise RefusedError(409, f"the old bundle answers on: {error.message}") from error
    return Reloaded(model=current.engine().model, vacancies=len(current.engine()))
