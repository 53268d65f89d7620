"""Lines of a log: how far a stage has come, for people and for programs that read logs."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

EVERY = 30.0  # seconds between two lines on one stage
MINUTE, HOUR = 60, 3600


@dataclass
class Log:
    """How lines are written: as text, or as one JSON object each."""

    as_json: bool = False

    def line(self, values: dict[str, Any]) -> str:
        """One JSON object on one line, with the time of now in UTC."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return json.dumps({"time": now, **values}, ensure_ascii=False)


class Lines:
    """The progress of one stage: a line each EVERY seconds, none for a stage that takes less.

    Args:
        label: Name of the stage.
        write: Takes a line as text, and its figures by name.
    """

    def __init__(self, label: str, write: Callable[[str, dict[str, Any]], None]) -> None:
        self.label, self.write = label, write
        self.told = time.monotonic()
        self.first: tuple[float, int] | None = None
        self.total = 0

    def __call__(self, done: int, total: int, note: str = "", **figures: float) -> None:
        """Write a line if it is time for one."""
        now = time.monotonic()
        if self.first is None or total != self.total:  # other units are counted from here on
            self.first, self.total = (now, done), total
        if now - self.told < EVERY:
            return
        self.told = now
        left = seconds_left(now - self.first[0], done - self.first[1], total - done)
        words = [f"{datetime.now(UTC):%H:%M:%S}", self.label, f"{done:,} of {total:,}"]
        words += [note] if note else []
        words += [] if left is None else [f"{duration(left)} left"]
        known = {name: value for name, value in figures.items() if math.isfinite(value)}
        values = {"level": "info", "stage": self.label, "step": done, "steps": total, **known}
        values |= {"seconds_left": None if left is None else round(left)}
        self.write("  ".join(words), values | ({} if known else {"message": note}))


def seconds_left(passed: float, done: int, rest: int) -> float | None:
    """Seconds to the end at the speed so far; None where nothing was done yet."""
    return passed / done * rest if done > 0 else None


def duration(seconds: float) -> str:
    """Give a time in words, in the largest unit that fits."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / MINUTE:.0f} min" if seconds < 2 * HOUR else f"{seconds / HOUR:.1f} h"
