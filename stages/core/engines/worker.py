"""The process of a worker: takes work and jobs from a connection, answers with what came of them."""

import os
import signal
import sys
import threading
import traceback
from copy import deepcopy
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

ENDED, UNREAD = 0, 70


def main(handle: int) -> None:
    """Serve the connection with this number until it is closed, then end at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    link = Connection(handle)
    given: SimpleQueue[tuple[str, Any]] = SimpleQueue()
    threading.Thread(target=_listen, args=(link, given), daemon=True).start()
    work: Any = None
    while True:
        kind, value = given.get()
        if kind == "work":
            work = value
            continue
        try:
            answer = work(value)
        except BaseException as error:  # noqa: BLE001  told to whoever gave the job
            answer = _told(error)
        link.send(answer)


def _listen(link: Connection, given: "SimpleQueue[tuple[str, Any]]") -> None:
    """Take what comes; end the process with the connection, in the middle of work too."""
    while True:
        try:
            given.put(link.recv())
        except (EOFError, OSError):
            os._exit(ENDED)
        except BaseException:  # noqa: BLE001  what was sent cannot be read: nobody else would tell
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(UNREAD)


def _told(error: BaseException) -> BaseException:
    """An error that can be sent, with where it happened."""
    error.add_note(
        "in a worker of engine processes:\n" + "".join(traceback.format_exception(error))
    )
    error.__cause__ = error.__context__ = None
    try:
        if type(deepcopy(error)) is type(error):  # which asks of its class what sending asks
            return error
    except Exception:  # noqa: BLE001, S110  whatever an error's class does when it is copied
        pass
    return RuntimeError(f"{type(error).__name__}: {error}")
