"""What one command reads and writes in stores: mirrored before, published as each artifact is whole."""

import os
import threading
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path

from stages.core import exchange, fingerprints, kinds
from stages.core.artifact_paths import CHECKPOINTS_DIR, FINAL_DIR, INPUTS_FILE, VALIDATED_DIR
from stages.core.kinds import Kind
from stages.core.manifests import Manifest
from stages.core.results import RESULTS
from stages.interface.errors import HhrecError
from stages.remote import head as heads
from stages.remote import mirror, publish, standing
from stages.remote.lease import REFRESHED, Lease
from stages.remote.store import opened
from stages.remote.urls import Address, of_mirror

FOLLOWED = (kinds.CHECKPOINTS, kinds.LIVE, kinds.INPUTS)  # written without `outputs.replacing`


class Session:
    """All that one command does with stores; an `outputs.Watcher`.

    Args:
        writes: Whether this process is the one that publishes; of several, the first is.
    """

    def __init__(self, *, writes: bool) -> None:
        self.writes = writes
        self.leases: dict[Address, Lease] = {}
        self.followed: dict[Address, Kind] = {}
        self.published: dict[Address, object] = {}
        self._publishing = threading.RLock()
        self._ended, self._released = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []
        self._refreshing: threading.Thread | None = None

    def take(self, place: Address) -> Lease:
        """Lock a place in a store until the command ends."""
        if place not in self.leases:
            self.leases[place] = Lease(opened(place), place)
            if self._refreshing is None:  # by a thread of its own: an upload may take an hour
                self._refreshing = _repeated(REFRESHED, self._refresh, self._released)
                self.every(REFRESHED, self.flush)
        return self.leases[place]

    def take_all(self, root: Address) -> None:
        """Lock every result in a directory of artifacts, and follow what is written besides."""
        if not self.writes:
            return
        for name in RESULTS:
            self.take(root / name)
        for one in (root, root / FINAL_DIR, root / VALIDATED_DIR):
            self.follow(one / INPUTS_FILE, kinds.INPUTS)
            for name, kind in RESULTS.items():
                if kind in FOLLOWED:
                    self.follow(one / name, kind)

    def follow(self, place: Address, kind: Kind) -> None:
        """Publish a place now and then, and when the command ends: it grows while it is worked at."""
        if self.writes:
            self.take(place)
            publish.require(opened(place), place, kind)
            self.published[place] = _signature(place.local) if _is_published(place) else None
            self.followed[place] = kind

    def every(self, seconds: float, work: Callable[[], object]) -> None:
        """Do something again and again, beside the command, until it ends."""
        self._threads.append(_repeated(seconds, work, self._ended))

    def _refresh(self) -> None:
        for lease in list(self.leases.values()):
            lease.refresh()

    def flush(self, of: Iterable[Kind] = FOLLOWED) -> None:
        """Publish what was written without `outputs.replacing` and has changed."""
        with self._publishing:
            for place, kind in list(self.followed.items()):
                now = _signature(place.local)
                if kind not in of or now is None or now == self.published[place]:
                    continue
                with suppress(publish.ChangedError, FileNotFoundError):
                    publish.publish(opened(place), place, kind, self.leases[place])
                    self.published[place] = now

    def preparing(self, out: Path, kind: Kind) -> None:
        """Lock and check a place in the store before any work, and clear its mirror of leftovers."""
        place = of_mirror(out)
        if place is None or not self.writes:
            return
        store = opened(place)
        self.take(place)
        publish.require(store, place, kind)
        found = heads.head_of(store, place)
        marks = {name: one.mark for name, one in (standing.of(out) or {}).items()}
        told = {name: one.sha256 for name, one in found.files.items()} if found else {}
        if os.path.lexists(out) and not (marks and marks == told and _is_published(place)):
            exchange.remove(out)

    def replaced(self, out: Path, kind: Kind, made: Manifest) -> None:
        """Publish an artifact that is whole."""
        place = of_mirror(out)
        if place is None or not self.writes:
            return
        self.flush([kinds.INPUTS])
        with self._publishing:
            publish.publish(opened(place), place, kind, self.take(place), made.files)

    def removed(self, out: Path) -> None:
        """Take an artifact out of the store, too."""
        place = of_mirror(out)
        if place is not None and self.writes:
            with self._publishing:
                publish.withdraw(opened(place), place, self.take(place))

    def fetch(self, place: Address, names: Collection[str] = ()) -> Path:
        """Bring what is read to its mirror; with names, only these files of a directory."""
        return mirror.fetch_files(place, names) if names else mirror.fetch(place)

    def fetch_tree(self, root: Address, skipped: Collection[str] = ()) -> Path:
        """Bring the artifacts of a directory to its mirror."""
        return mirror.fetch_tree(root, skipped)

    def fetch_continued(self, place: Address, name: str) -> Path:
        """Bring what a command goes on with, `checkpoints` or `live`, and follow it."""
        found = mirror.fetch(place, continued=True)
        self.follow(place, kinds.CHECKPOINTS if name == CHECKPOINTS_DIR else kinds.LIVE)
        return found

    def claim(self, root: Address) -> None:
        """Bring a directory of artifacts and lock all of it."""
        self.take_all(root)
        mirror.fetch_tree(root)
        for place in list(self.followed):
            self.published[place] = _signature(place.local) if _is_published(place) else None

    def close(self) -> None:
        """Publish what is left, end all threads, give the locks back."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        try:
            self.flush()
        finally:
            self._released.set()
            if self._refreshing:
                self._refreshing.join()
            for lease in self.leases.values():
                lease.release()


def _repeated(seconds: float, work: Callable[[], object], end: threading.Event) -> threading.Thread:
    """Start a thread that does something again and again until an event."""

    def repeated() -> None:
        while not end.wait(seconds):
            with suppress(HhrecError, OSError):
                work()

    thread = threading.Thread(target=repeated, daemon=True)
    thread.start()
    return thread


def _is_published(place: Address) -> bool:
    """Whether a mirror is as the store."""
    seen = standing.of(place.local) or {}
    as_seen = all(standing.is_as_seen(place.local, name, one) for name, one in seen.items())
    return as_seen and set(seen) == set(fingerprints.listed(place.local))


def _signature(local: Path) -> object:
    """Files with sizes and times; None where nothing stands or something is just being written."""
    found = fingerprints.listed(local)
    try:
        stats = {name: file.stat() for name, file in found.items()}
    except OSError:
        return None
    return {name: (one.st_size, one.st_mtime_ns) for name, one in stats.items()} or None
