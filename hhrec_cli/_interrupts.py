"""Ctrl-C and SIGTERM: end any command within ten seconds, and say how to go on."""

import contextlib
import os
import select
import shlex
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from stages.interface.errors import Interrupted

CODE = 130  # what shells report after Ctrl-C
KINDS = (signal.SIGINT, signal.SIGTERM)
LIMIT = 8.0  # seconds after a signal in which a command may clean up
RESUMED = {"train", "run", "daily"}  # commands with --resume
_arrived: list[str] = []  # names of the signals that this command was sent


def cause() -> Interrupted | None:
    """The interruption that a command was sent, whatever a library made of it.

    A handler that raises inside a library's call back into Python ends as that library's panic.
    """
    return Interrupted(_arrived[0]) if _arrived else None


def again() -> str:
    """The command line that goes on with what was typed: the same options, and --resume."""
    given = sys.argv[1:]
    more = ["--resume"] if given[:1] and given[0] in RESUMED and "--resume" not in given else []
    return shlex.join(["hhrec", *given, *more])


@contextmanager
def ending() -> Iterator[None]:
    """Turn the signals into `Interrupted`; end the process where that takes too long.

    Python runs a handler between two of its own instructions only, and a library may take minutes
    for one. So a thread is woken by the signal itself; it ends the process `LIMIT` seconds later.
    Whatever is cut off then is swept up by the next command that writes there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _arrived.clear()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    ignored = {kind for kind in KINDS if signal.getsignal(kind) == signal.SIG_IGN}  # nohup
    old = {kind: signal.signal(kind, _interrupt) for kind in KINDS if kind not in ignored}
    watcher = threading.Thread(target=_watch, args=(reader,), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        for kind, handler in old.items():
            signal.signal(kind, handler)
        signal.set_wakeup_fd(before)
        os.close(writer)  # which ends the watcher
        watcher.join()


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    _arrived.append(signal.Signals(number).name)
    raise Interrupted(_arrived[-1])


def _watch(reader: int) -> None:
    """Wait for a signal's number in a pipe, then for the pipe's end, but not for long."""
    until: float | None = None
    with contextlib.closing(os.fdopen(reader, "rb", buffering=0)) as pipe:
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            if not select.select([pipe], [], [], left)[0]:
                _end_now()
            numbers = pipe.read(64)
            if not numbers:
                return
            if until is None and set(numbers) & {int(kind) for kind in KINDS}:
                until = time.monotonic() + LIMIT


def _end_now() -> NoReturn:
    """End the process as it stands: what it was writing is not in place yet."""
    said = f"error interrupted while a library was at work\nnext  {again()}\n"
    with contextlib.suppress(OSError):
        os.write(2, said.encode(errors="replace"))
    os._exit(CODE)
