"""A stage on a sample, timed; and how many times as long it takes for more."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stages.core.fingerprints import sizes
from stages.interface.stage_report import Report

FEWER = 4  # once more of so much fewer: what takes time for each, and what for all


@dataclass(frozen=True)
class Rehearsed:
    """One stage on the sample: seconds, bytes of its artifact, and what it reported."""

    seconds: float
    bytes: int
    report: Report


def timed(work: Callable[[], Report], made: Path) -> Rehearsed:
    """Run a stage; where others use the machine, too, its CPU time is what it would have taken."""
    wall, cpu = time.perf_counter(), time.process_time()
    report = work()
    seconds = min(time.perf_counter() - wall, time.process_time() - cpu)
    return Rehearsed(seconds, sum(sizes(made).values()), report)


def times(whole: float, fewer: float, more: float, again: float = 1.0) -> float:
    """How many times as long `more` of the same take: a part of the time does not grow with it.

    Args:
        whole: Seconds of the sample.
        fewer: Seconds of one part in `FEWER` of it.
        more: How many times the sample there is.
        again: How often the part that does not grow is spent.
    """
    if not whole:
        return more
    each = min(max(whole - fewer, 0.0) * FEWER / (FEWER - 1) / whole, 1.0)
    return each * more + (1 - each) * again
