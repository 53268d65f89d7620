"""How fast a stage works, how long it has left, and what memory this process holds."""

import time
from dataclasses import dataclass
from pathlib import Path

from stages.interface.durations import duration

GB = 10**9
STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Pace:
    """What is known of a stage under way.

    Attributes:
        left: Seconds to the end at the speed so far; None where nothing was done yet.
        rate: Rows a second since the first report; None where the stage does not count rows.
        memory: Bytes of this process; None where the system does not tell.
    """

    left: float | None
    rate: float | None
    memory: int | None

    def words(self) -> list[str]:
        """Say it: rows a second, memory, time left."""
        return [
            *([] if self.rate is None else [f"{self.rate:,.0f} rows/s"]),
            *([] if self.memory is None else [f"{self.memory / GB:.2f} GB"]),
            *([] if self.left is None else [f"{duration(self.left)} left"]),
        ]

    def values(self) -> dict[str, int | None]:
        """Give it to programs that read logs."""
        found = {"seconds_left": None if self.left is None else round(self.left)}
        if self.rate is not None:
            found["rows_per_second"] = round(self.rate)
        return found if self.memory is None else {**found, "memory": self.memory}


class Meter:
    """Measures the pace of one stage from its reports; where the total changes, units do, and it begins anew."""

    def __init__(self) -> None:
        self.first: tuple[float, int, float | None] | None = None
        self.total = 0

    def __call__(self, done: int, total: int, rows: float | None = None) -> Pace:
        """Take a report: units done, units in all, and rows so far where they are counted."""
        now = time.monotonic()
        if self.first is None or total != self.total:
            self.first, self.total = (now, done, rows), total
        began, before, known = self.first
        passed = now - began
        rate = None if rows is None or not passed else (rows - (known or 0.0)) / passed
        return Pace(seconds_left(passed, done - before, total - done), rate, memory())


def memory() -> int | None:
    """Bytes of memory that this process holds; None where the system does not tell."""
    try:
        text = STATUS.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    held = (line.split() for line in text.splitlines() if line.startswith("VmRSS:"))
    return next((int(words[1]) * 1024 for words in held), None)


def seconds_left(passed: float, done: int, rest: int) -> float | None:
    """Seconds to the end at the speed so far; None where nothing was done yet."""
    return passed / done * rest if done > 0 else None
