"""Times in words."""

MINUTE, HOUR = 60, 3600


def duration(seconds: float) -> str:
    """Give a time in words, in the largest unit that fits."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / MINUTE:.0f} min" if seconds < 2 * HOUR else f"{seconds / HOUR:.1f} h"
