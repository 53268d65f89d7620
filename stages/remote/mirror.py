"""Bring what stands in a store to its local mirror: only what is not there yet, checked by hash."""

from collections.abc import Collection
from pathlib import Path

from stages.core import exchange, locks
from stages.core.artifact_paths import CONTINUED, FINAL_DIR, TEXT_CACHE_DIR, VALIDATED_DIR
from stages.core.manifests import FOLDER
from stages.interface.errors import HhrecError
from stages.remote import head as heads
from stages.remote import standing
from stages.remote.bring import Wanted, bring
from stages.remote.head import Head
from stages.remote.store import Store, opened
from stages.remote.urls import Address, is_url, parsed

TRIES = 5  # for an artifact that is replaced while it is read
LOCAL = {TEXT_CACHE_DIR}  # of this machine, never published


def fetch(place: Address, *, continued: bool = False) -> Path:
    """Make the mirror of a file, of an artifact or of a directory of them as the store has it.

    What is not in the store is not in the mirror afterwards.

    Args:
        place: What is wanted.
        continued: What this machine wrote since it last looked stays where the store has not moved.

    Raises:
        HhrecError: No access, no connection, or the store's content is broken.
    """
    store = opened(place)
    for _ in range(TRIES):
        try:
            _fetch(store, place, continued=continued)
        except _MovedError:
            continue
        return place.local
    raise HhrecError(f"{place}: replaced {TRIES} times while it was read", "type the command again")


def is_file(path: Path) -> bool:
    """Whether a file stands at a path, or an object at a URL; nothing is brought."""
    if not is_url(path):
        return path.is_file()
    return opened(parsed(path)).look(parsed(path)) is not None


def fetch_files(place: Address, names: Collection[str]) -> Path:
    """Bring some files of a directory, such as raw ones; all of an artifact that hhrec wrote."""
    if heads.head_of(opened(place), place):
        return fetch(place)
    for name in names:
        fetch(place / name)
    return place.local


def fetch_tree(place: Address, skipped: Collection[str] = ()) -> Path:
    """Bring all artifacts of a directory; what the store does not have is not there afterwards."""
    store = opened(place)
    found = {one for one in heads.below(place, store.listed(place)) if heads.head_of(store, one)}
    for one in sorted(found, key=str):
        if one.name not in skipped:
            fetch(one, continued=one.name in CONTINUED)
    _drop(place.local, {one.local for one in found})
    return place.local


class _MovedError(Exception):
    """What is read is replaced meanwhile."""


def _fetch(store: Store, place: Address, *, continued: bool) -> None:
    found = heads.head_of(store, place)
    if found:
        _bring_artifact(store, place, found, continued=continued)
        _manifests(store, place)
        return
    if one := store.look(place):
        wanted = {"": Wanted(place, one.mark, one.size)}
    elif around := heads.above(store, place):
        _fetch(store, around, continued=False)
        return
    else:
        below = store.listed(place)
        if heads.below(place, below):
            fetch_tree(place)
            return
        wanted = {
            name: Wanted(place / name, one.mark, one.size)
            for name, one in below.items()
            if not any(part.startswith(".") for part in name.split("/"))
        }
    if wanted or not (continued and standing.of(place.local) is None):
        bring(store, place.local, wanted)
    if wanted:
        _manifests(store, place)


def _bring_artifact(store: Store, place: Address, found: Head, *, continued: bool) -> None:
    """Bring an artifact of ours, unless what stands here goes on from it."""
    before = standing.of(place.local) or {}
    same = {name: one.mark for name, one in before.items()}
    if continued and same == {name: one.sha256 for name, one in found.files.items()}:
        return
    wanted = {
        name: Wanted(place.parent / one.key, one.sha256, one.size, one.sha256, one.mtime_ns)
        for name, one in found.files.items()
    }
    try:
        bring(store, place.local, wanted)
    except HhrecError:
        now = heads.head_of(store, place)
        if now is None or now.token != found.token:
            raise _MovedError from None
        raise


def _manifests(store: Store, place: Address) -> None:
    """Bring the manifests beside an artifact, its neighbours' too: they tell where it comes from."""
    if "/" not in place.path:
        return
    target = place.local.parent / FOLDER
    names = [name for name in store.listed(heads.folder(place)) if heads.MANIFEST.fullmatch(name)]
    for name in names:
        if not (target / name).exists() and (data := store.read(heads.folder(place) / name)):
            target.mkdir(parents=True, exist_ok=True)
            scratch = exchange.scratch_beside(target / name)
            scratch.write_bytes(data)
            scratch.replace(target / name)


def _drop(root: Path, kept: Collection[Path]) -> None:
    """Remove what the store does not have, but for what another command is just writing here."""
    inner = [file.relative_to(root) for file in sorted(root.rglob("*")) if not file.is_dir()]
    for file in inner:
        hidden = any(part.startswith(".") for part in file.parts)
        above = {root / part for part in (file, *file.parents)}
        place = root / _artifact(file)
        unpublished = place.name in CONTINUED and standing.of(place) is None
        if hidden or unpublished or LOCAL & {*file.parts} or above & set(kept):
            continue
        try:
            held = locks.lock(place)
        except HhrecError:
            continue
        (root / file).unlink(missing_ok=True)
        del held
    for folder in sorted(root.rglob("*"), reverse=True):
        if folder.is_dir() and folder.name != FOLDER and not any(folder.iterdir()):
            folder.rmdir()


def _artifact(file: Path) -> Path:
    """Of which artifact of a directory a file is, seen from there: its own lock is what counts."""
    depth = 2 if file.parts[0] in {FINAL_DIR, VALIDATED_DIR} else 1
    return Path(*file.parts[:depth])
