"""Another process that writes somewhere."""

import os
import signal
from pathlib import Path

from stages.core.locks import lock


def held_by_a_child(path: Path) -> int:
    """Start a process that takes the lock of `path` and sleeps; give its id."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        held = lock(path)
        os.write(write, b"." if held.held else b"!")
        signal.pause()
    os.read(read, 1)
    return child
