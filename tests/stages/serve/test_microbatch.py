"""Histories that wait are ranked together, and none waits for nothing."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from stages.interface.errors import HhrecError
from stages.serve.engine import Wanted
from stages.serve.metrics import Metrics
from stages.serve.microbatch import BusyError, Microbatcher, rank
from stages.serve.settings import Limits
from tests.worlds.serve_world import Asked, Plain, view


def asked_together(engine: Plain, asked: Sequence[Wanted], limits: Limits | None = None) -> list:
    async def run() -> list:
        batches = Microbatcher(lambda: engine, limits or Limits(), Metrics())
        try:
            waiting = [batches.answer([one]) for one in asked]
            return await asyncio.gather(*waiting, return_exceptions=True)
        finally:
            batches.close()

    return asyncio.run(run())


def test_what_comes_while_one_is_ranked_is_ranked_together() -> None:
    engine = Plain(slow=0.02)
    asked = [Wanted(events=[view(f"v{n}")], k=n + 1) for n in range(20)]
    found = asked_together(engine, asked, Limits(batch=8))
    for number, (answer,) in enumerate(found):
        assert answer.engine is engine
        assert len(answer.vacancies) == number + 1
        assert answer.vacancies[0].vacancy_id == f"v{number}"
    assert engine.batches == [8, 8, 4]


def test_a_bad_one_does_not_spoil_its_batch() -> None:
    asked = [Wanted(), Wanted(events=[view("fault")]), Wanted(where=("x=1",)), Wanted(k=1)]
    first, fault, wrong, last = asked_together(Plain(), asked)
    assert first[0].vacancies
    assert last[0].vacancies
    assert isinstance(fault, LookupError)
    assert isinstance(wrong, HhrecError)
    assert [isinstance(one, Exception) for one in rank(Plain(), asked)] == [
        False,
        True,
        True,
        False,
    ]


def test_more_than_may_wait_are_refused_at_once() -> None:
    found = asked_together(Plain(slow=0.05), [Wanted()] * 5, Limits(waiting=3))
    assert [isinstance(one, BusyError) for one in found] == [False] * 3 + [True] * 2


def test_who_gives_up_is_not_ranked() -> None:
    engine = Plain(slow=0.05)

    async def run() -> None:
        batches = Microbatcher(lambda: engine, Limits(), Metrics())
        first = asyncio.create_task(batches.answer([Wanted()]))
        await asyncio.sleep(0.01)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await batches.answer([Wanted()])
        await first
        await batches.answer([Wanted()])
        batches.close()

    asyncio.run(run())
    assert engine.batches == [1, 1]


def test_a_lone_request_does_not_wait_for_others(one: Asked) -> None:
    begun = time.perf_counter()
    for _ in range(20):
        one.ids(k=1)
    assert time.perf_counter() - begun < 5
    with ThreadPoolExecutor(8) as threads:
        found = [*threads.map(lambda n: one.ids(view(f"v{n}"), k=1), range(30))]
    assert found == [[f"v{n}"] for n in range(30)]
