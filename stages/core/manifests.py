"""Manifests: what hhrec wrote, from what, with which parameters and packages.

The manifest of `DIR/NAME` is `DIR/.hhrec/NAME.DIGEST.json`, named by the content that it describes
and written before that content takes its place. So it is true at every instant, whatever is killed,
and a content that comes back (from the cache of DVC, say) finds its manifest again.
"""

import json
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from stages.core import exchange, json_text
from stages.core.fingerprints import Files

FOLDER = ".hhrec"
VERSION = 1
LARGEST = 64 << 20  # bytes of a manifest that is read
DIGEST = re.compile(r"[0-9a-f]{64}")
KEPT = 16  # manifests of earlier contents of one artifact
PACKAGES = ("hhrec", "numpy", "polars", "torch", "transformers", "tokenizers")


@dataclass(frozen=True)
class Source:
    """What an artifact was made from: where it lay, seen from the artifact, and its digest."""

    path: str
    digest: str


@dataclass(frozen=True)
class Manifest:
    """What is known of one content of an artifact.

    Attributes:
        kind: Name of an `stages.core.kinds.Kind`.
        command: What wrote it.
        digest: Of its files.
        files: Each file with size, time and hash.
        inputs: What it was made from; all of one log.
        references: What was read besides, maybe of another log, such as yesterday's model.
        facts: What tells it from others of its kind, such as the part that predictions are for.
        params: Parameters that made it.
        packages: Versions of packages, of Python too.
    """

    kind: str
    command: str
    digest: str
    files: Files
    inputs: Mapping[str, Source] = field(default_factory=dict)
    references: Mapping[str, Source] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    manifest: int = VERSION


@cache
def packages() -> dict[str, str]:
    """Versions of Python and of the packages that shape results."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def folder_of(path: Path) -> Path:
    """Where manifests and locks of an artifact lie."""
    return path.parent / FOLDER


def write(path: Path, made: Manifest) -> None:
    """Write the manifest of a content that is about to stand at `path`; it survives a power cut."""
    folder = folder_of(path)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{path.name}.{made.digest[:16]}.json"
    scratch = exchange.scratch_beside(folder / path.name)
    try:
        with scratch.open("w", encoding="utf-8") as stream:
            json.dump(asdict(made), stream, indent=1, ensure_ascii=False)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
    os.utime(target)
    for old in _files(path)[KEPT:]:
        old.unlink(missing_ok=True)


def sweep(path: Path) -> None:
    """Clean up after dead processes that wrote an artifact; call it with its lock held."""
    exchange.recover(path)
    exchange.recover(folder_of(path) / path.name)  # a manifest that was not finished


def of(path: Path) -> list[Manifest]:
    """Manifests of all contents that an artifact had, the newest first."""
    found = (_read(file) for file in _files(path))
    return [manifest for manifest in found if manifest]


def lookup(path: Path, wanted: str) -> Manifest | None:
    """The manifest of one content of an artifact, whether that content stands there or not."""
    if not DIGEST.fullmatch(wanted):  # of a manifest, it may be anything, a path too
        return None
    found = _read(folder_of(path) / f"{path.name}.{wanted[:16]}.json")
    return found if found and found.digest == wanted else None


def _files(path: Path) -> list[Path]:
    """Manifest files of an artifact, the newest first."""
    name = re.compile(re.escape(path.name) + r"\.[0-9a-f]{16}\.json")
    try:
        found = [file for file in folder_of(path).iterdir() if name.fullmatch(file.name)]
        return sorted(found, key=lambda file: (-file.stat().st_mtime_ns, file.name))
    except OSError:
        return []


def _read(file: Path) -> Manifest | None:
    """A manifest, or None where there is none or it is of another version."""
    try:
        if file.stat().st_size > LARGEST:
            return None
        found = json_text.parsed(Manifest, file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = found.manifest == VERSION and all(_inside(name) for name in found.files)
    return found if whole else None


def _inside(name: str) -> bool:
    """Whether a path of a manifest stays inside its artifact."""
    return "\0" not in name and not name.startswith("/") and ".." not in name.split("/")
