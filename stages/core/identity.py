"""Which content stands somewhere, and whether it is as hhrec wrote it."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from stages.core import manifests
from stages.core.fingerprints import Files, digest, marks, sizes
from stages.core.manifests import Manifest
from stages.interface.errors import HhrecError, MissingInputError

SHOWN = 3  # files named in a message


@dataclass(frozen=True)
class Known:
    """An artifact as it stands: its digest, and its manifest where hhrec wrote it."""

    path: Path
    digest: str
    manifest: Manifest | None


def same_sizes(path: Path) -> Manifest | None:
    """The manifest whose files are there, each of its size, and no other; no file is read."""
    if not path.exists():
        return None
    found = sizes(path)
    for manifest in manifests.of(path):
        if {name: mark.size for name, mark in manifest.files.items()} == found:
            return manifest
    return None


def identify(path: Path) -> Known:
    """Tell which content stands at `path`, and what is known of it.

    Raises:
        HhrecError: hhrec wrote something there, and this is not it: a file is gone, new or changed.
    """
    remembered = manifests.of(path)
    near = next((one for one in remembered if set(one.files) == set(sizes(path))), None)
    found = marks(path, near.files if near else None)
    known = manifests.lookup(path, digest(found))
    if known is None and remembered:
        raise changed(path, remembered[0], found)
    return Known(path, digest(found), known)


def changed(path: Path, made: Manifest, found: Files) -> HhrecError:
    """Say how an artifact differs from what was written."""
    lost = sorted(set(made.files) - set(found))
    more = sorted(set(found) - set(made.files))
    other = sorted(
        name
        for name in set(found) & set(made.files)
        if (found[name].size, found[name].sha256)
        != (made.files[name].size, made.files[name].sha256)
    )
    said = [
        f"{word} {', '.join(str(path / name) for name in names[:SHOWN])}{' …' * (len(names) > SHOWN)}"
        for word, names in (("lost", lost), ("too many", more), ("changed", other))
        if names and names != [""]
    ]
    told = "; ".join(said) or "its content is another"
    incomplete = lost and not more and not other
    kind = MissingInputError if incomplete else HhrecError
    remembered = shlex.quote(str(manifests.folder_of(path) / path.name)) + f".{'?' * 16}.json"
    forget = f"; or, where DVC or a copy put it there, forget the old one: rm {remembered}"
    return kind(
        f"{path}: not as `{made.command}` wrote it: {told} (expected {len(made.files)} file(s), "
        f"found {len(found)})",
        f"run `{made.command}` to write it anew{'' if incomplete else forget}",
    )
