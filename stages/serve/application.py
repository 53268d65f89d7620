"""The application: routes, errors, and what lives as long as the server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp

from stages.interface.errors import HhrecError
from stages.serve import routes_page, routes_recommend, routes_vacancies
from stages.serve.current import Current
from stages.serve.gate import Gate, RefusedError
from stages.serve.metrics import Metrics
from stages.serve.microbatch import BusyError, Microbatcher
from stages.serve.people import People
from stages.serve.settings import Limits

TITLE = "hhrec"
ABOUT = (
    "Recommends to people the vacancies that they will most likely respond to next. "
    "Bad input is answered with 422 and the name of the field; 503 means: try again."
)


@dataclass
class Server:
    """What the routes share.

    Attributes:
        current: The recommender in use.
        people: Whose histories can be looked up.
        limits: Of requests.
        metrics: Figures for `/metrics`.
        token: Of requests; None for none.
        local: Whether it listens on this machine alone.
        watch: Seconds between looks for a new bundle; 0 for none.
        batches: Ranks histories.
        explained: Ranks and explains histories, in another thread: it takes longer.
    """

    current: Current
    people: People
    limits: Limits
    metrics: Metrics
    token: str | None = None
    local: bool = True
    watch: float = 0.0
    batches: Microbatcher = field(init=False)
    explained: Microbatcher = field(init=False)

    def __post_init__(self) -> None:
        """Start what ranks."""
        self.batches = Microbatcher(self.current.engine, self.limits, self.metrics)
        self.explained = Microbatcher(self.current.engine, self.limits, self.metrics)

    @contextlib.asynccontextmanager
    async def alive(self, app: FastAPI) -> AsyncIterator[None]:
        """Watch for new bundles while the application runs; end the threads after it."""
        del app
        watching = asyncio.create_task(self.current.watch(self.watch)) if self.watch else None
        yield
        if watching:
            watching.cancel()
        self.batches.close()
        self.explained.close()
        self.current.close()


def application(server: Server) -> ASGIApp:
    """Make the application; its docs page would load scripts from elsewhere, so there is none."""
    app = FastAPI(
        title=TITLE,
        description=ABOUT,
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=server.alive,
    )
    app.state.server = server
    app.include_router(routes_recommend.router)
    app.include_router(routes_vacancies.router)
    app.include_router(routes_page.router)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HhrecError, _ours)
    app.add_exception_handler(BusyError, _busy)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(Exception, _fault)
    return Gate(app, server.limits, server.metrics, server.token, server.local)


def problem(where: Sequence[Any], message: str, kind: str = "value_error") -> dict[str, Any]:
    """One fault of a request, as OpenAPI has it; texts that are no Unicode are mended."""
    loc = [one if isinstance(one, int) else _clean(str(one)) for one in where]
    return {"loc": loc, "msg": _clean(message), "type": kind}


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()[:300]


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Name the fields that are wrong, without repeating what they hold."""
    del request
    found = error.errors() if isinstance(error, RequestValidationError) else []
    told = [problem(one["loc"], one["msg"], one["type"]) for one in found[:50]]
    return JSONResponse({"detail": told}, 422)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    """Answer a rule or a history that cannot be read; the message begins with the option's name."""
    del request
    message = error.message if isinstance(error, HhrecError) else str(error)
    name = message.removeprefix("--").split(" ", 1)[0].split(":", 1)[0].replace("-", "_")
    known = {"where", "max_per", "allow", "deny", "events", "k", "at", "vacancies"}
    where = ["body", name] if name in known else ["body"]
    return JSONResponse({"detail": [problem(where, message)]}, 422)


async def _busy(request: Request, error: Exception) -> JSONResponse:
    del request, error
    return JSONResponse({"detail": "too many wait; try again"}, 503, {"retry-after": "1"})


async def _refused(request: Request, error: Exception) -> JSONResponse:
    del request
    status = error.status if isinstance(error, RefusedError) else 400
    return JSONResponse({"detail": str(error)}, status)


async def _fault(request: Request, error: Exception) -> JSONResponse:
    """Say under which name the log tells more; the gate writes it there."""
    del error
    number = request.scope["hhrec.id"]
    return JSONResponse({"detail": f"a fault of the server; its log tells more: {number}"}, 500)
