"""What other people went on to after the vacancies of a history: item-kNN, as a part of the model.

Pairs of vacancies are counted over the train histories, a question gets the vacancies that followed
its newest events most, and a learned score of that (`Nearby`) is added to theirs. The counts would
know the answers of the histories they were made of, so in training a question's own history is
subtracted from what speaks for its answer (leave-one-out).

Source: Deshpande and Karypis, "Item-Based Top-N Recommendation Algorithms", TOIS 2004; pairs count
less the farther apart they are, as in Ludewig and Jannach, UMUAI 2018.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]
from torch import Tensor, nn

from stages.bert4rec.histories import Histories, Ints, Window
from stages.bert4rec.questions import Questions
from stages.bert4rec.tokens import FIRST_ITEM

REACH = 20  # distinct vacancies between two of a pair, plus one
KEPT = 50  # neighbours of a vacancy
NEWEST = 12  # events of a history that are asked for their neighbours
SOURCE_NORM, TARGET_NORM, SHRINK = 0.75, 0.15, 5.0
DISTANCE = 0.5  # exponent
SCALE = 300.0  # a similarity of 1/300 is little
LEAST = 1e-6  # what is below is rounding
CUTS = 4  # moments before which pairs are counted apart
DAY = 86_400_000_000  # microseconds
PAIRS = 20_000_000  # held at once
EVENTS = 2**18  # looked at together
TIMES = 2**20  # looked at for the cuts, at most

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Table:
    """Which vacancies follow which.

    Attributes:
        table: Line i holds the nearest followers of item i, a CSR matrix of shape (N, N).
        source: What a line is divided by, (N,) float32.
        target: What a column is divided by, (N,) float32.
    """

    table: Any
    source: Floats
    target: Floats


@dataclass(frozen=True)
class Neighbours:
    """What is known of who follows whom: of all train events, and of those before some moments.

    Attributes:
        whole: Of all.
        past: Of those before each cut.
        cuts: Microseconds since 1970, ascending, (K,).
        end: Moment of the newest train event.
    """

    whole: Table
    past: tuple[Table, ...]
    cuts: Ints
    end: int


def neighbours(histories: Histories, count: int) -> Neighbours:
    """Count pairs over histories: for `count` item ids, special ones included.

    The similarity of j to i is the sum, over people who met i at most `REACH` distinct vacancies
    before j, of distance ** -`DISTANCE`, over (people with i + shrink) ** `SOURCE_NORM` (people
    with j + shrink) ** `TARGET_NORM`; a vacancy's place is where it was met first.
    """
    slices, every = _slices(histories.offsets), int(histories.offsets[-1]) // TIMES + 1
    seen, end = np.zeros(0, dtype=np.int64), 0
    for part in slices:
        times = met(histories, *part)[2]
        seen, end = np.append(seen, times[::every]), max(end, int(times.max(initial=0)))
    shares = np.arange(1, CUTS + 1) / (CUTS + 1)
    cuts = np.unique(np.quantile(seen, shares, method="lower")) if len(seen) else seen
    past = tuple(_table(histories, slices, cut, count) for cut in cuts.tolist())
    return Neighbours(_table(histories, slices, end + 1, count), past, cuts.astype(np.int64), end)


def _slices(offsets: Ints) -> list[tuple[int, int]]:
    """Ranges of histories with about `EVENTS` events each: they may be files larger than memory."""
    steps = np.arange(EVENTS, int(offsets[-1]), EVENTS)
    ends = np.unique([0, *np.searchsorted(offsets, steps), len(offsets) - 1])
    return list(pairwise(ends.tolist())) or [(0, 0)]


def _table(histories: Histories, slices: list[tuple[int, int]], cut: int, count: int) -> Table:
    """Count the events before a cut."""

    def events() -> Iterator[tuple[Ints, Ints]]:
        for part in slices:
            owner, item, time = met(histories, *part)
            yield owner[time < cut], item[time < cut]

    met_by = np.zeros(count, dtype=np.int64)
    for _, item in events():
        met_by += np.bincount(item, minlength=count)
    people = met_by + SHRINK
    source, target = people**SOURCE_NORM, people**TARGET_NORM

    def of(begin: int, stop: int) -> Any:
        lines = _lines(events(), begin, stop, count)
        lines.data /= np.repeat(source[begin:stop], np.diff(lines.indptr)) * target[lines.indices]
        return nearest(lines, KEPT).astype(np.float32)

    table = sparse.vstack([of(begin, stop) for begin, stop in _cuts(met_by)], format="csr")
    return Table(table, source.astype(np.float32), target.astype(np.float32))


def nobody(count: int) -> Neighbours:
    """No pairs among `count` item ids."""
    ones = np.ones(count, dtype=np.float32)
    none = Table(sparse.csr_matrix((count, count), dtype=np.float32), ones, ones)
    return Neighbours(none, (), np.zeros(0, dtype=np.int64), 0)


def met(histories: Histories, first: int, stop: int) -> tuple[Ints, Ints, Ints]:
    """Distinct vacancies of histories first..stop-1, as met: owner, item, time of each, (n,).

    An unknown one takes its place, so that distances are differences of `Histories.ranks`.
    """
    part = slice(histories.offsets[first], histories.offsets[stop])
    owner = np.repeat(np.arange(first, stop), histories.lengths()[first:stop])
    new = np.asarray(histories.ranks[part]) == histories.met[part]
    items = np.asarray(histories.items[part], dtype=np.int64)
    return owner[new], items[new], np.asarray(histories.times[part])[new]


def _lines(events: Iterator[tuple[Ints, Ints]], begin: int, stop: int, count: int) -> Any:
    """Sums for source items begin..stop-1 over events (owner and item), (stop - begin, count) CSR."""
    total = sparse.csr_matrix((stop - begin, count))
    for owner, item in events:
        sources = np.flatnonzero((item >= max(begin, FIRST_ITEM)) & (item < stop))
        for distance in range(1, REACH + 1):
            sources = sources[sources < len(item) - distance]
            sources = sources[owner[sources] == owner[sources + distance]]
            first = sources[item[sources + distance] >= FIRST_ITEM]
            pairs = (item[first] - begin, item[first + distance])
            values = np.full(len(first), worth(np.array(distance)))
            total = total + sparse.csr_matrix((values, pairs), shape=total.shape)
    return total


def worth(apart: Ints) -> NDArray[np.float64]:
    """What a pair counts, in steps of 2**-16: sums of such are exact, so in any order the same."""
    return np.round(apart.astype(np.float64) ** -DISTANCE * 2**16) / 2**16


def _cuts(met_by: Ints) -> list[tuple[int, int]]:
    """Ranges of source items with at most `PAIRS` pairs each; items by how many met them."""
    ends, count = np.cumsum(met_by) * REACH, len(met_by)
    cuts, begin = [], 0
    while begin < count:
        done = ends[begin - 1] if begin else 0
        stop = max(begin + 1, int(np.searchsorted(ends, done + PAIRS, side="right")))
        cuts.append((begin, min(stop, count)))
        begin = stop
    return cuts


def nearest(lines: Any, most: int) -> Any:
    """Keep the `most` greatest values of each line of a CSR matrix, ties by column."""
    lines.sort_indices()
    line = np.repeat(np.arange(lines.shape[0]), np.diff(lines.indptr))
    order = np.lexsort((-lines.data, line))
    kept = np.sort(order[np.arange(len(order)) - lines.indptr[line] < most])
    values = (lines.data[kept], (line[kept], lines.indices[kept]))
    return sparse.csr_matrix(values, shape=lines.shape)


@dataclass(frozen=True)
class Near:
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
class Held:
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


def held(histories: Histories, rows: Ints, width: int) -> Held:
    """Find what the histories of rows (B,) hold; row numbers count from 0 to B - 1."""
    starts, sizes = histories.offsets[rows], histories.lengths()[rows]
    owner = np.repeat(np.arange(len(rows)), sizes)
    places = starts[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    new = histories.ranks[places] == histories.met[places]
    keys = np.append(owner * width + histories.items[places], -1)[np.append(new, not new.any())]
    ranks = np.append(histories.ranks[places], 0)[np.append(new, not new.any())]
    order = np.argsort(keys)
    return Held(keys[order], ranks[order], width)


def no_one_near(asked: Questions) -> Near:
    """Return no neighbours for any question, (B, Q, 0)."""
    shape = (*asked.place.shape, 0)
    score = np.zeros(shape, dtype=np.float32)
    return Near(np.zeros(shape, dtype=np.int64), score, np.zeros(shape[:-1], dtype=np.float32))


def near(
    known: Neighbours, view: Window, held: Held, asked: Questions, most: int, lag: int | None = None
) -> Near:
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
    found = Near(
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
    known: Table,
    view: Window,
    held: Held,
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
    events = place[:, None] - 1 - np.arange(NEWEST)  # (M, NEWEST), newest first
    safe = np.maximum(events, 0)
    items = view.items[rows[:, None], safe]
    asks = (events >= 0) & (items >= FIRST_ITEM)
    asks &= _next_places(view)[rows[:, None], safe] >= place[:, None]
    share = np.where(asks, 1.0 / (1.0 + np.arange(NEWEST)), 0.0).astype(np.float32)
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


def _own(known: Table, answer: Ints, items: Ints, apart: Ints, share: Floats) -> Any:
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


def _best(scores: Any, held: Held, rows: Ints, before: Ints, most: int) -> tuple[Ints, Floats]:
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


class Nearby(nn.Module):
    """Additive logits of the neighbours of a question's newest events.

    Starts as the logarithm of their similarity, so that alone they rank like item-kNN. How much
    that says differs between questions: by the action asked for, whether a new session is asked
    for, and the question's state.

    Args:
        hidden_size: H of the questions.
        width: Hidden units.
    """

    def __init__(self, hidden_size: int, width: int = 16) -> None:
        super().__init__()
        self.slope = nn.Embedding(8, 1)
        self.gate = nn.Linear(hidden_size, 1, bias=False)
        self.kind = nn.Embedding(8, width)
        self.first = nn.Linear(4, width)
        self.age = nn.Linear(1, 1, bias=False)
        self.second = nn.Linear(width, 1, bias=False)
        self.start_as_knn()

    @torch.no_grad()
    def start_as_knn(self) -> None:
        """Set the start: only similarity counts."""
        self.slope.weight.fill_(1.0)
        self.gate.weight.zero_()
        self.age.weight.zero_()
        self.second.weight.zero_()

    def forward(
        self, states: Tensor, score: Tensor, stale: Tensor, asked: Tensor, ahead: Tensor
    ) -> Tensor:
        """Score neighbours.

        Args:
            states: Questions, (B, Q, H).
            score: Summed similarities, (B, Q, E).
            stale: Days since they were counted, (B, Q).
            asked: Actions asked for, (B, Q).
            ahead: 1 where a new session is asked for, (B, Q).
        """
        kind = asked + 4 * ahead
        size = torch.log1p(score * SCALE)
        most = size.amax(-1, keepdim=True).expand_as(size)
        rank = (size[..., None] < size[..., None, :]).sum(-1).to(size.dtype).log1p()
        old = stale.log1p()[..., None]
        features = torch.stack([size, most, rank, old.expand_as(size)], -1)
        features = self.first(features) + self.kind(kind)[:, :, None]
        bend = self.second(torch.relu(features)).squeeze(-1)
        return size * (self.slope(kind) + self.gate(states) + self.age(old)) + bend
