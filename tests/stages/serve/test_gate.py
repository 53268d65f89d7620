"""Token, host, size, time: what every request passes."""

import json
import logging
from collections.abc import Callable

import pytest

from stages.serve.gate import OPEN, RefusedError
from stages.serve.logs import NAME
from stages.serve.settings import Limits
from tests.worlds.serve_world import Asked, Plain, Shelf, view

TOKEN = "a-token-of-some-length"  # noqa: S105  of these tests


def test_a_token_is_asked_for_where_one_is_set(start: Callable[..., Asked]) -> None:
    client = start(token=TOKEN).client
    for path in OPEN:
        assert client.get(path).status_code == 200
    for path in ("/metrics", "/people", "/openapi.json", "/nowhere"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    for wrong in ("Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer \u00e9"):
        given = {"authorization": wrong.encode("latin-1")}
        assert client.get("/metrics", headers=given).status_code == 401
    right = {"authorization": f"Bearer {TOKEN}"}
    assert client.get("/metrics", headers=right).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8000", 200), ("127.0.0.1", 200), ("[::1]:80", 200), ("evil.example", 421)],
)
def test_a_name_that_is_not_ours_gets_no_answer(one: Asked, host: str, status: int) -> None:
    assert one.client.get("/ready", headers={"host": host}).status_code == status


def test_on_a_network_any_name_will_do(start: Callable[..., Asked]) -> None:
    client = start(local=False).client
    assert client.get("/ready", headers={"host": "board.example"}).status_code == 200


def test_a_large_body_is_refused_said_or_not(start: Callable[..., Asked]) -> None:
    client = start(limits=Limits(body=1_000)).client
    said = client.post("/recommend", content=b"x" * 1_001)
    unsaid = client.post("/recommend", content=(b"x" * 100 for _ in range(11)))
    assert said.status_code == unsaid.status_code == 413
    assert "1,000 bytes" in said.json()["detail"]


def test_an_answer_that_takes_too_long_is_not_waited_for(start: Callable[..., Asked]) -> None:
    one = start(Shelf(Plain(slow=0.3)), limits=Limits(seconds=0.05))
    answer = one.recommend()
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


def test_logs_hold_no_content_and_no_secret(
    start: Callable[..., Asked],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = logging.getLogger(NAME)  # an earlier test may have sent it elsewhere
    monkeypatch.setattr(log, "propagate", True)
    monkeypatch.setattr(log, "handlers", [])
    with caplog.at_level(logging.INFO, NAME):
        client = start(token=TOKEN).client
        right = {"authorization": f"Bearer {TOKEN}"}
        client.post("/recommend?q=secret1", json={"events": [view("secret2")]}, headers=right)
        client.get("/secret3", headers={"authorization": "Bearer secret4"})
        client.post("/recommend", json={"events": [view("fault")]}, headers=right)
    lines = [{"event": r.message, **getattr(r, "fields", {})} for r in caplog.records]
    told = [line for line in lines if line["event"] == "request"]
    assert [line["status"] for line in told][-3:] == [200, 401, 500]
    assert told[-3]["path"] == "/recommend"
    assert "secret" not in json.dumps(lines)
    assert TOKEN not in json.dumps(lines)


def test_a_refusal_has_a_status_and_a_reason() -> None:
    error = RefusedError(404, "no such person")
    assert (error.status, str(error)) == (404, "no such person")
