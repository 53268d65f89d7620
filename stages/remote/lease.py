"""One writer at a time in a store: a lock object with owner and time, refreshed while it is held.

Who dies without giving it back is found out by the next command: at once on the same machine, after
`ENDS` seconds without refresh on another one.
"""

import json
import os
import socket
import sys
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from stages.core import json_text
from stages.interface import failures
from stages.interface.errors import HhrecError
from stages.remote import head as heads
from stages.remote.head import Head
from stages.remote.store import Store
from stages.remote.urls import Address, masked

REFRESHED = 60.0  # seconds between two refreshes
ENDS = 600.0  # seconds after its last refresh, a lock of another machine ends


@dataclass(frozen=True)
class Owner:
    """Who holds a lock: a process of a machine, and what it does."""

    token: str
    host: str
    machine: str
    pid: int
    begun: float
    command: str
    time: str


class LostLockError(HhrecError):
    """Somebody else has taken a place meanwhile."""


class Lease:
    """A lock on one place in a store, held until `release`.

    Raises:
        HhrecError: Somebody else writes there.
    """

    def __init__(self, store: Store, place: Address) -> None:
        self.store, self.place = store, place
        self.object = heads.beside(place, "lock")
        self.token = uuid.uuid4().hex
        if store.write(self.object, self._said(), ""):
            return
        found, tag = store.tagged(self.object)
        if found is not None:
            self._require_over(found)
        if not store.write(self.object, self._said(), tag):
            raise busy(place, "just started")
        fence(store, place)

    def _said(self) -> bytes:
        return json.dumps(asdict(owner(self.token))).encode()

    def _require_over(self, found: bytes) -> None:
        """Refuse unless whoever holds the lock is dead, or has not been heard of for long."""
        try:
            other = json_text.parsed(Owner, found.decode())
        except ValueError:
            other = None
        written = self.store.look(self.object)
        age = (datetime.now(UTC) - written.written).total_seconds() if written else ENDS
        if age < ENDS and not (other and is_dead(other)):
            raise busy(
                self.place,
                f"process {other.pid} of {other.host}: {other.command}, {age:.0f} s ago"
                if other
                else "nobody knows who",
            )

    def refresh(self) -> bool:
        """Say that the owner lives; whether the lock is still ours."""
        found, tag = self.store.tagged(self.object)
        if found is None or self.token.encode() not in found:
            return False
        return self.store.write(self.object, self._said(), tag)

    def require(self) -> None:
        """Refuse to go on where somebody else has taken the lock.

        Raises:
            LostLockError: This process stood still for too long.
        """
        found = self.store.read(self.object)
        if found is None or self.token.encode() not in found:
            raise LostLockError(
                f"{self.place}: this command lost its lock there, for it stood still for more than "
                f"{ENDS:.0f} s; nothing of it was published",
                "type the same command again",
            )

    def release(self) -> None:
        """Give the lock back."""
        with suppress(HhrecError):
            found = self.store.read(self.object)
            if found is not None and self.token.encode() in found:
                self.store.delete([self.object])


def busy(place: Address, who: str) -> HhrecError:
    """Say who writes somewhere."""
    return HhrecError(
        f"{place}: another hhrec writes there ({who})",
        "wait until it ends, or name another place; the lock of a machine that is gone ends after "
        f"{ENDS / 60:.0f} minutes",
    )


def fence(store: Store, place: Address) -> None:
    """Write the head anew, so that an earlier owner that only stood still cannot replace it."""
    data, tag = store.tagged(heads.beside(place, "head"))
    found = heads.parsed(place, data) or Head("", "", "", "")
    fresh = Head(found.kind, found.command, found.digest, uuid.uuid4().hex, found.files)
    if not store.write(heads.beside(place, "head"), fresh.data(), tag):
        raise busy(place, "just ended")


def owner(token: str) -> Owner:
    """This process."""
    return Owner(
        token,
        socket.gethostname(),
        machine(),
        os.getpid(),
        psutil.Process().create_time(),
        masked(failures.escaped(" ".join(sys.argv)))[:150],
        datetime.now(UTC).isoformat(timespec="microseconds"),
    )


def is_dead(other: Owner) -> bool:
    """Whether an owner is a process of this machine that is no more."""
    if other.machine != machine():
        return False
    try:
        found = psutil.Process(other.pid)
        ended = found.status() == psutil.STATUS_ZOMBIE
        return bool(ended or abs(found.create_time() - other.begun) > 1)
    except psutil.Error:
        return True


@cache
def machine() -> str:
    """What tells processes that see each other from all others: one start of one machine."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()
