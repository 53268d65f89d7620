"""What a mirror held when it was last as the store: beside it, in `.hhrec/NAME.mirror.json`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from stages.core import exchange, json_text
from stages.core.manifests import folder_of


@dataclass(frozen=True)
class Seen:
    """One file: its size and time here, and what marks its content in the store."""

    size: int
    mtime_ns: int
    mark: str

    @classmethod
    def at(cls, file: Path, mark: str) -> "Seen":
        """A file as it stands."""
        found = file.stat()
        return cls(found.st_size, found.st_mtime_ns, mark)


@dataclass(frozen=True)
class Standing:
    """All files of one mirror, by path below it."""

    files: Mapping[str, Seen] = field(default_factory=dict)


def file_of(local: Path, name: str) -> Path:
    """A file of an artifact; that of an artifact that is one file has no name."""
    return local / name if name else local


def of(local: Path) -> Mapping[str, Seen] | None:
    """What a mirror held; None where it was never as the store."""
    try:
        return json_text.parsed(Standing, _file(local).read_text(encoding="utf-8")).files
    except (OSError, ValueError):
        return None


def remember(local: Path, seen: Mapping[str, Seen]) -> None:
    """Write down that a mirror is as the store."""
    _file(local).parent.mkdir(parents=True, exist_ok=True)
    scratch = exchange.scratch_beside(_file(local))
    scratch.write_text(json.dumps(asdict(Standing(seen))), encoding="utf-8")
    scratch.replace(_file(local))


def forget(local: Path) -> None:
    """Write down that nothing stands there."""
    _file(local).unlink(missing_ok=True)


def is_as_seen(local: Path, name: str, one: Seen) -> bool:
    """Whether a file is still as it was."""
    try:
        found = file_of(local, name).stat()
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (one.size, one.mtime_ns)


def _file(local: Path) -> Path:
    return folder_of(local) / f"{local.name}.mirror.json"
