"""Open a bundle and serve it until SIGTERM or Ctrl-C; running requests are answered first."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from stages.interface.errors import HhrecError
from stages.serve import logs
from stages.serve.application import Server, application
from stages.serve.current import Current
from stages.serve.engine import Loader
from stages.serve.logs import tell
from stages.serve.metrics import Metrics
from stages.serve.people import People
from stages.serve.settings import TOKEN, Address, Limits

SIGNALS = (signal.SIGTERM, signal.SIGINT)
WAITING = 2_048  # connections that the system holds for us


@dataclass(frozen=True)
class Listening:
    """Where the server can be reached."""

    url: str
    model: str
    vacancies: int


def run(
    bundle: Path,
    load: Loader,
    *,
    address: Address,
    limits: Limits,
    token: str | None = None,
    events: Path | None = None,
    watch: float = 2.0,
    ready: Callable[[Listening], None] = lambda _: None,
) -> None:
    """Serve a bundle.

    Args:
        bundle: Directory; a new bundle that replaces it there is loaded while the old one answers.
        load: Opens it.
        address: Where to listen.
        limits: What a request may ask for.
        token: What requests have to bring; None for nothing.
        events: Events of people that the page may look up; None for nobody.
        watch: Seconds between looks for a new bundle; 0 for none.
        ready: Told where the server listens, once it answers.

    Raises:
        HhrecError: The bundle cannot be opened, or the address cannot be had.
    """
    logs.start()
    listener = _bound(address)
    try:
        if not (address.local or token):
            tell("open to the network", logging.WARNING, said=f"anyone may ask: set {TOKEN}")
        metrics = Metrics()
        people = People(events, limits.events)
        current = Current(bundle, load, metrics)
        server = Server(current, people, limits, metrics, token, address.local, watch)
        port = listener.getsockname()[1]
        found = Listening(
            f"http://{address.name}:{port}", current.engine().model, len(current.engine())
        )
        asyncio.run(_serve(application(server), server, listener, lambda: ready(found)))
    finally:
        listener.close()


def _bound(address: Address) -> socket.socket:
    """Take the address before anything is loaded."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # asyncio sends small writes at once (TCP_NODELAY) only where the protocol is named: without it
    # the head of an answer is sent, and its body 40 ms later
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise HhrecError(
            f"{address.host}:{address.port}: cannot listen there ({error})",
            "name another with --host or --port; port 0 takes a free one",
        ) from error
    listener.listen(WAITING)
    return listener


class _Uvicorn(uvicorn.Server):
    """Uvicorn without signal handlers of its own, which would raise the signals again at the end."""

    ready: Callable[[], None]

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `_serve`."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that the server listens."""
        await super().startup(sockets)
        self.ready()


async def _serve(
    app: ASGIApp, server: Server, listener: socket.socket, ready: Callable[[], None]
) -> None:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=server.limits.drain,
    )
    running = _Uvicorn(config)
    running.ready = ready
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        tell("stopping", signal=number.name)
        running.force_exit = running.should_exit and number == signal.SIGINT
        running.should_exit = True

    async def reload() -> None:
        with contextlib.suppress(HhrecError):  # told in the log; the old one answers on
            await server.current.reload()

    tasks: set[asyncio.Task[None]] = set()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop, number)
    loop.add_signal_handler(signal.SIGHUP, lambda: tasks.add(loop.create_task(reload())))
    await running.serve(sockets=[listener])
    tell("stopped")
