"""The bundle that answers now: loaded anew where it changed, never half."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stages.interface import failures
from stages.interface.errors import HhrecError
from stages.serve.engine import Engine, Facts, Loader, Wanted
from stages.serve.logs import tell
from stages.serve.metrics import Metrics

TRIES = 5  # to open a bundle that is replaced meanwhile


def signature(path: Path) -> str:
    """Names, sizes and times of all files below a directory: another value, another bundle."""
    told = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file() and not file.name.startswith("."):
            seen = file.stat()
            line = f"{file.relative_to(path)} {seen.st_size} {seen.st_mtime_ns} {seen.st_ino}\n"
            told.update(line.encode(errors="surrogateescape"))
    return told.hexdigest()


def tried(load: Loader, path: Path) -> Engine:
    """Load a bundle and let it answer once, so that a broken one fails here.

    Raises:
        HhrecError: It is broken.
    """
    return answering(load(path), path)


def answering(found: Engine, path: Path) -> Engine:
    """Let what was made of a bundle answer once, so that a broken one fails here.

    Raises:
        HhrecError: It recommends nothing.
    """
    if not found.recommend([Wanted(k=1)])[0].vacancies:
        raise HhrecError(f"{path}: recommends nothing", "make the bundle anew")
    return found


def whole(load: Loader, path: Path) -> tuple[Engine, str]:
    """Load a bundle that is not replaced meanwhile: no file of it is another one's.

    Returns:
        What answers, and the bundle's `signature`.

    Raises:
        HhrecError: It is broken, or is replaced again and again.
    """
    for _ in range(TRIES):
        before = signature(path)
        try:
            found = tried(load, path)
        except Exception:
            if signature(path) == before:
                raise
            continue
        if signature(path) == before:
            return found, before
    raise HhrecError(
        f"{path}: replaced {TRIES} times while it was opened", "wait until nobody writes there"
    )


class Current:
    """The recommender in use, with the vacancies added and withdrawn since the server began.

    Args:
        path: Where the bundle stands; a new one replaces it there.
        load: Opens it.
        metrics: Told of reloads.
    """

    def __init__(self, path: Path, load: Loader, metrics: Metrics) -> None:
        self.path, self._load, self._metrics = path, load, metrics
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hhrec-load")
        self._lock = asyncio.Lock()
        self._added: dict[str, Facts] = {}
        self.withdrawn: frozenset[str] = frozenset()
        self._engine, self._signature = whole(load, path)
        self._tell()

    def engine(self) -> Engine:
        """Give the recommender that is to answer now."""
        return self._engine

    async def reload(self, *, force: bool = True) -> bool:
        """Load the bundle anew; the old one answers until the new one is ready, and on if it is broken.

        Args:
            force: Also where no file changed since the last attempt.

        Returns:
            Whether another one answers now.

        Raises:
            HhrecError: The new bundle is broken.
        """
        async with self._lock:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._thread, signature, self.path)
            if found == self._signature and not force:
                return False
            try:
                engine, found = await loop.run_in_executor(self._thread, self._new)
            except Exception as error:
                self._signature = found  # not tried again before it changes again
                self._metrics.reloads.labels("failed").inc()
                said = error.message if isinstance(error, HhrecError) else failures.short(error)
                tell(
                    "reload failed", logging.ERROR, failed=True, said=said, kept=self._engine.model
                )
                if isinstance(error, HhrecError):
                    raise
                raise HhrecError(f"{self.path}: {said}", "make the bundle anew") from error
            self._engine, self._signature = engine, found
            self._metrics.reloads.labels("done").inc()
            self._tell()
            return True

    def _new(self) -> tuple[Engine, str]:
        found, seen = whole(self._load, self.path)
        return (self._wider(found, [*self._added.values()]) if self._added else found), seen

    def _wider(self, engine: Engine, vacancies: Sequence[Facts]) -> Engine:
        return answering(engine.extended(vacancies), self.path)

    async def add(self, vacancies: Sequence[Facts]) -> Engine:
        """Let vacancies be recommended from now on; one that was withdrawn is back.

        Raises:
            HhrecError: The model has no way to know them by their content.
        """
        async with self._lock:
            loop = asyncio.get_running_loop()
            self._engine = await loop.run_in_executor(
                self._thread, self._wider, self._engine, vacancies
            )
            added = {str(one["vacancy_id"]): one for one in vacancies}
            self._added |= added
            self.withdrawn -= added.keys()
            self._tell()
            return self._engine

    def withdraw(self, vacancy: str) -> bool:
        """Never recommend a vacancy again; whether it was known and not withdrawn yet."""
        known = bool(self._engine.facts([vacancy])) and vacancy not in self.withdrawn
        if known:
            self.withdrawn |= {vacancy}
            self._metrics.withdrawn.set(len(self.withdrawn))
        return known

    async def watch(self, seconds: float) -> None:
        """Look every so many seconds for a new bundle."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.reload(force=False)
            except HhrecError:
                continue  # told already; the old one answers
            except OSError as error:
                tell("bundle not readable", logging.WARNING, said=failures.short(error))

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _tell(self) -> None:
        engine = self._engine
        self._metrics.vacancies.set(len(engine))
        self._metrics.withdrawn.set(len(self.withdrawn))
        self._metrics.loaded_at.set(time.time())
        self._metrics.model.info({"model": engine.model, "answers": engine.answers})
        tell("model ready", model=engine.model, answers=engine.answers, vacancies=len(engine))
