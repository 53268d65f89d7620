"""End a training on Ctrl-C or SIGTERM: after the running step, in all processes together."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import torch
from accelerate import Accelerator


class Signals:
    """Listens for the signals that end a training; `name` is that of the last one, or empty."""

    def __init__(self) -> None:
        self.name = ""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note the signals instead of dying by them; only the main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        kinds = (signal.SIGINT, signal.SIGTERM)
        old = {kind: signal.signal(kind, self._note) for kind in kinds}
        try:
            yield
        finally:
            for kind, handler in old.items():
                signal.signal(kind, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.name = signal.Signals(number).name


def in_any_process(flag: bool, accelerator: Accelerator) -> bool:  # noqa: FBT001
    """Whether the flag is up in any process: all must leave the loop together."""
    if accelerator.num_processes == 1:
        return flag
    raised = torch.tensor(float(flag), device=accelerator.device)
    return float(accelerator.reduce(raised)) > 0
