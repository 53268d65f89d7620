"""Lines of a log: how far a stage has come, for people and for programs that read logs."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hhrec_cli._pace import Meter

EVERY = 30.0  # seconds between two lines on one stage
ROWS = "rows"  # the figure that says how many rows a stage has worked through


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
        self.meter = Meter()

    def __call__(self, done: int, total: int, note: str = "", **figures: float) -> None:
        """Write a line if it is time for one."""
        now, pace = time.monotonic(), self.meter(done, total, figures.get(ROWS))
        if now - self.told < EVERY:
            return
        self.told = now
        words = [f"{datetime.now(UTC):%H:%M:%S}", self.label, f"{done:,} of {total:,}"]
        words += [note] if note else []
        known = {name: value for name, value in figures.items() if math.isfinite(value)}
        values = {"level": "info", "stage": self.label, "step": done, "steps": total, **known}
        values |= pace.values() | ({} if known else {"message": note})
        self.write("  ".join(words + pace.words()), values)
