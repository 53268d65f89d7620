"""Candidate generation: unseen vacancies that co-occur most with a question's newest events.

The counts would know the answers of the histories they were made of, so in training a question's own
history is subtracted from what speaks for its answer (leave-one-out).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.bert4rec.examples.histories import Ints, Window
from stages.bert4rec.examples.training_examples import Questions
from stages.bert4rec.retrieval.cooccurrence import (
    REACH,
    CooccurrenceTable,
    Floats,
    Neighbours,
    worth,
)
from stages.bert4rec.retrieval.line_sums import Asked, HistoryItems, best_sums
from stages.core.item_ids import FIRST_ITEM
from stages.core.time_units import DAY

NEWEST = 20  # events of a history that are asked for their neighbours
LEAST = 1e-6  # what is below is rounding
SHARES = (1.0 / (1.0 + np.arange(NEWEST))).astype(np.float32)  # of the newest events, newest first
WORTH = np.append(0.0, worth(np.arange(1, REACH + 1)))  # by distance


@dataclass(frozen=True)
class NeighbourCandidates:
    """The nearest vacancies of each question that its row does not hold, padded with 0.

    Attributes:
        items: (B, Q, E) int64.
        score: Summed similarities, (B, Q, E) float32.
        stale: Days between what was counted and the question, 0 where it was counted on, (B, Q).
    """

    items: Ints
    score: Floats
    stale: Floats


def no_one_near(asked: Questions) -> NeighbourCandidates:
    """Return no neighbours for any question, (B, Q, 0)."""
    shape = (*asked.place.shape, 0)
    score = np.zeros(shape, dtype=np.float32)
    return NeighbourCandidates(
        np.zeros(shape, dtype=np.int64), score, np.zeros(shape[:-1], dtype=np.float32)
    )


def near(
    known: Neighbours,
    view: Window,
    held: HistoryItems,
    asked: Questions,
    most: int,
    lag: int | None = None,
) -> NeighbourCandidates:
    """Ask the newest events before each question for their neighbours.

    Where the answer of a question is known, its history is one of those that were counted: it does
    not speak for its own answer.

    Args:
        known: What was counted.
        view: B rows.
        held: What the rows' whole histories hold; what was met before a question is no neighbour.
        asked: Q questions a row; those without weight get none.
        most: E, neighbours wanted.
        lag: Ask only what was counted at least so many microseconds before the question, as at
            prediction, when the train part may have ended long ago; none asks all there is.
    """
    when = np.where(asked.when < 0, known.end, asked.when)
    chosen = np.full(when.shape, len(known.past))
    stale = np.maximum(when - known.end, 0)
    if lag is not None:
        chosen = np.searchsorted(known.cuts, when - lag, side="right") - 1
        stale = np.where(chosen < 0, 0, when - np.append(known.cuts, 0)[chosen])
    found = NeighbourCandidates(
        np.zeros((*asked.place.shape, most), dtype=np.int64),
        np.zeros((*asked.place.shape, most), dtype=np.float32),
        (stale / DAY).astype(np.float32),
    )
    later = next_places(view)
    for number, table in enumerate((*known.past, known.whole)):
        rows, nth = np.nonzero((asked.weight > 0) & (chosen == number))
        if len(rows):
            best = _near(table, view, later, held, asked, most, (rows, nth), own=lag is None)
            found.items[rows, nth], found.score[rows, nth] = best
    return found


def _near(
    known: CooccurrenceTable,
    view: Window,
    later: Ints,
    held: HistoryItems,
    asked: Questions,
    most: int,
    which: tuple[Ints, Ints],
    *,
    own: bool,
) -> tuple[Ints, Floats]:
    """Neighbours of M questions (rows and numbers) by one table: items and scores, (M, most).

    Questions at one place share the sums. One's own part is then taken from its answer alone, which
    can only fall behind: the best of all but one more are enough to choose from. With `own`, the
    table counts the answers too, where they are known. `later` says where each
    event's vacancy stands next in its row, (B, L).
    """
    rows, nth = which
    width = view.items.shape[1] + 1
    lines, line = np.unique(rows * width + asked.place[rows, nth], return_inverse=True)
    row, place = lines // width, lines % width
    items, safe, share = speaking(view, row, place, later)
    wanted = Asked(row, items, share, met_before(view)[row, place])
    found, score = best_sums(known.table, held, wanted, most + own)
    if not own:
        return _above(found[line], score[line])
    source = asked.source[rows, nth]
    answer = np.where(source >= 0, asked.target[rows, nth], 0)
    apart = view.ranks[rows, source][:, None] - view.ranks[rows[:, None], safe[line]]
    said = _own(known, answer, items[line], apart, share[line])
    found, score = found[line], score[line].astype(np.float64)
    score = (score - np.where(found == answer[:, None], said[:, None], 0)).astype(np.float32)
    order = np.argsort(-score, axis=1, kind="stable")[:, :most]
    items, scores = np.take_along_axis(found, order, 1), np.take_along_axis(score, order, 1)
    return _above(items, scores)


def _above(items: Ints, scores: Floats) -> tuple[Ints, Floats]:
    """Leave out what is rounding."""
    return np.where(scores > LEAST, items, 0), np.where(scores > LEAST, scores, 0)


def speaking(
    view: Window, rows: Ints, place: Ints, later: Ints | None = None
) -> tuple[Ints, Ints, Floats]:
    """Find the newest events before questions (M,), and how much each speaks for its neighbours.

    `later` is what `next_places` says of the view, where that is known.

    Returns:
        Items, places in the row and weights, newest first, (M, NEWEST) each; the weight is 0 where an
        event does not speak: it is of an unknown vacancy, or of one that was touched again before
        the question.
    """
    later = next_places(view) if later is None else later
    events = place[:, None] - 1 - np.arange(NEWEST)
    safe = np.maximum(events, 0)
    items = view.items[rows[:, None], safe]
    asks = (events >= 0) & (items >= FIRST_ITEM)
    asks &= later[rows[:, None], safe] >= place[:, None]
    return items, safe, np.where(asks, SHARES, 0)


def _own(known: CooccurrenceTable, answer: Ints, items: Ints, apart: Ints, share: Floats) -> Any:
    """What the rows themselves say for their answers, (M,).

    Args:
        known: The table that was counted.
        answer: Items, 0 where nothing is to be said, (M,).
        items: Events that are asked, (M, NEWEST).
        apart: Distinct vacancies from each to the answer, (M, NEWEST).
        share: Weight of each event, (M, NEWEST).
    """
    paired = (answer[:, None] > 0) & (apart > 0) & (apart <= REACH)
    weight = np.where(paired, WORTH[np.where(paired, apart, 0)], 0) / known.source[items]
    return (share * weight).sum(axis=1) / known.target[answer]


def met_before(view: Window) -> Ints:
    """Distinct vacancies of the whole history before each place of a row, (B, L + 1)."""
    ends = np.take_along_axis(view.met + view.new, np.maximum(view.lengths[:, None] - 1, 0), axis=1)
    before = np.concatenate([view.met, np.zeros_like(ends)], axis=1)
    np.put_along_axis(before, view.lengths[:, None], ends, axis=1)
    return before


def next_places(view: Window) -> Ints:
    """Where each event's vacancy stands next in its row, L where nowhere, (B, L)."""
    rows, width = view.items.shape
    key = (view.items + np.arange(rows)[:, None] * (int(view.items.max(initial=0)) + 1)).ravel()
    order = np.argsort(key, kind="stable")
    same = np.append(key[order][1:] == key[order][:-1], False)
    after = np.full(len(key), width, dtype=np.int64)
    after[order] = np.where(same, np.roll(order, -1) % width, width)
    return after.reshape(rows, width)
