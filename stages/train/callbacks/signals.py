"""End a training on Ctrl-C or SIGTERM: after the running step, in all processes together."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import torch
from accelerate import Accelerator

from stages.interface.errors import Interrupted


class Signals:
    """Listens for the signals that end a training; `name` is that of the last one, or empty."""

    def __init__(self) -> None:
        self.name = ""
        self._at_once = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note the signals instead of dying by them; only the main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        kinds = [
            kind
            for kind in (signal.SIGINT, signal.SIGTERM)
            if signal.getsignal(kind) != signal.SIG_IGN  # as under nohup
        ]
        old = {kind: signal.signal(kind, self._note) for kind in kinds}
        try:
            yield
        finally:
            for kind, handler in old.items():
                signal.signal(kind, handler)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let a signal break off what is done meanwhile.

        Raises:
            Interrupted: A signal came.
        """
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.name = signal.Signals(number).name
        if self._at_once:
            self._at_once = False  # a second signal must not break off what follows
            raise Interrupted(self.name)


def in_any_process(flag: bool, accelerator: Accelerator) -> bool:  # noqa: FBT001
    """Whether the flag is up in any process: all must leave the loop together."""
    if accelerator.num_processes == 1:
        return flag
    raised = torch.tensor(float(flag), device=accelerator.device)
    return float(accelerator.reduce(raised)) > 0
