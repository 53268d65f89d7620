"""What this machine gives a command: cores, and the disk that a place is on."""

import os
from pathlib import Path


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def nearest(path: Path) -> Path:
    """The directory at a path, or the first one above it that is there."""
    whole = path.absolute()
    return next(place for place in (whole, *whole.parents) if place.is_dir())
