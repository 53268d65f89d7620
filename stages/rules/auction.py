"""A vacancy recommended to at most c rows, by price: rows bid against each other for its c places.

The forward auction of Bertsekas ("The Auction Algorithm: A Distributed Relaxation Method for the
Assignment Problem", Annals of Operations Research 14, 1988), for rows with k places and vacancies with
c. A row without k vacancies bids for those that are worth most to it after their prices, each so much
that it is left with what the best one that it does not bid for is worth to it, less a step. The c
highest bids hold a vacancy; the lowest of them is its price, which is 0 while there is room.

At the end every row holds, to within a step, what it likes best at these prices. So the sum of values
is within k times the number of rows times the step of the greatest possible one; `gap` is the bound
that the prices themselves prove (duality), usually much less.
"""

import numpy as np

from stages.rules.capacity import Assignment, Offers
from stages.rules.lists import Bools, Floats, Ints

STEP = 1e-4


def auction(
    given: Offers, k: int, capacity: int, *, step: float = STEP, before: Assignment | None = None
) -> Assignment:
    """Let the rows bid until none wants more than it has.

    No row bids for what leaves it less than it may find behind the end of its list: it is hungry,
    and the auction goes on once its list is deeper.

    Args:
        given: Offers worth more than 0: a place that nothing is left for stays empty.
        k: Places of a row.
        capacity: Places of a vacancy.
        step: Least rise of a price.
        before: Where the auction stopped, with lists that were less deep.
    """
    taken, paid, price = _start(given, before)
    while True:
        free = k - np.bincount(given.rows[taken], minlength=given.count)
        net = given.values - price[given.items]
        wanted = (free[given.rows] > 0) & ~taken & (net > given.floors[given.rows])
        open_ones = np.flatnonzero(wanted)
        if not len(open_ones):
            break
        bids, rest = _bids(given.rows[open_ones], net[open_ones], free, given.floors)
        bids = open_ones[bids]
        paid[bids], taken[bids] = given.values[bids] - rest + step, True
        _settle(given.items, given.items[bids], taken, paid, price, capacity)
    hungry = (free > 0) & (given.floors > 0)
    gap = _bound(given, k, capacity, price) - float(given.values[taken].sum())
    return Assignment(given, taken, hungry, paid, price, max(gap, 0.0))


def _start(given: Offers, before: Assignment | None) -> tuple[Bools, Floats, Floats]:
    """Which offers are held, what was paid, and the price of each vacancy by item id."""
    size = int(given.items.max(initial=0)) + 1
    taken, paid, price = (
        np.zeros(len(given.rows), dtype=bool),
        np.zeros(len(given.rows)),
        np.zeros(size),
    )
    if before is not None:
        price[: len(before.prices)] = before.prices[:size]
        keys = given.keys()
        order = np.argsort(keys)
        held = before.offers.keys()[before.taken]
        place = order[np.searchsorted(keys, held, sorter=order)]
        taken[place], paid[place] = True, before.paid[before.taken]
    return taken, paid, price


def _ranks(rows: Ints, net: Floats) -> tuple[Ints, Ints]:
    """Order offers by row and descending net worth, and the place of each within its row."""
    order = np.lexsort((-net, rows))
    sorted_rows = rows[order]
    return order, np.arange(len(rows)) - np.searchsorted(sorted_rows, sorted_rows)


def _bids(rows: Ints, net: Floats, free: Ints, floors: Floats) -> tuple[Ints, Floats]:
    """Which offers (n,) are bid for, and what the best of the others is worth to the bidder."""
    order, place = _ranks(rows, net)
    owner = rows[order]
    rest = floors.copy()
    next_ones = place == free[owner]
    rest[owner[next_ones]] = net[order][next_ones]
    chosen = place < free[owner]
    return order[chosen], rest[owner[chosen]]


def _settle(
    items: Ints, touched: Ints, taken: Bools, paid: Floats, price: Floats, capacity: int
) -> None:
    """Leave each touched vacancy to its highest bids, and set its price."""
    asked = np.zeros(len(price), dtype=bool)
    asked[touched] = True
    holders = np.flatnonzero(taken & asked[items])
    order, place = _ranks(items[holders], paid[holders])
    holders = holders[order]
    taken[holders[place >= capacity]] = False
    last = holders[place == capacity - 1]
    price[items[last]] = paid[last]


def _bound(given: Offers, k: int, capacity: int, price: Floats) -> float:
    """Sum that no assignment exceeds: the prices of all places, and the best k of each row after them.

    A place of a row may be worth what lies behind the end of its list, which has no price.
    """
    net = np.maximum(given.values - price[given.items], given.floors[given.rows])
    order, place = _ranks(given.rows, net)
    return float(net[order][place < k].sum() + capacity * price.sum())
