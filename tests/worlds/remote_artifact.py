"""An artifact of two files in a store, made and published as a stage does."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from stages.core import outputs
from stages.core.fingerprints import listed
from stages.core.kinds import Kind
from stages.remote.session import Session
from stages.remote.urls import Address

PAIR = Kind("pair", "hhrec pair", r"(a|deep/b)\.txt")
OTHER = Kind("other", "hhrec other", r"c\.txt")


@contextmanager
def session() -> Iterator[Session]:
    """A command, from its start to its end."""
    found = Session(writes=True)
    outputs.watchers.append(found)
    try:
        yield found
    finally:
        outputs.watchers.remove(found)
        found.close()


def make(place: Address, files: Mapping[str, str], kind: Kind = PAIR) -> Path:
    """Write an artifact through its mirror, in a command of its own."""
    with session():
        with outputs.prepare(place.local, kind).replacing() as scratch:
            for name, text in files.items():
                (scratch / name).parent.mkdir(parents=True, exist_ok=True)
                (scratch / name).write_text(text)
        return place.local


def held(local: Path) -> dict[str, str]:
    """Files of a mirror with what they hold, hidden ones left out."""
    return {name: one.read_text() for name, one in listed(local).items()}
