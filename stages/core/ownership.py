"""Whether hhrec may write somewhere: only where nothing is, or what it wrote itself."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from stages.core import identity, kinds, manifests
from stages.core.kinds import Kind
from stages.interface import failures
from stages.interface.errors import HhrecError

ANOTHER = "name another place"
SHOWN = 3  # foreign files named in a message


def require(path: Path, kind: Kind, protected: Iterable[Path] = ()) -> None:
    """Refuse a place where something would be lost, or where nothing can be written.

    Args:
        path: Where an artifact is to stand.
        kind: Of the artifact.
        protected: Inputs of the same command: neither they nor what they lie in is replaced.

    Raises:
        HhrecError: What stands there is not this kind of artifact as hhrec wrote it, it is an input
            or a directory that people live in, or the place cannot be written.
    """
    try:
        _require_place(path)
        _require_no_input(path, protected)
        if os.path.lexists(path):
            require_own(path, kind)
        _require_writable(path)
    except OSError as error:
        raise failures.described(error, path) from error


def require_own(path: Path, kind: Kind) -> None:
    """Refuse to replace what hhrec did not write, or wrote as something else.

    Raises:
        HhrecError: It says what stands there and what to do.
    """
    _require_form(path, kind)
    if kind.directory and not any(path.iterdir()):
        return
    made = identity.same_sizes(path)
    if made and made.kind != kind.name:
        raise HhrecError(
            f"{path}: holds {made.kind} that `{made.command}` wrote; {kind.name} would replace it",
            f"{ANOTHER} for `{kind.command}`",
        )
    strange = kinds.foreign(path, kind) if kind.directory else []
    if strange:
        raise HhrecError(
            f"{path}: holds {', '.join(strange[:SHOWN])}{' …' * (len(strange) > SHOWN)}, which "
            f"`{kind.command}` did not write: the directory is left alone",
            f"{ANOTHER}, or move these files away",
        )
    if made is None and not kind.proof(path):
        raise HhrecError(
            f"{path}: nothing says that `{kind.command}` wrote what stands there (expected "
            f"{kind.name} with a manifest in {manifests.folder_of(path)}): it is left alone",
            f"{ANOTHER}, or move it away",
        )


def _require_form(path: Path, kind: Kind) -> None:
    """Refuse links, devices, a file for a directory and the reverse."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise HhrecError(
            f"{path}: a link to {path.readlink()}; a link is not replaced, nor what it leads to",
            f"{ANOTHER}, or the one that the link leads to",
        )
    expected, fits = (
        ("a directory", stat.S_ISDIR(mode)) if kind.directory else ("a file", stat.S_ISREG(mode))
    )
    if not fits:
        found = "a directory" if stat.S_ISDIR(mode) else "a file"
        found = found if stat.S_ISDIR(mode) or stat.S_ISREG(mode) else "a device, pipe or socket"
        raise HhrecError(f"{path}: expected {expected} or nothing, found {found}", ANOTHER)


def _require_place(path: Path) -> None:
    """Refuse directories that are not an artifact's, whatever they hold."""
    if path.name in {"", ".."} or "\0" in str(path):
        raise HhrecError(
            f"{str(path)!r}: expected the name of a file or directory to write, found none",
            "name one, for example artifacts/new",
        )
    place = path.parent.resolve() / path.name
    here, home = Path.cwd(), Path.home().resolve()
    for owner, found in (("the working directory", here), ("the home directory", home)):
        if place == found or place in found.parents:
            raise HhrecError(f"{path}: is or holds {owner} {found}: it is left alone", ANOTHER)
    if place.parent == place or os.path.ismount(place):
        raise HhrecError(f"{path}: a disk is mounted there: it is left alone", ANOTHER)


def _require_no_input(path: Path, protected: Iterable[Path]) -> None:
    """Refuse to write over an input, around one or into one."""
    place = path.parent.resolve() / path.name
    for given in protected:
        found = given.resolve()
        if place == found or place in found.parents:
            raise HhrecError(
                f"{path}: would replace {given}, which the same command reads", f"{ANOTHER}"
            )
        if found in place.parents and given.is_dir():
            raise HhrecError(f"{path}: lies inside {given}, which the same command reads", ANOTHER)


def _require_writable(path: Path) -> None:
    """Refuse a place where nothing can be made, before any work is done."""
    parent = next(place for place in path.absolute().parents if os.path.lexists(place))
    if not parent.is_dir():
        raise HhrecError(f"{path}: {parent} is a file, so nothing can stand below it", ANOTHER)
    longest = os.pathconf(parent, "PC_NAME_MAX")
    # names of scratch files, manifests and locks are longer than the artifact's
    names = path.absolute().relative_to(parent).parts
    if too_long := [name for name in names if len(os.fsencode(name)) > longest - ROOM]:
        raise HhrecError(
            f"{too_long[0][:60]}…: a name of {len(os.fsencode(too_long[0]))} bytes, expected at most"
            f" {longest - ROOM}",
            "choose a shorter name",
        )
    if not os.access(parent, os.W_OK | os.X_OK):
        raise HhrecError(f"{path}: {parent} cannot be written", failures.ELSEWHERE)
    if os.statvfs(parent).f_flag & os.ST_RDONLY:
        raise HhrecError(f"{path}: {parent} is on a read-only disk", failures.ELSEWHERE)


ROOM = 32  # bytes that we add to a name
