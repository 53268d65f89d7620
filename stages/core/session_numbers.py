"""Sessions of a bucket numbered in one row: those of the first user, of the next, and so on."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class SessionNumbers(NamedTuple):
    """Numbers of events' sessions.

    Attributes:
        of_event: Number of each event's session, (E,).
        first: Number of each user's first session, (U,).
        total: How many there are.
    """

    of_event: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    total: int


def session_numbers(
    user: npt.NDArray[np.integer], session: npt.NDArray[np.integer]
) -> SessionNumbers:
    """Number the sessions of users whose events stand side by side.

    Args:
        user: 0-based number of each event's user, ascending, (E,).
        session: 0-based ordinal of each event's session among its user's, (E,).
    """
    starts = np.flatnonzero(np.diff(user, prepend=-1))
    if not len(starts):
        nothing = np.zeros(0, dtype=np.int64)
        return SessionNumbers(nothing, nothing, 0)
    sizes = np.maximum.reduceat(session, starts).astype(np.int64) + 1
    first = np.cumsum(sizes) - sizes
    return SessionNumbers(first[user] + session, first, int(sizes.sum()))


def first_places(
    total: int, number: npt.NDArray[np.integer], place: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """First place of each number below `total`, -1 where it has none, (total,).

    Args:
        total: More than any number.
        number: Of some events, (E,).
        place: Theirs, ascending, (E,).
    """
    found = np.full(total, -1)
    found[number[::-1]] = place[::-1]  # of equal ones the last is written
    return found
