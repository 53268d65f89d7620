"""What this machine gives a command: cores, the disk that a place is on, and memory to give back."""

import ctypes
import os
import sys
from pathlib import Path


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def nearest(path: Path) -> Path:
    """The directory at a path, or the first one above it that is there."""
    whole = path.absolute()
    return next(place for place in (whole, *whole.parents) if place.is_dir())


def give_back_memory() -> None:
    """Return to the machine what malloc holds and nobody uses; only glibc's can be told to.

    Between blocks of ever other sizes it keeps free ones, more and more of them in hours of training.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
