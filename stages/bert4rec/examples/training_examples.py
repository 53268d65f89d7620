"""Training questions: a position in a row, the action asked for, and the answer.

- `every_event` asks for each event what vacancy it is, given what came before.
- `next_sessions` asks for the first response of a session, given earlier sessions.
- `next_events` asks for an event of a session that has begun, given all before it.

The last two are the questions of prediction, which `what_next` asks of a whole row; vacancies of the
history are among their candidates.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from stages.bert4rec.examples.histories import Ints, Window
from stages.core.actions import RESPONSE
from stages.core.fieldwise import map_fields
from stages.core.item_ids import FIRST_ITEM
from stages.core.time_units import SECOND

TOLD = 0.5  # share of questions about an event that know the time since the event before
GAPS = 28  # buckets of the time since the event before: 0 unknown, then log2 of seconds


@dataclass(frozen=True)
class Questions:
    """The question half of a batch as numpy arrays, all (B, Q).

    `source` is where the answer stands in the row's window, -1 where it is not known.
    """

    place: Ints
    asked: Ints
    gap: Ints
    session: Ints
    target: Ints
    weight: np.ndarray
    when: Ints
    source: Ints


def inside(view: Window) -> np.ndarray:
    """Return True where a position holds an event, (B, L)."""
    return np.arange(view.items.shape[1]) < view.lengths[:, None]


def gap_buckets(view: Window) -> Ints:
    """Bucket of the time since the event before, (B, L): 0 for a row's first event."""
    seconds = np.diff(view.times, axis=1, prepend=view.times[:, :1]) // SECOND
    buckets = 1 + np.floor(np.log2(1 + np.maximum(seconds, 0))).astype(np.int64)
    buckets[:, 0] = 0
    return np.where(inside(view), np.minimum(buckets, GAPS - 1), 0)


def first_places(view: Window) -> Ints:
    """Where each event's vacancy stands first in its row, (B, L)."""
    rows, width = view.items.shape
    key = (view.items + np.arange(rows)[:, None] * (int(view.items.max(initial=0)) + 1)).ravel()
    order = np.argsort(key, kind="stable")
    new = np.diff(key[order], prepend=-1) != 0
    first = np.empty(len(key), dtype=np.int64)
    first[order] = order[np.maximum.accumulate(np.where(new, np.arange(len(key)), 0))]
    return first.reshape(rows, width) % width


def every_event(view: Window, generator: np.random.Generator, trained: int) -> Questions:
    """One question an event: which vacancy new to the row stands here, given all before it?

    Half of them are told how long it took; at prediction that is not known.

    Args:
        view: The rows.
        generator: Chooses those that are told.
        trained: First item id without an id embedding; such a vacancy is not asked for.
    """
    steps = np.broadcast_to(np.arange(view.items.shape[1]), view.items.shape)
    asks = inside(view) & (view.items >= FIRST_ITEM) & (view.items < trained)
    weight = asks & view.new
    every = Questions(
        steps,
        view.actions,
        gap_buckets(view) * (generator.random(view.items.shape) < TOLD),
        view.sessions,
        view.items,
        weight.astype(np.float32),
        view.times,
        steps,
    )
    return compact(every)


def compact(questions: Questions) -> Questions:
    """Keep what has a weight, (B, Q) -> (B, Q') with Q' the most of any row, at least one."""
    asks = questions.weight > 0
    most = max(1, int(asks.sum(axis=1).max(initial=0)))
    chosen = np.argsort(~asks, axis=1, kind="stable")[:, :most]
    return map_fields(partial(np.take_along_axis, indices=chosen, axis=1), questions)


def next_sessions(
    view: Window, generator: np.random.Generator, most: int, trained: int
) -> Questions:
    """What will be responded to in a session, given earlier ones: for `most` sessions a row.

    A session with responses is asked for its first one; another for an event drawn at random, with
    that event's action. How long it takes until the session is not known at prediction, so it is
    not told here. The first session of a row is never asked for; of too many, some are drawn. An
    answer is one of the vocabulary (ids below `trained`) or a vacancy of an earlier session.
    """
    answers = _answers(view, generator)  # (B, L): place of the answer where a session starts
    answers = _answerable(view, answers, trained)
    return _drawn(view, answers, generator.random(answers.shape), most)


def next_events(view: Window, generator: np.random.Generator, most: int, trained: int) -> Questions:
    """Which vacancy, old or new, comes next in a session that has begun: for `most` events a row.

    Asked of events whose session the event before belongs to as well: of responses first, then of
    others drawn at random. How long it takes is not known at prediction, so it is not told here.
    Answers are as in `next_sessions`.
    """
    goes_on = np.diff(view.sessions, axis=1, prepend=-1) == 0
    asks = inside(view) & (view.items >= FIRST_ITEM) & goes_on
    answers = _answerable(view, np.where(asks, np.arange(view.items.shape[1]), -1), trained)
    lottery = generator.random(answers.shape) + (view.actions == RESPONSE)
    return _drawn(view, answers, lottery, most)


def _drawn(view: Window, answers: Ints, lottery: np.ndarray, most: int) -> Questions:
    """Ask for `most` answers a row, those of the highest lots.

    Args:
        view: The rows.
        answers: Place of the answer, where its question stands; -1 where nothing is asked, (B, L).
        lottery: Lots of the places, at least 0, (B, L).
        most: Questions wanted of a row.
    """
    there = answers >= 0
    most = max(1, min(most, int(there.sum(axis=1).max(initial=0))))
    places = np.argsort(-np.where(there, lottery, -1.0), axis=1, kind="stable")[:, :most]
    chosen = np.take_along_axis(answers, places, axis=1)
    usable, chosen = chosen >= 0, np.maximum(chosen, 0)
    take = partial(np.take_along_axis, indices=chosen, axis=1)
    return Questions(
        place=np.where(usable, places, 0),
        asked=take(view.actions),
        gap=np.zeros_like(chosen),
        session=take(view.sessions),
        target=take(view.items),
        weight=usable.astype(np.float32),
        when=np.take_along_axis(view.times, places, axis=1),
        source=chosen,
    )


def _answerable(view: Window, answers: Ints, trained: int) -> Ints:
    """Drop answers (B, L) that are neither in the vocabulary nor shown before the session."""
    place = np.maximum(answers, 0)
    shown = np.take_along_axis(first_places(view), place, axis=1) < np.arange(answers.shape[1])
    known = np.take_along_axis(view.items, place, axis=1) < trained
    return np.where(known | shown, answers, -1)


def _answers(view: Window, generator: np.random.Generator) -> Ints:
    """Place of each session's answer, written where the session starts, else -1, (B, L)."""
    rows, width = view.items.shape
    real = inside(view)
    starts = real & (np.diff(view.sessions, axis=1, prepend=view.sessions[:, :1]) != 0)
    run = np.cumsum(starts, axis=1) + np.arange(rows)[:, None] * (width + 1)  # one id a session
    rank = np.where(
        view.actions == RESPONSE, -1 - width + np.arange(width), generator.random(run.shape)
    )
    rank = np.where(real & (view.items >= FIRST_ITEM), rank, 2.0)
    order = np.lexsort((rank.ravel(), run.ravel()))
    best = order[np.flatnonzero(np.diff(run.ravel()[order], prepend=-1))]  # least rank of each run
    answer = np.full(rows * (width + 1) + 1, -1, dtype=np.int64)
    answer[run.ravel()[best]] = np.where(rank.ravel()[best] < 1, best % width, -1)
    return np.where(starts, answer[run], -1)


def what_next(view: Window, asked_at: Ints | None = None, *, new_session: bool = True) -> Questions:
    """One question for each row's future: the next response, in a session to come or in this one."""
    rows = len(view.lengths)
    end = view.lengths.astype(np.int64)[:, None]
    last = np.take_along_axis(view.sessions, np.maximum(end - 1, 0), axis=1)
    zeros = np.zeros((rows, 1), dtype=np.int64)
    return Questions(
        place=end,
        asked=zeros + RESPONSE,
        gap=zeros,
        session=last + new_session,
        target=zeros,
        weight=np.ones((rows, 1), dtype=np.float32),
        when=zeros - 1 if asked_at is None else asked_at[:, None],
        source=zeros - 1,
    )


def joined(one: Questions, other: Questions) -> Questions:
    """Both kinds of question side by side, (B, Q1) and (B, Q2) -> (B, Q1 + Q2)."""
    return map_fields(lambda *both: np.concatenate(both, axis=1), one, other)


def weighted(questions: Questions, weight: float) -> Questions:
    """Scale the weight of questions in the loss."""
    return replace(questions, weight=questions.weight * np.float32(weight))
