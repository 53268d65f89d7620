"""Reload under load: the old bundle until the new one is ready, none lost, none mixed."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from stages.interface.errors import HhrecError
from stages.serve.current import Current, signature, tried, whole
from stages.serve.metrics import Metrics
from tests.worlds.serve_world import Asked, Plain, Shelf, catalogue


def world(name: str) -> Plain:
    """A model whose vacancies all bear its name."""
    known = {f"{name}-{n}": facts for n, facts in enumerate(catalogue(5).values())}
    return Plain(model=name, known=known)


def test_fifty_reloads_and_a_broken_bundle_lose_and_mix_nothing(one: Asked) -> None:
    stop, answers = Event(), []
    one.shelf.given = world("m0")
    assert one.client.post("/reload").status_code == 200

    def ask() -> None:
        while not stop.is_set():
            people = {f"u{n}": [] for n in range(5)}
            answer = one.client.post("/recommend", json={"people": people, "k": 5})
            answers.append((answer.status_code, answer.json()))

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask) for _ in range(4)]
        for number in range(1, 51):
            one.shelf.given = None if number % 10 == 0 else world(f"m{number}")
            status = one.client.post("/reload").status_code
            assert status == (409 if number % 10 == 0 else 200)
        stop.set()
        for task in asking:
            task.result()
    assert {status for status, _ in answers} == {200}
    for _, said in answers:
        for person in said["people"]:
            names = {one["vacancy_id"].split("-")[0] for one in person["vacancies"]}
            assert names == {said["model"]}
    assert len({said["model"] for _, said in answers}) > 5


def test_a_changed_bundle_is_seen_and_a_broken_one_is_tried_once(tmp_path: Path) -> None:
    shelf, tries = Shelf(), []

    def load(path: Path) -> object:
        tries.append(path)
        return shelf.load(path)

    (tmp_path / "weights").write_text("1")
    current = Current(tmp_path, load, Metrics())

    async def run() -> None:
        assert not await current.reload(force=False)
        (tmp_path / "weights").write_text("22")
        shelf.given = None
        with pytest.raises(HhrecError, match="broken"):
            await current.reload(force=False)
        assert not await current.reload(force=False)
        assert current.engine().model == "first"
        (tmp_path / "weights").write_text("333")
        shelf.given = Plain(model="second")
        watching = asyncio.create_task(current.watch(0.01))
        async with asyncio.timeout(60):
            while current.engine().model == "first":  # noqa: ASYNC110  the model tells nobody
                await asyncio.sleep(0.01)
        watching.cancel()

    asyncio.run(run())
    assert len(tries) == 3
    current.close()


@pytest.mark.parametrize("breaks", [False, True])
def test_a_bundle_that_is_replaced_while_it_is_opened_is_opened_again(
    tmp_path: Path, *, breaks: bool
) -> None:
    file = tmp_path / "weights"
    file.write_text("1")

    def load(path: Path) -> Plain:
        read = (path / "weights").read_text()
        if read == "1":
            file.write_text("other")  # by another process, before the rest is read
            if breaks:
                raise HhrecError("arrays of two bundles")
        return world(read)

    found, seen = whole(load, tmp_path)
    assert found.model == "other"
    assert seen == signature(tmp_path)

    def never(path: Path) -> Plain:
        (path / "weights").write_text(f"{(path / 'weights').read_text()}+")
        return world("m")

    with pytest.raises(HhrecError, match="replaced 5 times"):
        whole(never, tmp_path)


def test_a_vacancy_that_would_break_every_answer_is_not_added(one: Asked) -> None:
    def broken(vacancies: object) -> Plain:
        del vacancies
        return Plain(known={})

    object.__setattr__(one.server.current.engine(), "extended", broken)
    new = {"vacancies": [{"vacancy_id": "new", "name": "Cook"}]}
    assert one.client.put("/vacancies", json=new).status_code == 409
    assert one.ids(k=1) == ["v0"]
    assert one.client.post("/reload").status_code == 200
    assert one.ids(k=1) == ["v0"]


def test_what_was_added_is_told_to_every_new_bundle_also_where_it_is_known(one: Asked) -> None:
    """It may have withdrawn it."""
    told: list[object] = []

    class Withdrawing(Plain):
        def extended(self, vacancies: object) -> Plain:
            told.append(vacancies)
            return self

    one.client.put("/vacancies", json={"vacancies": [{"vacancy_id": "v3", "name": "Cook"}]})
    one.shelf.given = Withdrawing(model="second")
    assert one.client.post("/reload").json()["model"] == "second"
    assert [[row["vacancy_id"] for row in rows] for rows in told] == [["v3"]]


def test_a_bundle_is_known_by_names_sizes_and_times(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    before = signature(tmp_path)
    assert signature(tmp_path) == before
    os.utime(tmp_path / "a", ns=(1, 1))
    assert signature(tmp_path) != before


def test_a_bundle_that_recommends_nothing_is_broken(tmp_path: Path) -> None:
    with pytest.raises(HhrecError, match="recommends nothing"):
        tried(lambda _: Plain(known={}), tmp_path)
