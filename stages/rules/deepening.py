"""Apply rules to a total order exactly: as deep as they need, and no deeper.

The result is what one would get who ranks the whole catalogue for every row first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.interface.stage_report import Progress, silent
from stages.rules.auction import STEP, auction
from stages.rules.capacity import Assignment, greedy, offers
from stages.rules.greedy_choice import Diversity, Limit, chosen
from stages.rules.lists import Floats, Ints, Lists, Order, scores_of

TWICE, DEEPER = 2, 4  # of k at first; then so many times deeper
CELLS = 400_000  # of lists that are looked at together
WIDE = 64  # of them, where each brings its vector along


@dataclass(frozen=True)
class Given:
    """Lists of R rows under rules.

    Attributes:
        items: Best first, 0 where nothing is left, (R, k).
        assignment: How a capacity was shared out; None without one.
        scores: What the order ranked each by, NaN where nothing is left, (R, k); None where nobody
            kept them.
    """

    items: Ints
    assignment: Assignment | None = None
    scores: Floats | None = None


def limited(
    order: Order,
    k: int,
    limits: Sequence[Limit],
    diversity: Diversity | None = None,
    progress: Progress = silent,
) -> Given:
    """Choose k for each row by limits and diversity."""
    items = np.zeros((len(order), k), dtype=np.int32)
    scores = np.full(items.shape, np.nan)
    waiting, depth = np.arange(len(order)), min(TWICE * k, order.size)
    few = WIDE if diversity else 1
    while len(waiting):
        unsure = []
        for part in _parts(waiting, CELLS // max(depth, 1)):
            lists = order.to_depth(part, depth)
            for some in _parts(np.arange(len(part)), CELLS // max(few * depth, 1)):
                own = Lists(lists.items[some], lists.scores[some])
                found = chosen(own, k, limits, diversity, own.whole(order.size))
                items[part[some]] = found.items
                scores[part[some]] = scores_of(own, found.items)
                unsure.append(part[some][~found.sure])
            progress(int((items[:, 0] > 0).sum()), len(order))
        waiting, depth = np.concatenate(unsure), min(depth * DEEPER, order.size)
    return arranged(order, Lists(items, scores))


def shared_out(
    order: Order,
    k: int,
    capacity: int,
    *,
    limits: Sequence[Limit] = (),
    by_price: bool = False,
    step: float = STEP,
    progress: Progress = silent,
) -> Given:
    """Give each vacancy to at most `capacity` rows, and each row at most k: greedily, or by price.

    Args:
        order: What ranks the rows.
        k: Places of a row.
        capacity: Places of a vacancy.
        limits: Of a list; not with prices.
        by_price: Whether to hold an auction.
        step: Its least rise of a price.
        progress: Told how many rows are ranked.
    """
    depths = np.full(len(order), min(TWICE * k, order.size))
    held: dict[int, Lists] = {}
    waiting, found = np.arange(len(order)), None
    while found is None or len(waiting):
        _deepen(order, waiting, depths, held, progress)
        given = offers(held, k, order.size)
        if by_price:
            found = auction(given, k, capacity, step=step, before=found)
        else:
            found = greedy(given, k, capacity, limits=limits)
        waiting = np.flatnonzero(found.hungry)
        depths[waiting] = np.minimum(depths[waiting] * DEEPER, order.size)
    items = laid_out(found, k)
    scores = np.full(items.shape, np.nan)
    for row, lists in held.items():
        scores[row] = scores_of(lists, items[row : row + 1])
    return arranged(order, Lists(items, scores), found)


def arranged(order: Order, lists: Lists, assignment: Assignment | None = None) -> Given:
    """Put what the seen policy wants last at the end of the lists of all rows."""
    items = order.arranged(np.arange(len(order)), lists.items)
    return Given(items, assignment, scores_of(lists, items))


def laid_out(found: Assignment, k: int) -> Ints:
    """Lay taken offers out as lists, in the order of each row, (R, k)."""
    given = found.offers
    rows = given.rows[found.taken]
    items = np.zeros((given.count, k), dtype=np.int32)
    items[rows, np.arange(len(rows)) - np.searchsorted(rows, rows)] = given.items[found.taken]
    return items


def _deepen(
    order: Order, rows: Ints, depths: Ints, held: dict[int, Lists], progress: Progress
) -> None:
    """Rank rows to their depths anew."""
    for depth in np.unique(depths[rows]).tolist():
        for part in _parts(rows[depths[rows] == depth], CELLS // max(depth, 1)):
            lists = order.to_depth(part, depth)
            for place, row in enumerate(part.tolist()):
                held[row] = Lists(lists.items[place : place + 1], lists.scores[place : place + 1])
            progress(len(held), len(order))


def _parts(rows: Ints, size: int) -> list[Ints]:
    return np.array_split(rows, -(-len(rows) // max(size, 1))) if len(rows) else []
