"""A recommender without a model, and a server around it in this process."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from stages.interface.errors import HhrecError
from stages.serve.application import Server, application
from stages.serve.current import Current
from stages.serve.engine import Answered, Engine, Listed, Lists, Wanted
from stages.serve.metrics import Metrics
from stages.serve.people import People
from stages.serve.settings import Limits

NOON = "2024-05-01T12:00:00"
LATE = "2030"


def view(vacancy: str, **more: Any) -> dict[str, Any]:
    return {"vacancy_id": vacancy, "action_type": "view", "action_dt": NOON, **more}


def catalogue(count: int = 30) -> dict[str, dict[str, Any]]:
    return {
        f"v{n}": {
            "vacancy_id": f"v{n}",
            "name": f"Vacancy <{n}>",
            "company.id": f"c{n % 3}",
            "area.regionId": f"r{n % 2}",
            "compensation.from": 1000 * n,
            "compensation.to": None,
            "compensation.currencyCode": "RUR",
        }
        for n in range(count)
    }


@dataclass(frozen=True)
class Plain:
    """Recommends its own vacancies in their order, those of the history first."""

    model: str = "first"
    answers: str = "model"
    known: dict[str, dict[str, Any]] = field(default_factory=catalogue)
    slow: float = 0.0
    batches: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.known)

    def recommend(self, asked: Sequence[Wanted]) -> list[Answered]:
        self.batches.append(len(asked))
        time.sleep(self.slow)
        return [Answered(self.one(wanted), self.by(wanted)) for wanted in asked]

    def by(self, wanted: Wanted) -> str:
        """Whoever answers, or the model as trained where an event is of the year `LATE` or after."""
        late = any(str(event["action_dt"]) >= LATE for event in wanted.events)
        return "model as trained" if late else self.answers

    def one(self, wanted: Wanted) -> list[Listed]:
        own = [event["vacancy_id"] for event in wanted.events]
        if "fault" in own:
            raise LookupError("not the caller's fault")
        if any(not text.startswith("area.regionId=") for text in wanted.where):
            raise HhrecError("--where: no such field", "name another")
        may = [text.partition("=")[2] for text in wanted.where]
        ids = dict.fromkeys([*(one for one in own if one in self.known), *self.known])
        kept = [
            name
            for name in ids
            if name not in wanted.deny
            and (wanted.allow is None or name in wanted.allow)
            and (not may or self.known[name]["area.regionId"] in may)
        ]
        because = ({"kind": "repeat", "text": "you viewed it once", "vacancy_id": "v1"},)
        return [
            Listed(name, -float(place), because if wanted.explain else ())
            for place, name in enumerate(kept[: wanted.k])
        ]

    def similar(self, vacancy: str, k: int) -> list[Listed]:
        return [Listed(name, 0.5) for name in self.known if name != vacancy][:k]

    def heuristic(self, asked: Sequence[Wanted]) -> tuple[str, Lists]:
        return "last_viewed", [[Listed("v9"), Listed("v1")] for _ in asked]

    def facts(self, vacancies: Sequence[str]) -> dict[str, dict[str, Any]]:
        return {name: self.known[name] for name in vacancies if name in self.known}

    def fields(self) -> dict[str, list[tuple[str, int]]]:
        return {"area.regionId": [("r0", 15), ("r1", 15)]}

    def extended(self, vacancies: Sequence[dict[str, Any]]) -> "Plain":
        if self.answers != "model":
            raise HhrecError("vacancies: this bundle has no books", "make it anew")
        more = {str(one["vacancy_id"]): dict(one) for one in vacancies}
        return replace(self, known={**more, **self.known})


@dataclass
class Shelf:
    """Gives what a bundle directory is to be loaded as; None where it is broken."""

    given: Engine | None = field(default_factory=Plain)

    def load(self, path: Path) -> Engine:
        if self.given is None:
            raise HhrecError(f"{path}: broken", "make it anew")
        return self.given


def server(path: Path, shelf: Shelf, *, events: Path | None = None, **more: Any) -> Server:
    limits = more.pop("limits", Limits())
    metrics = Metrics()
    return Server(
        Current(path, shelf.load, metrics), People(events, limits.events), limits, metrics, **more
    )


@dataclass
class Asked:
    """A client, and what it asks."""

    client: TestClient
    server: Server
    shelf: Shelf

    def recommend(self, *events: dict[str, Any], **more: Any) -> Any:
        return self.client.post("/recommend", json={"events": events, **more})

    def ids(self, *events: dict[str, Any], **more: Any) -> list[str]:
        answer = self.recommend(*events, **more)
        assert answer.status_code == 200, answer.text
        return [one["vacancy_id"] for one in answer.json()["people"][0]["vacancies"]]


def asked(path: Path, shelf: Shelf, **more: Any) -> Asked:
    """Make a server and a client of it; a fault of the server is an answer, not an exception."""
    made = server(path, shelf, **more)
    client = TestClient(
        application(made), base_url="http://localhost", raise_server_exceptions=False
    )
    return Asked(client, made, shelf)
