"""What a stage does with what an engine found: sums, and progress over two rounds."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
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


def told(
    found: Iterable[Found], progress: Progress, note: str, *, before: int, whole: int
) -> Iterator[Found]:
    """Pass on what is found; tell how many of `whole` jobs are done, `before` of them earlier."""
    for done, one in enumerate(found, start=before + 1):
        progress(done, whole, note)
        yield one


def halves(progress: Progress, jobs: int, first: str, second: str) -> tuple[Told, Told]:
    """Tell the progress of two rounds of so many jobs each, under a note each."""
    return (
        lambda found: told(found, progress, first, before=0, whole=2 * jobs),
        lambda found: told(found, progress, second, before=jobs, whole=2 * jobs),
    )
