"""The files that a path means: itself, the parts in a directory, or what a ZIP archive holds.

    log.csv           one file
    parts/            every file of a known format in it, all of one format
    log.zip           every file of a known format in it, all of one format
    log.zip/log.csv   one file of an archive

Names that begin with a dot or an underscore (`_SUCCESS`, `__MACOSX`) are no parts.
"""

import shutil
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from stages.data.formats import SEPARATORS, Flat, suffix_kind
from stages.interface import failures
from stages.interface.errors import HhrecError, MissingInputError

ARCHIVE = ".zip"
ENCRYPTED = 0x1
SHOWN = 3  # names in a message
BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError, ValueError)


def on_disk(path: Path) -> Path:
    """The file or directory that is read: of `log.zip/log.csv` the archive."""
    inside = in_archive(path)
    return inside[0] if inside else path


def require_lasting(path: Path) -> None:
    """Refuse a pipe or a device, unread: what it gives can be read once, and a log is read twice.

    Raises:
        HhrecError: It says how to make a file of it.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise HhrecError(
            f"{path}: expected a file, found a pipe or a device, which can be read once only",
            "write it to a file first, for example: zcat log.csv.gz > log.csv",
        )


def in_archive(path: Path) -> tuple[Path, str] | None:
    """The archive that a path leads into, and the name in it: empty for all; None without one."""
    for place in (path, *path.parents):
        if place.suffix.lower() == ARCHIVE and place.is_file():
            return place, "" if place == path else path.relative_to(place).as_posix()
    return None


def resolved(flat: Flat, work: Path, *, borrowed_separator: bool = False) -> Flat:
    """Find the parts of a log, archives unpacked into `work`.

    Args:
        flat: As the user named it.
        work: A directory for what archives hold, made if needed.
        borrowed_separator: The separator was given for another file; other formats ignore it.

    Raises:
        MissingInputError: Nothing is there, or nothing of this name in the archive.
        HhrecError: The archive is broken, encrypted or too large for the disk; nothing in it is of
            a known format, or its files are of several formats.
    """
    inside = in_archive(flat.path)
    if inside:
        flat = replace(flat, parts=_unpacked(*inside, flat, work))
    elif flat.path.is_dir():
        names = [entry.name for entry in flat.path.iterdir() if entry.is_file()]
        flat = replace(flat, parts=tuple(flat.path / name for name in _chosen(names, flat)))
    if borrowed_separator and flat.kind() not in SEPARATORS:
        return replace(flat, separator=None, names=None)
    return flat


def _chosen(names: Sequence[str], flat: Flat) -> list[str]:
    """The parts among the names of a directory or an archive, in order."""
    seen = [name for name in sorted(names) if not _hidden(name)]
    kinds = {name: flat.format or suffix_kind(PurePosixPath(name)) for name in seen}
    parts = [name for name, kind in kinds.items() if kind]
    if not parts:
        told = ", ".join(seen[:SHOWN]) or "nothing"
        raise HhrecError(
            f"{flat.path}: expected files of a known format in it, found {told}",
            "name a file, or say --format csv|tsv|parquet|jsonl",
        )
    if len({kinds[name] for name in parts}) > 1:
        raise several(flat, parts)
    if strange := [name for name in parts if failures.escaped(name) != name]:
        raise HhrecError(
            f"{flat.path}: expected names in UTF-8, found {failures.escaped(strange[0])}",
            "rename the files, for example with convmv",
        )
    return parts


def several(flat: Flat, parts: Sequence[str]) -> HhrecError:
    """Say that files do not belong together."""
    first, *_ = parts
    return HhrecError(
        f"{flat.path}: expected parts of one table, found {', '.join(parts[:SHOWN])}"
        + (" …" if len(parts) > SHOWN else ""),
        f"name the one to read, for example {flat.path}/{first}",
    )


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "_")) for part in PurePosixPath(name).parts)


def _unpacked(archive: Path, name: str, flat: Flat, work: Path) -> tuple[Path, ...]:
    """Write the parts that an archive holds into `work`, under names of our own."""
    try:
        with zipfile.ZipFile(archive) as opened:
            held = {one.filename: one for one in opened.infolist() if not one.is_dir()}
            if name and name not in held:
                raise MissingInputError(
                    f"{archive}: no {name} in it; found {', '.join(sorted(held)[:SHOWN])}",
                    "name a file that is in the archive",
                )
            members = [held[one] for one in ([name] if name else _chosen([*held], flat))]
            _require_readable(archive, members, work)
            return tuple(
                _extracted(opened, member, work / f"{index:05d}")
                for index, member in enumerate(members)
            )
    except BROKEN as error:
        raise HhrecError(
            f"{archive}: not a ZIP archive that can be read ({failures.short(error)})",
            "unpack it, and name what was in it",
        ) from error


def _require_readable(archive: Path, members: Sequence[zipfile.ZipInfo], work: Path) -> None:
    """Refuse passwords, and more than the disk takes; what is unpacked never exceeds what is said."""
    work.mkdir(parents=True, exist_ok=True)
    size, free = sum(one.file_size for one in members), shutil.disk_usage(work).free
    if any(one.flag_bits & ENCRYPTED for one in members):
        raise HhrecError(f"{archive}: encrypted", "unpack it, and name what was in it")
    if size > free:
        raise HhrecError(
            f"{archive}: {size:,} bytes when unpacked, of which {free:,} are free beside --out",
            "make room there, or name an --out on another disk",
        )


def _extracted(opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> Path:
    """Write one file under its own last name, which says its format."""
    folder.mkdir(exist_ok=True)
    target = folder / PurePosixPath(member.filename).name
    with opened.open(member) as source, target.open("wb") as stream:
        shutil.copyfileobj(source, stream)
    return target
