"""Put an artifact of the local mirror into the store: files first, under new names, the head last.

A journal names what is about to be uploaded and what it replaces; the next command that writes there
deletes whatever of both the head does not name. Nothing else is ever deleted.
"""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from stages.core import fingerprints, json_text, manifests
from stages.core.fingerprints import Files
from stages.core.kinds import Kind
from stages.interface.errors import HhrecError
from stages.remote import head as heads
from stages.remote import standing
from stages.remote.head import Head
from stages.remote.lease import Lease, LostLockError
from stages.remote.store import Store
from stages.remote.urls import Address, shown

ANOTHER = "name another place"
SHOWN = 3  # objects named in a message


@dataclass(frozen=True)
class Journal:
    """Objects, seen from where an artifact lies, that stay only if its head names them."""

    keys: list[str]


def require(store: Store, place: Address, kind: Kind) -> None:
    """Refuse a place where something would be lost; sweep up after dead uploads.

    Call it with the lock of the place held.

    Raises:
        HhrecError: What stands there is not this kind of artifact as hhrec wrote it.
    """
    if "/" not in place.path:
        raise HhrecError(f"{place}: expected a name below a bucket, found the bucket", ANOTHER)
    if around := heads.above(store, place):
        raise HhrecError(f"{place}: lies inside {around}, which is an artifact of its own", ANOTHER)
    sweep(store, place)
    found = heads.head_of(store, place)
    if found and found.kind != kind.name:
        raise HhrecError(
            f"{place}: holds {found.kind} that `{found.command}` wrote; {kind.name} would replace it",
            f"{ANOTHER} for `{kind.command}`",
        )
    strange = foreign(store, place, found)
    told = ", ".join(strange[:SHOWN]) + " …" * (len(strange) > SHOWN)
    if strange and found:
        raise HhrecError(
            f"{place}: holds {told}, which `{kind.command}` did not write: it is left alone",
            f"{ANOTHER}, or move these objects away",
        )
    if strange:
        raise HhrecError(
            f"{place}: nothing says that `{kind.command}` wrote what stands there "
            f"({told}; expected {kind.name} with "
            f"{heads.beside(place, 'head')}): it is left alone",
            f"{ANOTHER}, or move it away",
        )


def foreign(store: Store, place: Address, found: Head | None) -> list[str]:
    """Objects at and below a place that its head does not name."""
    keys = [f"{place.name}/{name}" for name in store.listed(place)]
    keys += [place.name] if store.look(place) else []
    return [key for key in keys if key not in (found.keys if found else ())]


def sweep(store: Store, place: Address) -> None:
    """Delete what a dead command uploaded in vain, or had replaced."""
    if store.read(heads.beside(place, "journal")) is not None:
        _clear(store, place, heads.head_of(store, place))


def _clear(store: Store, place: Address, found: Head | None) -> None:
    """Delete the objects of the journal that the head does not name; then the journal."""
    kept = found.keys if found else set()
    keys = _journalled(store.read(heads.beside(place, "journal")))
    gone = sorted(key for key in keys - kept if heads.names(place, key))
    store.drop_uploads(place.parent / key for key in gone)
    store.delete(place.parent / key for key in gone)
    store.delete([heads.beside(place, "journal")])


def _enter(store: Store, place: Address, keys: set[str]) -> None:
    """Add objects to the journal; what earlier tries have entered stays in it."""
    target = heads.beside(place, "journal")
    while True:
        data, tag = store.tagged(target)
        journal = Journal(sorted(keys | _journalled(data)))
        if store.write(target, json.dumps(asdict(journal)).encode(), tag):
            return


def _journalled(data: bytes | None) -> set[str]:
    """Objects that a journal names; none where it is torn."""
    try:
        return set(json_text.parsed(Journal, data.decode()).keys) if data is not None else set()
    except ValueError:
        return set()


def publish(
    store: Store, place: Address, kind: Kind, lease: Lease, files: Files | None = None
) -> None:
    """Make the store as the mirror: the old or the new stands there, always.

    Args:
        store: Of the place.
        place: Of the artifact.
        kind: What it is.
        lease: The lock of the place.
        files: Marks of its files, where they are known.

    Raises:
        HhrecError: The lock was lost, or the store failed; the old stands there then.
    """
    local = place.local
    files = files if files is not None else fingerprints.marks(local, _remembered(place))
    data, tag = store.tagged(heads.beside(place, "head"))
    old = heads.parsed(place, data)
    entries = heads.entries(place, files)
    digest = fingerprints.digest(files) if files else ""
    new = Head(kind.name, kind.command, digest, uuid.uuid4().hex, entries)
    there = old.keys if old else set()
    copies = {
        place.parent / one.key: standing.file_of(local, name)
        for name, one in entries.items()
        if one.key not in there
    }
    _enter(store, place, new.keys | there)
    try:
        store.upload(copies)
        _publish_manifest(store, place, digest)
        _require_still(place, files)
        _replace_head(store, place, lease, new, tag)
    except LostLockError:  # whoever has it now may have swept before all was uploaded
        _enter(store, place, new.keys)
        raise
    _clear(store, place, new)
    seen = {name: standing.Seen(one.size, one.mtime_ns, one.sha256) for name, one in files.items()}
    standing.remember(local, seen)


def withdraw(store: Store, place: Address, lease: Lease) -> None:
    """Take an artifact of ours out of the store: its head first, then its objects."""
    data, tag = store.tagged(heads.beside(place, "head"))
    old = heads.parsed(place, data)
    if old is None:
        return
    _enter(store, place, old.keys)
    _replace_head(store, place, lease, Head("", "", "", uuid.uuid4().hex), tag)
    _clear(store, place, None)
    standing.forget(place.local)


def _replace_head(store: Store, place: Address, lease: Lease, new: Head, tag: str) -> None:
    """Let a head be the one that stands there, where it still is the one with `tag`."""
    lease.require()
    if not store.write(heads.beside(place, "head"), new.data(), tag):
        raise LostLockError(
            f"{place}: somebody else wrote there meanwhile", "type the command again"
        )


def _publish_manifest(store: Store, place: Address, digest: str) -> None:
    """Upload the manifest of a content before its head, and delete the oldest ones."""
    made = manifests.lookup(place.local, digest)
    if made is None:
        return
    name = f"{place.name}.{digest[:16]}.json"
    text = (manifests.folder_of(place.local) / name).read_text(encoding="utf-8")
    store.write(heads.folder(place) / name, shown(text).encode())
    own = re.compile(rf"{re.escape(place.name)}\.[0-9a-f]{{16}}\.json")
    found = {
        key: one for key, one in store.listed(heads.folder(place)).items() if own.fullmatch(key)
    }
    newest = sorted(found, key=lambda key: (key == name, found[key].written), reverse=True)
    store.delete(heads.folder(place) / key for key in newest[manifests.KEPT :])


def _remembered(place: Address) -> Files:
    """Marks of the files as they were when the mirror was last as the store."""
    seen = standing.of(place.local) or {}
    return {
        name: fingerprints.FileMark(one.size, one.mtime_ns, one.mark) for name, one in seen.items()
    }


def _require_still(place: Address, files: Mapping[str, fingerprints.FileMark]) -> None:
    """Refuse to publish what changed while it was uploaded."""
    for name, one in files.items():
        mark = standing.Seen(one.size, one.mtime_ns, one.sha256)
        if not standing.is_as_seen(place.local, name, mark):
            raise ChangedError(
                f"{place}: {name} changed while it was uploaded", "type the same command again"
            )


class ChangedError(HhrecError):
    """A file changed while it was published; the store still has the old."""
