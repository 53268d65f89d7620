"""Fill a mirror with the files that are wanted: old or new at every instant, nothing brought twice."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from stages.core import exchange, locks
from stages.core.fingerprints import file_hash, listed
from stages.interface.errors import HhrecError
from stages.remote import standing
from stages.remote.standing import Seen
from stages.remote.store import Store
from stages.remote.urls import Address

WAITED = 600.0  # seconds for another process that fills the same mirror


class Wanted(NamedTuple):
    """One file to bring: from where, what tells that it is there already, its size, hash and time."""

    source: Address
    mark: str
    size: int
    sha256: str = ""
    mtime_ns: int | None = None


def bring(store: Store, local: Path, wanted: Mapping[str, Wanted]) -> None:
    """Make a mirror as it is wanted: old or new at every instant."""
    if _is_there(local, wanted):
        return
    with _alone(local):
        if _is_there(local, wanted):  # another process brought it meanwhile
            return
        if not wanted:
            exchange.remove(local)
            standing.forget(local)
            return
        exchange.recover(local)
        scratch = exchange.scratch_beside(local)
        try:
            _fill(store, local, scratch, wanted)
            seen = {
                name: Seen.at(standing.file_of(scratch, name), one.mark)
                for name, one in wanted.items()
            }
            exchange.put(scratch, local, durable=False)
            standing.remember(local, seen)
        finally:
            exchange.remove(scratch)


def _is_there(local: Path, wanted: Mapping[str, Wanted]) -> bool:
    """Whether just the files that are wanted are there."""
    if not wanted:
        return not os.path.lexists(local)
    return set(wanted) == _kept(local, wanted) == set(listed(local))


def _kept(local: Path, wanted: Mapping[str, Wanted]) -> set[str]:
    """Files that need not be brought."""
    seen = standing.of(local) or {}
    return {
        name
        for name, one in wanted.items()
        if name in seen
        and seen[name].mark == one.mark
        and standing.is_as_seen(local, name, seen[name])
    }


def _fill(store: Store, local: Path, scratch: Path, wanted: Mapping[str, Wanted]) -> None:
    """Put all files together: those that are here already as links, the others from the store."""
    copies: dict[Address, Path] = {}
    here = _kept(local, wanted)
    for name, one in wanted.items():
        target = standing.file_of(scratch, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if name in here:
            os.link(standing.file_of(local, name), target)
        else:
            copies[one.source] = target
    store.download(copies)
    for one in wanted.values():
        if one.source not in copies:
            continue
        target = copies[one.source]
        size = target.stat().st_size
        if size != one.size or (one.sha256 and file_hash(target) != one.sha256):
            raise HhrecError(
                f"{one.source}: expected {one.size:,} bytes with the hash that was written there, "
                f"found {size:,} bytes of something else",
                "type the command again; if it stays, make the artifact anew",
            )
        if one.mtime_ns is not None:
            os.utime(target, ns=(one.mtime_ns, one.mtime_ns))


@contextmanager
def _alone(local: Path) -> Iterator[None]:
    """Hold the local lock of an artifact; wait for another process that brings it, or writes it."""
    until = time.monotonic() + WAITED
    while True:
        try:
            held = locks.lock(local)
        except HhrecError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
            continue
        yield
        del held
        return
