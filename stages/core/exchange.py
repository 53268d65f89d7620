"""Put one file or directory in the place of another: the old or the new stands there, always.

Where the system can exchange two directories (Linux, `renameat2`), it does. Elsewhere the old one
steps aside first; a run killed in that instant leaves it as `.NAME.XXXXXXXX.old`, and `recover`, which
every command calls before it writes, brings it back.
"""

import ctypes
import os
import re
import shutil
import sys
import time
import uuid
from pathlib import Path

RETRIES = 20
AT_FDCWD, RENAME_EXCHANGE = -100, 2


def scratch_beside(path: Path) -> Path:
    """A new path beside `path` that `recover` sweeps up if this process dies."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")


def recover(path: Path) -> None:
    """Clean up after dead processes that wrote to `path`; call it with the lock of `path` held."""
    if not path.parent.is_dir():
        return
    name = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.(part|old)")
    left = [entry for entry in path.parent.iterdir() if name.fullmatch(entry.name)]
    for entry in sorted(left, key=lambda entry: entry.suffix):
        if entry.suffix == ".old" and not os.path.lexists(path):
            entry.rename(path)
        else:
            remove(entry)


def put(scratch: Path, path: Path, *, durable: bool = True) -> None:
    """Put what is at `scratch` to `path`, with the modes that umask gives.

    Args:
        scratch: Something whole, on the same disk.
        path: Its place.
        durable: Wait until all is on the disk, so that a power cut loses nothing.
    """
    settle(scratch, durable=durable)
    if not path.is_dir():
        scratch.replace(path)
    elif not exchanged(scratch, path):
        old = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.old")
        path.rename(old)
        scratch.rename(path)
        remove(old)
    if durable:
        flush(path.parent)
    remove(scratch)


def exchanged(one: Path, other: Path) -> bool:
    """Exchange two paths in one step; false where the system or the disk cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if not sys.platform.startswith("linux") or rename is None:
        return False
    sys.audit("hhrec.exchange", str(one), str(other))
    names = os.fsencode(one), os.fsencode(other)
    return bool(rename(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0)


def settle(tree: Path, *, durable: bool) -> None:
    """Give files the modes of new ones, whatever a library gave them; bring them to disk."""
    mask = os.umask(0o077)
    os.umask(mask)
    for path in (*tree.rglob("*"), tree) if tree.is_dir() else (tree,):
        path.chmod((0o777 if path.is_dir() else 0o666) & ~mask)
        if durable:
            flush(path)


def flush(path: Path) -> None:
    """Wait until a file or a directory is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: Path) -> None:
    """Remove a file or a directory tree; nothing happens when it is not there.

    A tree steps aside first, so that nobody finds a part of it where the whole stood.
    """
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    if not path.name.startswith("."):
        aside = scratch_beside(path)
        path.rename(aside)
        path = aside
    for _ in range(RETRIES):
        # a writer thread of polars that was interrupted may still put a file into the tree
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
        time.sleep(0.1)
    shutil.rmtree(path)
