"""Settings of a server: where it listens, its limits, its token."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from stages.interface.errors import HhrecError

TOKEN = "HHREC_TOKEN"  # noqa: S105  the variable's name
LOOPBACK = ("localhost", "127.0.0.1", "::1")
SHORTEST = 16  # characters of a token


@dataclass(frozen=True)
class Limits:
    """What one request may ask for, and how long it may take.

    Attributes:
        body: Bytes of a request's body.
        events: Events of one history.
        people: Histories of one request.
        k: Recommendations of a list.
        ids: Vacancies that `allow` or `deny` name, or that are added at once.
        seconds: Until an answer has to be there.
        waiting: Histories that wait to be ranked; more are refused.
        batch: Histories ranked together.
        drain: Seconds for running requests after SIGTERM.
    """

    body: int = 4_000_000
    events: int = 2_000
    people: int = 256
    k: int = 1_000
    ids: int = 10_000
    seconds: float = 10.0
    waiting: int = 2_048
    batch: int = 64
    drain: int = 30


@dataclass(frozen=True)
class Address:
    """Where a server listens; port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 8000

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in LOOPBACK

    @property
    def name(self) -> str:
        """The host as it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host


def token(environment: Mapping[str, str] = os.environ) -> str | None:
    """Read the token from the environment; None where none is set.

    Raises:
        HhrecError: It is set and too short to protect anything.
    """
    found = environment.get(TOKEN)
    if found is not None and (len(found) < SHORTEST or not found.isascii() or " " in found):
        raise HhrecError(
            f"{TOKEN}: expected {SHORTEST} or more ASCII characters without a space",
            f"export {TOKEN}=$(openssl rand -hex 24), or unset it to ask for none",
        )
    return found
