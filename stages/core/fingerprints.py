"""What an artifact consists of: its files, their sizes and hashes, and one digest of all."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20  # bytes hashed at once


@dataclass(frozen=True)
class FileMark:
    """One file: its size, when it was last written, and the SHA-256 of its bytes."""

    size: int
    mtime_ns: int
    sha256: str


Files = Mapping[str, FileMark]  # by path below the artifact; "" for an artifact that is one file


def file_hash(file: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def listed(path: Path) -> dict[str, Path]:
    """Files of an artifact by their path below it; hidden ones, which no stage reads, left out."""
    if not path.is_dir():
        return {"": path} if path.exists() else {}
    return {
        file.relative_to(path).as_posix(): file
        for file in sorted(path.rglob("*"))
        if not file.is_dir() and not any(part[0] == "." for part in file.relative_to(path).parts)
    }


def marks(path: Path, known: Files | None = None) -> dict[str, FileMark]:
    """Size, time and hash of every file of an artifact.

    Args:
        path: A file or a directory.
        known: Marks of an earlier look: a file of the same size and time is not hashed again.
    """
    found = {}
    for name, file in listed(path).items():
        stat = file.stat()
        old = (known or {}).get(name)
        same = old and (old.size, old.mtime_ns) == (stat.st_size, stat.st_mtime_ns)
        sha256 = old.sha256 if old and same else file_hash(file)
        found[name] = FileMark(stat.st_size, stat.st_mtime_ns, sha256)
    return found


def sizes(path: Path) -> dict[str, int]:
    """Size of every file of an artifact."""
    return {name: file.stat().st_size for name, file in listed(path).items()}


def digest(files: Files) -> str:
    """One hash of all files with their names; of an artifact that is one file, that file's."""
    if set(files) == {""}:
        return files[""].sha256
    lines = (f"{name}\0{mark.size}\0{mark.sha256}\n" for name, mark in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()
