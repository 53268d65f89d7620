"""New vacancies, expired ones, and new bundles."""

from collections.abc import Callable

from tests.worlds.serve_world import Asked, Plain, Shelf, view

NEW = {"vacancy_id": "new", "name": "Cook", "area.regionId": "r1", "compensation.from": 5}


def test_a_new_vacancy_is_recommended_at_once_and_outlives_a_reload(one: Asked) -> None:
    added = one.client.put("/vacancies", json={"vacancies": [NEW]})
    assert added.json() == {"model": "first", "added": 1, "vacancies": 31}
    assert one.ids(k=1) == ["new"]
    one.shelf.given = Plain(model="second")
    assert one.client.post("/reload").json() == {"model": "second", "vacancies": 31}
    assert one.ids(k=1) == ["new"]


def test_where_the_bundle_cannot_it_says_so(start: Callable[..., Asked]) -> None:
    one = start(Shelf(Plain(answers="item_knn")))
    answer = one.client.put("/vacancies", json={"vacancies": [NEW]})
    assert answer.status_code == 409
    assert "has no books" in answer.json()["detail"]


def test_a_wrong_vacancy_is_refused_by_field(one: Asked) -> None:
    for change, field in (
        ({"name": ""}, "name"),
        ({"compensation.from": -1}, "compensation.from"),
        ({"compensation.to": 1.5}, "compensation.to"),
        ({"salary": 1}, "salary"),
    ):
        answer = one.client.put("/vacancies", json={"vacancies": [NEW | change]})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "vacancies", 0, field]


def test_a_withdrawn_vacancy_is_nowhere_until_it_is_added_again(one: Asked) -> None:
    answer = one.client.delete("/vacancies", params={"id": ["v0", "v3", "nowhere"]})
    assert answer.json() == {"withdrawn": ["v0", "v3"], "unknown": ["nowhere"]}
    assert one.ids(view("v3"), k=2) == ["v1", "v2"]
    similar = one.client.get("/similar", params={"vacancy_id": "v1", "k": 2}).json()
    assert [x["vacancy_id"] for x in similar["vacancies"]] == ["v2", "v4"]
    one.client.post("/reload")
    assert one.ids(k=1) == ["v1"]
    assert one.client.delete("/vacancies", params={"id": "nowhere"}).status_code == 404
    one.client.put("/vacancies", json={"vacancies": [{"vacancy_id": "v3", "name": "Cook"}]})
    assert one.ids(k=1) == ["v3"]


def test_a_broken_bundle_changes_nothing(one: Asked) -> None:
    one.shelf.given = None
    answer = one.client.post("/reload")
    assert answer.status_code == 409
    assert "the old bundle answers on" in answer.json()["detail"]
    assert one.ids(k=1) == ["v0"]
    assert 'hhrec_reloads_total{result="failed"} 1.0' in one.client.get("/metrics").text
