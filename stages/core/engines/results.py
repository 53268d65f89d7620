"""What a stage does with what an engine found: sums, and progress over two rounds."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeAlias

from stages.core.engines.engine import Found
from stages.interface.stage_report import Progress

Told: TypeAlias = Callable[[Iterable[Found]], Iterator[Found]]


def total(found: Iterable[Found]) -> Counter[str]:
    """Counts of all jobs together."""
    counts = Counter[str]()
    for one in found:
        counts.update(one.counts)
    return counts


class Telling:
    """Tells the progress of jobs, over one round or several, and the rows that they worked through.

    Args:
        progress: Told after each job.
        whole: Jobs of all rounds.
    """

    def __init__(self, progress: Progress, whole: int) -> None:
        self.progress, self.whole = progress, whole
        self.done = self.rows = 0

    def __call__(self, found: Iterable[Found], note: str) -> Iterator[Found]:
        """Pass on what is found."""
        for one in found:
            self.done += 1
            self.rows += one.rows
            self.progress(self.done, self.whole, note, rows=self.rows)
            yield one


def halves(progress: Progress, jobs: int, first: str, second: str) -> tuple[Told, Told]:
    """Tell the progress of two rounds of so many jobs each, under a note each."""
    telling = Telling(progress, 2 * jobs)
    return partial(telling, note=first), partial(telling, note=second)
