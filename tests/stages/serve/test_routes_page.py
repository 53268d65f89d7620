"""The page's files, and what it looks up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.worlds.serve_world import Asked

PAGE = Path(__file__).parents[3] / "stages" / "serve" / "page"


@pytest.mark.parametrize("path", ["/", "/page.css", "/page.js", "/page-parts.js"])
def test_the_page_loads_nothing_from_elsewhere(one: Asked, path: str) -> None:
    answer = one.client.get(path)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    text = answer.text.replace("http://www.w3.org/2000/svg", "")
    assert "http:" not in text
    assert "https:" not in text


def test_texts_reach_the_page_as_text() -> None:
    for file in PAGE.glob("*.js"):
        assert "innerHTML" not in file.read_text(encoding="utf-8")
        assert "insertAdjacent" not in file.read_text(encoding="utf-8")


def test_what_there_is(one: Asked, start: Callable[..., Asked], small_artifacts: Path) -> None:
    found = one.client.get("/about").json()
    assert found["people"] == 0
    assert found["fields"]["area.regionId"] == [["r0", 15], ["r1", 15]]
    known = start(events=small_artifacts / "events").client
    people = known.get("/people").json()["people"]
    user, count = people[0]
    past = known.get("/people/history", params={"user_id": user}).json()
    assert 0 < len(past["events"]) <= count
    assert known.get("/people/history", params={"user_id": "nobody"}).status_code == 404
    answer = known.post("/recommend", json={"events": past["events"]})
    assert answer.status_code == 200


def test_facts_of_vacancies(one: Asked) -> None:
    found = one.client.get("/vacancies", params={"id": ["v1", "nowhere"]}).json()
    assert list(found) == ["v1"]
    assert found["v1"]["name"] == "Vacancy <1>"
