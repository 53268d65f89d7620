"""Micro-batches: histories that wait while others are ranked are ranked together next."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from stages.serve.engine import Answered, Engine, Listed, Wanted
from stages.serve.metrics import Metrics
from stages.serve.settings import Limits


class BusyError(Exception):
    """Too many histories wait already."""


@dataclass(frozen=True)
class Answer:
    """The list of one history, the model that made it, and who of that model ranked it."""

    engine: Engine
    vacancies: list[Listed]
    answered_by: str


@dataclass(frozen=True)
class _Waiting:
    wanted: Wanted
    answer: "asyncio.Future[Answer]"


class Microbatcher:
    """Ranks histories, one batch at a time, in a thread.

    No history waits for others to come: what has arrived when the thread becomes free is its next
    batch. A batch is of one model.

    Args:
        engine: Gives the model that is to answer now.
        limits: How many histories wait, and how many are ranked together.
        metrics: Told of each batch.
    """

    def __init__(self, engine: Callable[[], Engine], limits: Limits, metrics: Metrics) -> None:
        self._engine, self._limits, self._metrics = engine, limits, metrics
        self._queue: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hhrec-rank")
        self._worker: asyncio.Task[None] | None = None

    async def answer(self, asked: Sequence[Wanted]) -> list[Answer]:
        """Rank histories, and wait for it.

        Raises:
            BusyError: More wait than may.
            HhrecError: The histories or rules cannot be read.
        """
        if len(self._queue) + len(asked) > self._limits.waiting:
            raise BusyError
        loop = asyncio.get_running_loop()
        own = [_Waiting(wanted, loop.create_future()) for wanted in asked]
        self._queue.extend(own)
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work())
        try:
            return [await one.answer for one in own]
        finally:
            for one in own:  # whoever gave up need not be ranked; the others' errors are not lost
                if not one.answer.cancel() and not one.answer.cancelled():
                    one.answer.exception()

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while batch := self._next():
            self._metrics.waiting.set(len(self._queue))
            self._metrics.batches.observe(len(batch))
            engine, begun = self._engine(), time.perf_counter()
            found = await loop.run_in_executor(
                self._thread, rank, engine, [one.wanted for one in batch]
            )
            self._metrics.ranking.observe(time.perf_counter() - begun)
            for one, said in zip(batch, found, strict=True):
                if one.answer.done():
                    continue
                if isinstance(said, Exception):
                    one.answer.set_exception(said)
                else:
                    one.answer.set_result(Answer(engine, said.vacancies, said.answered_by))

    def _next(self) -> list[_Waiting]:
        """Take the oldest that still wait."""
        own: list[_Waiting] = []
        while self._queue and len(own) < self._limits.batch:
            one = self._queue.popleft()
            if not one.answer.done():
                own.append(one)
        return own

    def close(self) -> None:
        """End the thread once its batch is done."""
        self._thread.shutdown(wait=True, cancel_futures=True)


def rank(engine: Engine, asked: Sequence[Wanted]) -> Sequence[Answered | Exception]:
    """Rank a batch; where that fails, each history alone, so that no one spoils the others' answers."""
    try:
        return engine.recommend(asked)
    except Exception as error:  # noqa: BLE001  told to whoever asked, as a refusal or as a fault
        return [error] if len(asked) == 1 else [rank(engine, [one])[0] for one in asked]
