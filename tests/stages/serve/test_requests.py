"""Bodies as a caller writes them, and whatever else may come: never a 500."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.serve.engine import Wanted
from stages.serve.requests import Question
from tests.worlds.serve_world import Asked, view

FIELDS = ["events", "people", "k", "at", "allow", "deny", "where", "max_per", "explain", "facts"]
INNER = ["vacancy_id", "action_type", "action_dt", "session_id", "company.id"]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["view", "2024-05-01", "9999-12-31T23:59:59-12:00", "a=1", "\x00", "v1"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(INNER) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5) | VALUES


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(body=BODIES)
def test_any_json_is_answered_or_refused(one: Asked, body: Any) -> None:
    for method, path in (("POST", "/recommend"), ("PUT", "/vacancies")):
        answer = one.client.request(method, path, json=body)
        assert answer.status_code in {200, 422}, answer.text
        assert isinstance(answer.json(), dict)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"events": [], "k": ' + b"9" * 5_000 + b"}",
        b'{"events": [], "k": 1e999}',
        b'{"events": [], "k": NaN}',
        b'{"people": {"\\ud800": []}}',
        b'{"events": [{"vacancy_id": "\\udfff", "action_type": 1, "action_dt": "2024-05-01"}]}',
        b"\xff\xfe",
        b'{"events": [], "events": []}',
    ],
)
def test_what_is_hardly_json_is_refused_or_read(one: Asked, content: bytes) -> None:
    for kind in ("application/json", "text/plain", "multipart/form-data", ""):
        headers = {"content-type": kind}
        answer = one.client.post("/recommend", content=content, headers=headers)
        assert answer.status_code in {200, 400, 422}, (kind, answer.text)
        assert isinstance(answer.json(), dict)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["/similar", "/people", "/people/history", "/vacancies", "/nowhere"]),
    query=st.dictionaries(st.sampled_from(["vacancy_id", "k", "q", "user_id", "id"]), st.text()),
)
def test_any_query_is_answered_or_refused(one: Asked, path: str, query: dict[str, str]) -> None:
    assert one.client.get(path, params=query).status_code in {200, 404, 422}
    assert one.client.delete("/vacancies", params=query).status_code in {200, 404, 422}


def test_a_question_as_the_engine_gets_it() -> None:
    body = {"people": {"a": [view("v1")], "b": []}, "k": 5, "at": "2024-05-02T01:00:00+01:00"}
    more = {"deny": ["v2"], "where": ["x=1"], "max_per": {"c": 2}}
    question = Question.model_validate(body | more)
    assert question.names() == ["a", "b"]
    first, second = question.wanted(frozenset({"gone"}))
    assert second == Wanted(
        k=5,
        at=datetime.fromisoformat("2024-05-02T00:00:00"),
        deny=frozenset({"v2", "gone"}),
        where=("x=1",),
        max_per=(("c", 2),),
        events=[],
    )
    assert first.events[0]["action_dt"] == datetime.fromisoformat("2024-05-01T12:00:00")
