"""Paths of a command that are URLs: what it reads is mirrored first, what it writes is published."""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stages.core.artifact_paths import (
    BUNDLE_DIR,
    CHECKPOINTS_DIR,
    CONTINUED,
    LABELS_FILE,
    RAW_FILES,
    SAMPLE_FILE,
)
from stages.interface.errors import HhrecError, UsageError
from stages.remote.urls import is_url, of_mirror, parsed

if TYPE_CHECKING:
    from stages.remote.session import Session

RAW = (*RAW_FILES, LABELS_FILE, SAMPLE_FILE)
READ_FIRST = {"import", "tune"}  # commands that look at what stands at --out
SLOWEST = 5.0  # seconds at least between two looks at a store
_sessions: list["Session"] = []


@contextmanager
def used() -> Iterator[None]:
    """Publish and tidy up when a command ends, however it does; nothing where it named no URL."""
    try:
        yield
    except BaseException:
        with suppress(HhrecError):  # the first error is the one to tell
            _end()
        raise
    _end()


def _end() -> None:
    while _sessions:
        from stages.core import outputs

        session = _sessions.pop()
        outputs.watchers.remove(session)
        session.close()


def _session() -> "Session":
    if not _sessions:
        from stages.core import outputs
        from stages.remote.session import Session

        # of the processes that `accelerate launch` starts the first writes
        _sessions.append(Session(writes=os.environ.get("RANK", "0") == "0"))
        outputs.watchers.append(_sessions[0])
    return _sessions[0]


def root(directory: Path) -> Path:
    """A directory of artifacts; nothing of it is brought yet."""
    return parsed(directory).local if is_url(directory) else directory


def local(command: str, named: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a command with local paths instead of URLs."""
    return {name: _each(command, name, value) for name, value in named.items()}


def _each(command: str, name: str, value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_each(command, name, one) for one in value)
    if not isinstance(value, Path) or not is_url(value):
        return value
    place = parsed(value)
    if command == "init" or name == "text_cache":
        raise UsageError(
            f"{place}: expected a directory of this machine", "name a directory that is no URL"
        )
    session = _session()
    if name == "out" and command not in READ_FIRST:
        return place.local
    if name in CONTINUED:  # the options are named like the directories
        return session.fetch_continued(place, name)
    return session.fetch(place, RAW if name == "raw" or command == "check" else ())


def file(path: Path | None) -> Path | None:
    """A file that is read."""
    return _each("", "file", path)  # type: ignore[no-any-return]


def raw(directory: str, names: Collection[str]) -> str:
    """The directory of raw files, with those that a command reads."""
    return str(_session().fetch(parsed(directory), names)) if is_url(directory) else directory


def fetch(directory: Path, names: Collection[str]) -> None:
    """Bring artifacts of a directory; without names all that tells of them."""
    place = of_mirror(directory)
    for name in names if place else ():
        _session().fetch(place / name)  # type: ignore[operator]
    if place and not names:
        _session().fetch_tree(place, {CHECKPOINTS_DIR, BUNDLE_DIR})


def claim(directory: Path) -> None:
    """Bring all artifacts of a directory, and let no other command write there."""
    if place := of_mirror(directory):
        _session().claim(place)


def watch(bundle: Path, seconds: float) -> None:
    """Look now and then for what replaces a bundle in its store; 0: never."""
    if seconds and (place := of_mirror(bundle)):
        session = _session()
        session.every(max(seconds, SLOWEST), partial(session.fetch, place))
