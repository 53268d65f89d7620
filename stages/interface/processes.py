"""The processes that accelerate or torchrun started for one command, on one machine or several."""

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from stages.interface.errors import HhrecError

LONGEST = timedelta(days=7)  # that a process waits for the others, which may have more to do
T = TypeVar("T")


def unsynchronised(world: int, command: str) -> HhrecError:
    """Say that copies were started which do not know of each other."""
    return HhrecError(
        f"WORLD_SIZE is {world}, but each process believes to be alone: expected {world} "
        "synchronised processes, found unsynchronised copies",
        "on CPUs: ACCELERATE_USE_CPU=true accelerate launch --multi_gpu "
        f"--num_processes {world} {command}",
    )


@dataclass(frozen=True)
class Processes:
    """One process and its place among all of a command.

    Attributes:
        index: Its number, from 0.
        count: How many there are.
    """

    index: int = 0
    count: int = 1

    @property
    def main(self) -> bool:
        """Whether this is the process that writes and reports."""
        return self.index == 0

    def agreed(self, value: T, what: str) -> T:
        """Give the first process's value; every other one must have found the same.

        Raises:
            HhrecError: This process found another, or one of the others has ended.
        """
        found = self.told(value)
        if found != value:
            raise HhrecError(
                f"process {self.index + 1} of {self.count}: {what} differ from those of process 1",
                "give every machine the same files, for example on a shared file system",
            )
        return found

    def told(self, value: T) -> T:
        """Give the first process's value to all."""
        box = [value]
        if self.count > 1:
            from accelerate.utils import broadcast_object_list  # noqa: PLC0415  a second

            with _together():
                broadcast_object_list(box)
        return box[0]

    def wait(self) -> None:
        """Wait until every process is here.

        Raises:
            HhrecError: One of the others has ended.
        """
        if self.count > 1:
            from accelerate import PartialState  # noqa: PLC0415

            with _together():
                PartialState().wait_for_everyone()


def joined(command: str) -> Processes:
    """Join the processes that a launcher started together with this one; alone without a launcher.

    They are left when this process ends.

    Args:
        command: As it is typed, such as `hhrec predict`.

    Raises:
        HhrecError: There are several that do not know of each other.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world <= 1:
        return Processes()
    from accelerate import PartialState  # noqa: PLC0415
    from accelerate.utils import parse_flag_from_env  # noqa: PLC0415

    state = PartialState(cpu=parse_flag_from_env("ACCELERATE_USE_CPU"), timeout=LONGEST)
    if state.num_processes == 1:
        raise unsynchronised(world, command)
    atexit.register(state.destroy_process_group)
    return Processes(state.process_index, state.num_processes)


@contextmanager
def _together() -> Iterator[None]:
    """Turn the failure of a common step into an error with advice."""
    try:
        yield
    except RuntimeError as error:
        raise HhrecError(
            "another process of this command has ended before its work was done",
            "see what it said, and type the same command again: what is finished is kept",
        ) from error
