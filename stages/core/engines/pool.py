"""Worker processes: each runs `stages.core.engines.worker`, does one job at a time, and dies with us.

They are programs of their own, not copies of this one: no script of a user is imported again, and
threads of libraries are not forked. A closed connection ends a worker at once, whatever it does.
"""

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path

from stages.core.engines.engine import Found, Job
from stages.interface.errors import HhrecError
from stages.interface.machine import cores

HOME = str(Path(__file__).resolve().parents[3])
# hhrec's own `stages` is imported, whatever else has that name on the path
CODE = (
    "import sys; home, path, handle = sys.argv[1], sys.argv[2:-1], sys.argv[-1];"
    " sys.path[:] = [home, *path]; import stages; sys.path.remove(home);"
    " from stages.core.engines.worker import main; main(int(handle))"
)
THREADS = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS")
PATIENCE = 5.0  # seconds in which a worker whose connection is closed must be gone


class Pool:
    """Starts workers when they are first needed and keeps them until `close`.

    Args:
        workers: Most of them; they share the cores.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.started: dict[Connection, subprocess.Popen[bytes]] = {}

    def each(
        self, work: Callable[[Job], Found], jobs: Sequence[Job], at_once: int
    ) -> Iterator[Found]:
        """Do the work for each job; yield what came of it, in the order of the jobs.

        Raises:
            HhrecError: A worker died.
        """
        while len(self.started) < at_once:
            self._start()
        free = list(self.started)[:at_once]
        for link in free:
            link.send(("work", work))
        ready: dict[int, Found | BaseException] = {}
        busy: dict[Connection, int] = {}
        waiting = deque(range(len(jobs)))
        try:
            for wanted in range(len(jobs)):
                while wanted not in ready:
                    while free and waiting:
                        link = free.pop()
                        busy[link] = waiting.popleft()
                        link.send(("job", jobs[busy[link]]))
                    for link in self._answered(busy):
                        done = busy.pop(link)
                        ready[done] = self._answer(link)
                        if isinstance(ready[done], BaseException):
                            waiting.clear()  # nothing new: it is told when those before are done
                        free.append(link)
                yield _found(ready.pop(wanted))
        finally:
            if busy:
                self.close()

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        links, self.started = self.started, {}
        for link in links:
            with suppress(OSError):
                link.close()
        for child in links.values():
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _start(self) -> None:
        """Start one worker with its share of the cores."""
        ours, theirs = Pipe()
        threads = max(1, cores() // self.workers)
        limits = {name: str(min(threads, _number(os.environ.get(name)))) for name in THREADS}
        words = [sys.executable, "-P", "-c", CODE, HOME, *sys.path, str(theirs.fileno())]
        with theirs:
            child = subprocess.Popen(  # noqa: S603  ourselves
                words,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **limits},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C is for us, and we tell them
            )
        self.started[ours] = child

    def _answered(self, busy: dict[Connection, int]) -> list[Connection]:
        """Workers that have something to say, or died."""
        return [link for link in wait(list(busy)) if isinstance(link, Connection)]

    def _answer(self, link: Connection) -> Found | BaseException:
        """What a worker says: what it found, or how it failed.

        Raises:
            HhrecError: It died.
        """
        try:
            said: Found | BaseException = link.recv()
        except (EOFError, OSError) as error:
            raise self._death(link) from error
        return said

    def _death(self, link: Connection) -> HhrecError:
        child = self.started.pop(link)
        link.close()
        code = child.wait()
        if code >= 0:
            return HhrecError(
                f"engine processes: a worker ended with exit code {code}",
                "its last words stand above; engine.kind local does the same work here",
            )
        return HhrecError(
            f"engine processes: a worker was killed by signal {-code}; so the system does where"
            " memory runs out",
            "lower explode.memory_gb or engine.workers in params.yaml",
        )


def _found(said: Found | BaseException) -> Found:
    """What was found.

    Raises:
        BaseException: The work failed so.
    """
    if isinstance(said, BaseException):
        raise said
    return said


def _number(text: str | None) -> int:
    """A number of threads as the environment gives it; very many where it gives none."""
    return int(text) if text and text.isdecimal() and int(text) else sys.maxsize
