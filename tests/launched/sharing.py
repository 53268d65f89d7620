"""`hhrec predict` in several processes with small shards, forked from a server that has torch.

This module must stay importable by name in the children.
"""

import os
import signal
import socket
import sys
from multiprocessing.process import BaseProcess
from typing import NamedTuple

from tests.launched.killing import CONTEXT

ROWS = 4  # of a shard
LONGEST = 280  # seconds for all commands


class Death(NamedTuple):
    """When processes die, as by `kill -9`: some of them, each behind its `shards`-th shard."""

    processes: tuple[int, ...]
    shards: int = 1


def together(count: int, commands: list[list[str]], death: Death | None = None) -> list[int | None]:
    """Let `count` processes type the same commands, one after the other; their exit codes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    children = [_started(index, count, port, commands, death) for index in range(count)]
    for child in children:
        child.join(LONGEST)
        if child.exitcode is None:
            child.kill()
            child.join()
    return [child.exitcode for child in children]


def _started(
    index: int, count: int, port: str, commands: list[list[str]], death: Death | None
) -> BaseProcess:
    place = {"RANK": str(index), "LOCAL_RANK": str(index), "WORLD_SIZE": str(count)}
    place |= {"LOCAL_WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    place |= {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    dies = death.shards if death and index in death.processes else 0
    child = CONTEXT.Process(target=_child, args=(place if count > 1 else {}, commands, dies))
    child.start()
    return child


def _child(place: dict[str, str], commands: list[list[str]], dies: int) -> None:
    os.environ |= place
    import torch

    from hhrec_cli.main import main
    from stages.predict import shards

    torch.set_num_threads(1)
    shards.ROWS = ROWS
    if dies:
        _die_behind(dies)
    for words in commands:
        sys.argv = ["hhrec", *words]
        try:
            main()
        except SystemExit as end:
            if end.code:
                raise


def _die_behind(number: int) -> None:
    from stages.predict.shards import Shards

    write, left = Shards.write, [number]

    def counted(*given: object) -> None:
        write(*given)  # type: ignore[arg-type]
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    Shards.write = counted  # type: ignore[method-assign, assignment]
