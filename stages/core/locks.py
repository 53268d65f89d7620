"""One writer at a time: a lock beside each artifact that ends with the process that holds it."""

import errno
import fcntl
import os
import sys
import weakref
from pathlib import Path

from stages.core.manifests import folder_of
from stages.interface import failures
from stages.interface.errors import HhrecError

BUSY = {errno.EAGAIN, errno.EACCES}
WITHOUT = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}  # disks that know no locks


class Lock:
    """Held until nobody refers to it; the system takes it from a process that dies.

    Raises:
        HhrecError: Another process holds it.
    """

    def __init__(self, path: Path) -> None:
        folder = folder_of(path)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{path.name}.lock"
        self.handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        self.close = weakref.finalize(self, os.close, self.handle)
        self.held = True
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in BUSY:
                holder = file.read_text(encoding="utf-8", errors="replace")[:200].strip()
                self.close()
                raise HhrecError(
                    f"{path}: another hhrec writes there ({holder or 'just started'})",
                    "wait until it ends, or name another place",
                ) from error
            if error.errno not in WITHOUT:
                raise
            self.held = False
        os.ftruncate(self.handle, 0)
        typed = failures.escaped(" ".join(sys.argv))[:150]
        os.write(self.handle, f"process {os.getpid()}: {typed}".encode())


_held: "weakref.WeakValueDictionary[tuple[int, Path], Lock]" = weakref.WeakValueDictionary()


def lock(path: Path) -> Lock:
    """Take the lock of an artifact, or the one that this process holds already."""
    key = (os.getpid(), path.absolute())
    found = _held.get(key)
    if found is None:
        _held[key] = found = Lock(path)
    return found
