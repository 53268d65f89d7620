"""`hhrec` in children that kill themselves, as `kill -9` would, at a chosen moment.

The children are forked from a server that has imported torch already: a start costs no import. This
module must stay importable by name in the children.
"""

import multiprocessing
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["stages.pipeline.pipeline", "hhrec_cli.main", "s3fs"])
CHANGING = (
    *("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.utime"),
    *("shutil.rmtree", "hhrec.exchange"),
)
WRITING = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree")


class Moment(NamedTuple):
    """When a child dies.

    `step`: `delay` seconds after the first step from `number` on. `validation`: inside validation `number`, from 1.
    `disk`: before it changes a directory below `checkpoints` for the `number`-th time, from 1.
    `object`: before it changes an object of a store for the `number`-th time, from 1.
    `change`: before it changes anything below the working directory, or asks the system to put what
    it wrote on the disk, for the `number`-th time. `time`: `delay` seconds after its start.
    """

    kind: str
    number: int
    delay: float = 0.0
    signal: int = signal.SIGKILL


def hhrec(words: list[str], moment: Moment | None = None) -> int:
    """Type `hhrec WORDS`; return the exit code, minus the signal's number when one killed it."""
    child = CONTEXT.Process(target=_child, args=(words, moment, dict(os.environ)))
    child.start()
    child.join(200)
    if child.exitcode is None:  # else Python would wait for it at the end of the tests, for ever
        child.kill()
        child.join()
        raise AssertionError(f"hhrec {' '.join(words)} hangs")
    return child.exitcode


def _child(words: list[str], moment: Moment | None, environment: dict[str, str]) -> None:
    os.environ.clear()  # which are those of the server's start
    os.environ.update(environment)
    import torch

    from hhrec_cli.main import main

    torch.set_num_threads(1)
    if moment:
        DEATH[:] = [moment.signal]
        KINDS[moment.kind](moment)
    sys.argv = ["hhrec", *words]
    main()


DEATH = [int(signal.SIGKILL)]  # how this child is to die


def die() -> None:
    """End as by `kill -9`: no handler runs, nothing is flushed; or by another signal."""
    os.kill(os.getpid(), DEATH[0])


def _at_step(moment: Moment) -> None:
    from stages.train.callbacks import Watch

    after_step, armed = Watch.after_step, list[int]()

    def counted(self: Watch, figures: Any) -> bool:
        if figures.step >= moment.number and not armed:
            armed.append(figures.step)
            threading.Timer(moment.delay, die).start()
        return after_step(self, figures)

    Watch.after_step = counted  # type: ignore[method-assign]


def _in_validation(moment: Moment) -> None:
    from stages.bert4rec.ranking import ranker

    left, rank = [moment.number], ranker.item_matrix

    def counted(*given: Any, **named: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            die()
        return rank(*given, **named)

    ranker.item_matrix = counted


def _at_disk(moment: Moment) -> None:
    left = [moment.number]

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event in WRITING and "checkpoints" in _place(*given).parts:
            left[0] -= 1
            if not left[0]:
                die()

    sys.addaudithook(hook)


def _at_change(moment: Moment) -> None:
    left, here = [moment.number], Path.cwd()

    def count() -> None:
        left[0] -= 1
        if not left[0]:
            die()

    def hook(event: str, given: tuple[Any, ...]) -> None:
        reads = event == "open" and not given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        named = given[:1] if event == "open" else given  # whose last is no handle but flags
        if event in CHANGING and not reads and _below(here, *named):
            count()

    def flush(handle: int) -> None:
        count()
        flushed(handle)

    flushed, os.fsync = os.fsync, flush  # which tells no audit hook
    sys.addaudithook(hook)


def _at_object(moment: Moment) -> None:
    from stages.remote import filesystems

    left, opened = [moment.number], filesystems.filesystem

    def counting(work: Any) -> Any:
        def counted(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                die()
            return work(*given, **named)

        return counted

    def filesystem(scheme: str) -> Any:
        found = opened(scheme)
        for name in ("pipe_file", "put_file", "rm_file"):
            setattr(found, name, counting(getattr(found, name)))
        return found

    filesystems.filesystem = filesystem


def _at_time(moment: Moment) -> None:
    timer = threading.Timer(moment.delay, die)
    timer.daemon = True  # a command that ends before it lives
    timer.start()


KINDS = {
    "step": _at_step,
    "validation": _in_validation,
    "disk": _at_disk,
    "change": _at_change,
    "object": _at_object,
    "time": _at_time,
}


def _below(here: Path, *given: Any) -> bool:
    return not isinstance(given[0], int) and (here / _place(*given)).is_relative_to(here)


def _place(path: Any, *more: Any) -> Path:
    """The path of an audited event; those inside a tree being removed name a directory's handle."""
    handle = more[-1] if more else None
    if isinstance(handle, int) and handle >= 0:
        return Path(f"/proc/self/fd/{handle}").readlink() / path
    return Path(str(path))
