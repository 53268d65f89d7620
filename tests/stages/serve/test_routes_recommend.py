"""`POST /recommend`, `/similar`, and how the server is."""

from collections.abc import Callable

import pytest

from stages.serve.routes_recommend import require
from tests.worlds.serve_world import Asked, Plain, Shelf, view


def test_one_history(one: Asked) -> None:
    found = one.recommend(view("v3"), k=2).json()
    assert found["model"] == "first"
    (person,) = found["people"]
    assert person["answered_by"] == "model"
    assert person["user_id"] is None
    assert [(x["rank"], x["vacancy_id"]) for x in person["vacancies"]] == [(1, "v3"), (2, "v0")]


def test_several_people_each_under_their_name(one: Asked) -> None:
    people = {"anna": [view("v3")], "boris": []}
    found = one.client.post("/recommend", json={"people": people, "k": 1}).json()["people"]
    assert [(x["user_id"], x["vacancies"][0]["vacancy_id"]) for x in found] == [
        ("anna", "v3"),
        ("boris", "v0"),
    ]


def test_who_answered_is_told_of_each_person(start: Callable[..., Asked]) -> None:
    one = start(Shelf(Plain(answers="last_viewed")))
    people = {"now": [view("v3")], "late": [view("v3", action_dt="2031-01-01T00:00:00")]}
    for more in ({}, {"explain": True}):
        found = one.client.post("/recommend", json={"people": people, "k": 1} | more).json()
        told = [person["answered_by"] for person in found["people"]]
        assert told == ["last_viewed", "model as trained"]
    assert one.client.get("/ready").json()["answered_by"] == "last_viewed"


def test_an_action_by_name_or_number_and_a_time_with_or_without_a_zone(one: Asked) -> None:
    for change in (
        {"action_type": 2},
        {"action_type": "favourite"},
        {"action_dt": "2024-05-01T15:00:00+03:00"},
        {"vacancy_id": 7},
        {"session_id": "s"},
    ):
        assert one.recommend(view("v3") | change).status_code == 200


def test_rules(one: Asked) -> None:
    assert one.ids(k=3, allow=["v5", "v7"]) == ["v5", "v7"]
    assert one.ids(k=2, deny=["v0"]) == ["v1", "v2"]
    assert one.ids(k=2, where=["area.regionId=r1"]) == ["v1", "v3"]
    refused = one.recommend(where=["salary=1"])
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "where"]


def test_reasons_facts_and_the_heuristic_only_where_wanted(one: Asked) -> None:
    plain = one.recommend(view("v3")).json()["people"][0]
    assert plain["heuristic"] is None
    assert plain["vacancies"][0]["facts"] is plain["vacancies"][0]["reasons"] is None
    full = one.recommend(view("v3"), explain=True, facts=True, compare=True).json()["people"][0]
    assert full["vacancies"][0]["reasons"][0]["text"] == "you viewed it once"
    assert full["vacancies"][0]["facts"]["name"] == "Vacancy <3>"
    assert full["heuristic"]["name"] == "last_viewed"
    assert [x["vacancy_id"] for x in full["heuristic"]["vacancies"]] == ["v9", "v1"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, []),
        ({"events": [], "people": {"a": []}}, []),
        ({"events": [{"vacancy_id": "v1"}]}, ["events", 0, "action_type"]),
        ({"events": [view("v1") | {"action_type": 4}]}, ["events", 0, "action_type"]),
        ({"events": [view("v1") | {"action_type": True}]}, ["events", 0, "action_type"]),
        ({"events": [view("v1") | {"action_dt": "yesterday"}]}, ["events", 0, "action_dt"]),
        (
            {"events": [view("v1") | {"action_dt": "0001-01-01T00:00:00+14:00"}]},
            ["events", 0, "action_dt"],
        ),
        ({"events": [view("")]}, ["events", 0, "vacancy_id"]),
        ({"events": [view("v" * 201)]}, ["events", 0, "vacancy_id"]),
        ({"events": [view("v1", salary=3)]}, ["events", 0, "salary"]),
        ({"events": [view("v1")] * 2_001}, ["events"]),
        ({"people": {f"u{n}": [] for n in range(257)}}, ["people"]),
        ({"events": [], "k": 0}, ["k"]),
        ({"events": [], "k": 1_001}, ["k"]),
        ({"events": [], "where": ["region"]}, ["where", 0]),
        ({"events": [], "max_per": {"company.id": 0}}, ["max_per", "company.id"]),
    ],
)
def test_what_is_wrong_is_named(one: Asked, body: dict, field: list) -> None:
    answer = one.client.post("/recommend", json=body)
    assert answer.status_code == 422
    assert ["body", *field] in [problem["loc"] for problem in answer.json()["detail"]]
    assert "input" not in answer.json()["detail"][0]


def test_a_fault_of_ours_is_told_by_a_number_and_spoils_no_one_else(one: Asked) -> None:
    answer = one.recommend(view("fault"))
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    assert "caller" not in answer.text
    assert one.ids(view("v3"), k=1) == ["v3"]


def test_similar_vacancies(one: Asked) -> None:
    found = one.client.get("/similar", params={"vacancy_id": "v3", "k": 2}).json()
    assert found["facts"]["name"] == "Vacancy <3>"
    assert [x["vacancy_id"] for x in found["vacancies"]] == ["v0", "v1"]
    assert one.client.get("/similar", params={"vacancy_id": "nowhere"}).status_code == 404
    assert one.client.get("/similar").json()["detail"][0]["loc"] == ["query", "vacancy_id"]
    assert require(Plain(), "v3")["company.id"] == "c0"


def test_readiness_and_metrics(one: Asked) -> None:
    ready = one.client.get("/ready").json()
    assert (ready["status"], ready["vacancies"]) == ("ready", 30)
    one.recommend(k=0)
    text = one.client.get("/metrics").text
    assert 'hhrec_requests_total{method="POST",path="/recommend",status="422"} 1.0' in text
    assert "hhrec_vacancies 30.0" in text
    assert 'hhrec_model_info{answers="model",model="first"} 1.0' in text
