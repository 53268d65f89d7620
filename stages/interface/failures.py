"""Failures of the system below us, said as errors that a user can mend."""

import errno
import os
import re
import shutil
from pathlib import Path

from stages.interface.errors import HhrecError

ELSEWHERE = "name another place, on a disk that can be written"
HINTS = {
    errno.EROFS: ELSEWHERE,
    errno.EACCES: "change its permissions, or name another place",
    errno.EPERM: "change its permissions, or name another place",
    errno.ENOTDIR: "a part of this path is a file: name another place",
    errno.EISDIR: "a directory stands there: name a file",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EFBIG: "raise the limit of file sizes (`ulimit -f`), or name a place without one",
    errno.EMFILE: "raise the limit of open files: ulimit -n 4096",
    errno.ELOOP: "a link of this path leads to itself: name another place",
    errno.EIO: "the disk may be broken: check it, or name another",
}
SCRATCH = re.compile(r"\.(part|old)\b")  # names that a user never gave
FULL = {errno.ENOSPC, errno.EDQUOT}
OF_WRITING = {*FULL, errno.EFBIG, errno.EROFS}
NUMBER = re.compile(r"os error (\d+)")  # how polars and other Rust libraries end their messages
LONGEST = 400


def number_of(error: BaseException) -> int | None:
    """Number of the system's error that a failure stems from; None where there is none."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = NUMBER.search(str(error))
    return int(found.group(1)) if found else None


def described(error: BaseException, path: Path | None = None) -> HhrecError:
    """Say what failed where, and what to do.

    Args:
        error: Of the operating system, or of a library that met one.
        path: What was being read or written, where the error does not name it.
    """
    number, named = number_of(error), str(getattr(error, "filename", None) or "")
    where = str(path or "") if not named or SCRATCH.search(named) else named
    said = os.strerror(number) if number else short(error)
    message = f"{where}: {said}" if where else said
    if number in FULL:
        place = room_at(Path(where) if where else Path())
        return HhrecError(f"{message}{place}", "make room there, or name a place on another disk")
    hint = HINTS.get(number or 0, "mend the cause and type the same command again")
    return HhrecError(message, hint)


def room_at(path: Path) -> str:
    """Bytes that are free where `path` is, as the end of a message; nothing where unknown."""
    for place in (path, *path.parents):
        try:
            return f"; {shutil.disk_usage(place).free:,} bytes are free there"
        except OSError:
            continue
    return ""


def short(error: object) -> str:
    """Give the start of what an error says, on one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def escaped(text: str) -> str:
    r"""A text that can be written: bytes that are no UTF-8, of a name on an old disk, as `\xef`."""
    return text.encode(errors="surrogateescape").decode(errors="backslashreplace")
