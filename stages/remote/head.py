"""The head of an artifact in a store: the one object that says which objects it consists of.

The head of `P/NAME` is `P/.hhrec/NAME.head.json`. It is written last, in one step: before it the old
artifact stands there, after it the new one. Files have the start of their hash in their names
(`P/events/bucket-00000.5f2c….parquet`), so that a new one never overwrites one that the head names.
Beside the head lie the manifests of `stages/core/manifests.py`, a lock and a journal of uploads.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath

from stages.core import json_text
from stages.core.fingerprints import Files
from stages.core.manifests import FOLDER
from stages.interface.errors import HhrecError
from stages.remote.store import Store
from stages.remote.urls import Address

VERSION = 1
HEAD = re.compile(r"(?:(.*)/)?\.hhrec/([^/]+)\.head\.json")
MANIFEST = re.compile(r"(.+)\.[0-9a-f]{16}\.json")
MARK = 16  # characters of a hash in a key


@dataclass(frozen=True)
class Entry:
    """One file: its object, seen from where the artifact lies, and what it holds."""

    key: str
    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True)
class Head:
    """What an artifact in a store consists of.

    Attributes:
        kind: Name of the kind of artifact; empty where nothing stands there any more.
        command: What wrote it.
        digest: Of its files.
        token: Another one in every head that is written.
        files: Object by path below the artifact; "" for an artifact that is one file.
        version: Of this form.
    """

    kind: str
    command: str
    digest: str
    token: str
    files: Mapping[str, Entry] = field(default_factory=dict)
    version: int = VERSION

    @property
    def keys(self) -> set[str]:
        """All its objects, seen from where the artifact lies."""
        return {entry.key for entry in self.files.values()}

    def data(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode()


def folder(place: Address) -> Address:
    """Where the head, the manifests, the lock and the journal of an artifact lie."""
    return place.parent / FOLDER


def beside(place: Address, what: str) -> Address:
    """An object about an artifact: its `head`, `lock` or `journal`."""
    return folder(place) / f"{place.name}.{what}.json"


def head_of(store: Store, place: Address) -> Head | None:
    """The head of an artifact, or None where none of ours stands.

    Raises:
        HhrecError: What stands for a head is none.
    """
    if "/" not in place.path:
        return None
    return parsed(place, store.read(beside(place, "head")))


def parsed(place: Address, data: bytes | None) -> Head | None:
    """Read a head; one that says that nothing stands there is none."""
    if data is None:
        return None
    try:
        found = json_text.parsed(Head, data.decode())
    except ValueError as error:
        raise _broken(place, "not as hhrec writes it") from error
    strange = [one for one in found.keys if not names(place, one)]
    outside = [name for name in found.files if ".." in name.split("/") or name.startswith("/")]
    if found.version != VERSION or strange or outside:
        raise _broken(place, "of another version, or names what is not its own")
    return found if found.kind else None


def _broken(place: Address, why: str) -> HhrecError:
    return HhrecError(
        f"{beside(place, 'head')}: {why}; expected what says of which objects {place} consists",
        "name another place; or delete this object and the artifact with the store's own tools",
    )


def names(place: Address, key: str) -> bool:
    """Whether an object may belong to an artifact: below its name, or a variant of it."""
    if ".." in key.split("/") or "\0" in key:
        return False
    name = PurePosixPath(place.name)
    variant = rf"{re.escape(name.stem)}\.[0-9a-f]{{{MARK}}}{re.escape(name.suffix)}"
    return key.startswith(f"{place.name}/") or re.fullmatch(variant, key) is not None


def entries(place: Address, files: Files) -> dict[str, Entry]:
    """An object for each file of an artifact."""
    found = {}
    for name, mark in files.items():
        whole = PurePosixPath(place.name) / name
        key = whole.with_name(f"{whole.stem}.{mark.sha256[:MARK]}{whole.suffix}")
        found[name] = Entry(key.as_posix(), mark.size, mark.mtime_ns, mark.sha256)
    return found


def above(store: Store, place: Address) -> Address | None:
    """The artifact that a place lies in, or None."""
    while "/" in place.parent.path:
        place = place.parent
        if head_of(store, place):
            return place
    return None


def below(place: Address, keys: Mapping[str, object]) -> list[Address]:
    """Artifacts in a directory of artifacts, by the keys that stand below it."""
    found = (HEAD.fullmatch(key) for key in keys)
    return [place / "/".join(filter(None, one.groups())) for one in found if one]
