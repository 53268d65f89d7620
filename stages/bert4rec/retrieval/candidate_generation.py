"""Candidate generation: unseen vacancies that co-occur most with a question's newest events.

The counts would know the answers of the histories they were made of, so in training a question's own
history is subtracted from what speaks for its answer (leave-one-out).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from stages.bert4rec.examples.histories import Histories, Ints, Window
from stages.bert4rec.examples.training_examples import Questions
from stages.bert4rec.retrieval.cooccurrence import (
    REACH,
    CooccurrenceTable,
    Floats,
    Neighbours,
    worth,
)
from stages.core.item_ids import FIRST_ITEM
from stages.core.time_units import DAY

NEWEST = 20  # events of a history that are asked for their neighbours
LEAST = 1e-6  # what is below is rounding


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


@dataclass(frozen=True)
class HistoryItems:
    """Every vacancy of the whole histories of some rows, and when it was met.

    Attributes:
        keys: Row number times `width` plus item, ascending, (n,).
        ranks: Place among the distinct vacancies of the history, (n,).
        width: More than any item id.
    """

    keys: Ints
    ranks: Ints
    width: int

    def met(self, rows: Ints, items: Ints, before: Ints) -> np.ndarray:
        """Whether items are among the first `before` distinct vacancies of rows; all broadcast."""
        key = rows * self.width + items
        place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        return (self.keys[place] == key) & (self.ranks[place] < before)


def held(histories: Histories, rows: Ints, width: int) -> HistoryItems:
    """Find what the histories of rows (B,) hold; row numbers count from 0 to B - 1."""
    starts, sizes = histories.offsets[rows], histories.lengths()[rows]
    owner = np.repeat(np.arange(len(rows)), sizes)
    places = starts[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    new = histories.ranks[places] == histories.met[places]
    keys = np.append(owner * width + histories.items[places], -1)[np.append(new, not new.any())]
    ranks = np.append(histories.ranks[places], 0)[np.append(new, not new.any())]
    order = np.argsort(keys)
    return HistoryItems(keys[order], ranks[order], width)


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
    for number, table in enumerate((*known.past, known.whole)):
        rows, nth = np.nonzero((asked.weight > 0) & (chosen == number))
        if len(rows):
            best = _near(table, view, held, asked, most, (rows, nth), own=lag is None)
            found.items[rows, nth], found.score[rows, nth] = best
    return found


def _near(
    known: CooccurrenceTable,
    view: Window,
    held: HistoryItems,
    asked: Questions,
    most: int,
    which: tuple[Ints, Ints],
    *,
    own: bool,
) -> tuple[Ints, Floats]:
    """Neighbours of M questions (rows and numbers) by one table: items and scores, (M, most).

    With `own`, the table counts the answers too, where they are known.
    """
    rows, nth = which
    place, source = asked.place[rows, nth], asked.source[rows, nth]
    items, safe, share = speaking(view, rows, place)
    query = sparse.csr_matrix(
        (share.ravel(), items.ravel(), np.arange(len(rows) + 1) * NEWEST),
        shape=(len(rows), known.table.shape[0]),
    )
    answer = np.where((source >= 0) & own, asked.target[rows, nth], 0)
    apart = view.ranks[rows, source][:, None] - view.ranks[rows[:, None], safe]
    scores = query @ known.table - _own(known, answer, items, apart, share)
    ends = np.take_along_axis(view.met + view.new, np.maximum(view.lengths[:, None] - 1, 0), axis=1)
    before = np.concatenate([view.met, np.zeros_like(ends)], axis=1)
    np.put_along_axis(before, view.lengths[:, None], ends, axis=1)
    return _best(scores, held, rows, before[rows, place], most)


def speaking(view: Window, rows: Ints, place: Ints) -> tuple[Ints, Ints, Floats]:
    """Find the newest events before questions (M,), and how much each speaks for its neighbours.

    Returns:
        Items, places in the row and weights, newest first, (M, NEWEST) each; the weight is 0 where an
        event does not speak: it is of an unknown vacancy, or of one that was touched again before
        the question.
    """
    events = place[:, None] - 1 - np.arange(NEWEST)
    safe = np.maximum(events, 0)
    items = view.items[rows[:, None], safe]
    asks = (events >= 0) & (items >= FIRST_ITEM)
    asks &= _next_places(view)[rows[:, None], safe] >= place[:, None]
    share = np.where(asks, 1.0 / (1.0 + np.arange(NEWEST)), 0.0).astype(np.float32)
    return items, safe, share


def _own(known: CooccurrenceTable, answer: Ints, items: Ints, apart: Ints, share: Floats) -> Any:
    """What the rows themselves say for their answers, (M, N) with one entry a line.

    Args:
        known: The table that was counted.
        answer: Items, 0 where nothing is to be said, (M,).
        items: Events that are asked, (M, NEWEST).
        apart: Distinct vacancies from each to the answer, (M, NEWEST).
        share: Weight of each event, (M, NEWEST).
    """
    paired = (answer[:, None] > 0) & (apart > 0) & (apart <= REACH)
    weight = np.where(paired, worth(np.maximum(apart, 1)), 0) / known.source[items]
    value = (share * weight).sum(axis=1) / known.target[answer]
    shape = (len(answer), known.table.shape[0])
    return sparse.csr_matrix((value, (np.arange(len(answer)), answer)), shape=shape)


def _next_places(view: Window) -> Ints:
    """Where each event's vacancy stands next in its row, L where nowhere, (B, L)."""
    rows, width = view.items.shape
    key = (view.items + np.arange(rows)[:, None] * (int(view.items.max(initial=0)) + 1)).ravel()
    order = np.argsort(key, kind="stable")
    same = np.append(key[order][1:] == key[order][:-1], False)
    after = np.full(len(key), width, dtype=np.int64)
    after[order] = np.where(same, np.roll(order, -1) % width, width)
    return after.reshape(rows, width)


def _best(
    scores: Any, held: HistoryItems, rows: Ints, before: Ints, most: int
) -> tuple[Ints, Floats]:
    """Take the best of each line that its row has not met before, (M, most): items and scores."""
    sizes = np.diff(scores.indptr)
    wide = max(int(sizes.max(initial=0)), most)
    table = np.zeros((len(rows), wide), dtype=np.float32)
    items = np.zeros((len(rows), wide), dtype=np.int64)
    there = np.arange(wide) < sizes[:, None]
    table[there], items[there] = scores.data, scores.indices
    table[held.met(rows[:, None], items, before[:, None])] = 0
    best = np.argpartition(-table, most - 1, axis=1)[:, :most]
    score = np.take_along_axis(table, best, axis=1)
    real = score > LEAST
    return np.where(real, np.take_along_axis(items, best, axis=1), 0), np.where(real, score, 0)
