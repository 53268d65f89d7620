"""What is hidden and what is asked: from a window of histories to a batch of questions.

Three objectives ask in one form. A question stands at a place in its row, sees some events of the
row, knows which action it asks for, and has a target item:

- `mlm` (BERT4Rec, Sun et al., 2019): events are hidden at random, or only the last one.
- `prefix`: a question for every event, which sees only what came before it; and a question for
  every session, which sees only earlier sessions and asks for its first response: the very
  question of prediction.
- `causal` (SASRec, Kang and McAuley, 2018): every event is asked what comes next.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from stages.bert4rec.histories import Ints, Window
from stages.bert4rec.tokens import FIRST_ITEM, MASK

RESPONSE = 1
GAPS = 28  # buckets of the time since the event before: 0 unknown, then log2 of seconds
HOUR = 3_600_000_000  # microseconds


@dataclass(frozen=True)
class Batch:
    """B rows of L events and Q questions a row; weight 0 marks questions that pad.

    Attributes:
        items: Item ids as the encoder sees them, masks in place, (B, L) int64.
        actions: 0..3, (B, L) int64.
        gaps: Bucket of the time since the event before, (B, L) int64.
        days: Day of the week, 0 Monday, (B, L) int64.
        times: Hours since the row's first event, (B, L) float32.
        sessions: Session ordinals, (B, L) int64.
        lengths: Events of each row, (B,) int64.
        hidden: True where the event's item is masked, (B, L) bool.
        place: Events before the question; for `mlm` the place asked, (B, Q) int64.
        asked: Action asked for, (B, Q) int64.
        gap: Bucket of the time before the event asked for, 0 unknown, (B, Q) int64.
        session: Ordinal of the session asked for, (B, Q) int64.
        target: Item id of the answer, (B, Q) int64.
        weight: Weight in the loss, (B, Q) float32.
        fresh: How many of the Q, from the first on, ask for a vacancy new to the row only.
    """

    items: Tensor
    actions: Tensor
    gaps: Tensor
    days: Tensor
    times: Tensor
    sessions: Tensor
    lengths: Tensor
    hidden: Tensor
    place: Tensor
    asked: Tensor
    gap: Tensor
    session: Tensor
    target: Tensor
    weight: Tensor
    fresh: int = 0

    def to(self, device: torch.device) -> "Batch":
        """Return the same batch on a device."""
        return Batch(*(getattr(self, name).to(device) for name in (*EVENTS, *ASKED)), self.fresh)


EVENTS = ("items", "actions", "gaps", "days", "times", "sessions", "lengths", "hidden")
ASKED = ("place", "asked", "gap", "session", "target", "weight")


def narrowed(batch: Batch, first: int, last: int | None = None) -> Batch:
    """Keep the questions from `first` to before `last`, (B, Q) -> (B, last - first)."""
    return replace(batch, **{name: getattr(batch, name)[:, first:last] for name in ASKED})


@dataclass(frozen=True)
class Questions:
    """The question half of a batch as numpy arrays, all (B, Q)."""

    place: Ints
    asked: Ints
    gap: Ints
    session: Ints
    target: Ints
    weight: np.ndarray


def inside(view: Window) -> np.ndarray:
    """Return True where a position holds an event, (B, L)."""
    return np.arange(view.items.shape[1]) < view.lengths[:, None]


def gap_buckets(view: Window) -> Ints:
    """Bucket of the time since the event before, (B, L): 0 for a row's first event."""
    seconds = np.diff(view.times, axis=1, prepend=view.times[:, :1]) // 1_000_000
    buckets = 1 + np.floor(np.log2(1 + np.maximum(seconds, 0))).astype(np.int64)
    buckets[:, 0] = 0
    return np.where(inside(view), np.minimum(buckets, GAPS - 1), 0)


def every_event(view: Window) -> Questions:
    """One question an event: what stands here, given all before it?"""
    steps = np.broadcast_to(np.arange(view.items.shape[1]), view.items.shape)
    weight = inside(view) & (view.items >= FIRST_ITEM)
    return Questions(
        steps, view.actions, gap_buckets(view), view.sessions, view.items, weight.astype(np.float32)
    )


def next_sessions(view: Window, generator: np.random.Generator, most: int) -> Questions:
    """What will be responded to in a session, given earlier ones: for `most` sessions a row.

    A session with responses is asked for its first one; another for an event drawn at random, with
    that event's action. How long it takes until the session is not known at prediction, so it is
    not told here. The first session of a row is never asked for; of too many, some are drawn.
    """
    answers = _answers(view, generator)  # (B, L): place of the answer where a session starts
    lottery = np.where(answers >= 0, generator.random(answers.shape), -1.0)
    most = max(1, min(most, int((answers >= 0).sum(axis=1).max(initial=0))))
    starts = np.argsort(-lottery, axis=1, kind="stable")[:, :most]
    chosen = np.take_along_axis(answers, starts, axis=1)
    usable, chosen = chosen >= 0, np.maximum(chosen, 0)
    take = lambda values: np.take_along_axis(values, chosen, axis=1)  # noqa: E731
    return Questions(
        place=np.where(usable, starts, 0),
        asked=take(view.actions),
        gap=np.zeros_like(chosen),
        session=take(view.sessions),
        target=take(view.items),
        weight=usable.astype(np.float32),
    )


def _answers(view: Window, generator: np.random.Generator) -> Ints:
    """Place of each session's answer, written where the session starts, else -1, (B, L)."""
    rows, width = view.items.shape
    real = inside(view)
    starts = real & (np.diff(view.sessions, axis=1, prepend=view.sessions[:, :1]) != 0)
    run = np.cumsum(starts, axis=1) + np.arange(rows)[:, None] * (width + 1)  # one id a session
    rank = np.where(view.actions == RESPONSE, -1 - width + np.arange(width), generator.random(run.shape))
    rank = np.where(real & (view.items >= FIRST_ITEM), rank, 2.0)
    order = np.lexsort((rank.ravel(), run.ravel()))
    best = order[np.flatnonzero(np.diff(run.ravel()[order], prepend=-1))]  # least rank of each run
    answer = np.full(rows * (width + 1) + 1, -1, dtype=np.int64)
    answer[run.ravel()[best]] = np.where(rank.ravel()[best] < 1, best % width, -1)
    return np.where(starts, answer[run], -1)


def joined(one: Questions, other: Questions) -> Questions:
    """Both kinds of question side by side, (B, Q1) and (B, Q2) -> (B, Q1 + Q2)."""
    return Questions(
        *(
            np.concatenate([getattr(one, field.name), getattr(other, field.name)], axis=1)
            for field in fields(Questions)
        )
    )


def weighted(questions: Questions, weight: float) -> Questions:
    """Scale the weight of questions in the loss."""
    values = {field.name: getattr(questions, field.name) for field in fields(Questions)}
    return Questions(**values | {"weight": questions.weight * np.float32(weight)})


def masks(
    view: Window, generator: np.random.Generator, mask_prob: float, last_prob: float
) -> np.ndarray:
    """Choose what `mlm` hides, (B, L) bool: at random, or only the last event; at least one each.

    Never a padding or an unknown vacancy; a row without any known vacancy hides nothing.
    """
    allowed = inside(view) & (view.items >= FIRST_ITEM)
    lottery = np.where(allowed, generator.random(view.items.shape), 2.0)
    hidden = lottery < mask_prob
    steps = np.arange(view.items.shape[1])
    last = allowed & (steps == np.max(np.where(allowed, steps, -1), axis=1, keepdims=True))
    only_last = generator.random((len(view.lengths), 1)) < last_prob
    hidden = np.where(only_last, last, hidden)
    least = allowed & (lottery == lottery.min(axis=1, keepdims=True))
    return np.where(hidden.any(axis=1, keepdims=True), hidden, least)


def masked_places(view: Window, hidden: np.ndarray) -> Questions:
    """One question for each hidden event, (B, Q) with Q the most of any row."""
    count = max(int(hidden.sum(axis=1).max(initial=0)), 1)
    chosen = np.argsort(~hidden, axis=1, kind="stable")[:, :count]
    take = lambda values: np.take_along_axis(values, chosen, axis=1)  # noqa: E731
    return Questions(
        place=chosen,
        asked=take(view.actions),
        gap=take(gap_buckets(view)),
        session=take(view.sessions),
        target=take(view.items),
        weight=take(hidden).astype(np.float32),
    )


def what_next(view: Window) -> Questions:
    """One question for each row's future: the first response of the session to come."""
    rows = len(view.lengths)
    end = view.lengths.astype(np.int64)[:, None]
    last = np.take_along_axis(view.sessions, np.maximum(end - 1, 0), axis=1)
    zeros = np.zeros((rows, 1), dtype=np.int64)
    return Questions(
        place=end,
        asked=zeros + RESPONSE,
        gap=zeros,
        session=last + 1,
        target=zeros,
        weight=np.ones((rows, 1), dtype=np.float32),
    )


def with_mask(view: Window) -> tuple[Window, Questions, np.ndarray]:
    """Append one hidden response to each row, for `mlm` at prediction: what is hidden there?"""
    rows, width = view.items.shape
    steps = np.arange(width + 1)
    end = view.lengths[:, None]
    before = np.take_along_axis(view.times, np.maximum(end - 1, 0), axis=1)
    next_session = what_next(view).session

    def extend(values: Ints, value: Ints | int) -> Ints:
        wider = np.concatenate([values, np.zeros((rows, 1), dtype=values.dtype)], axis=1)
        return np.where(steps == end, value, wider)

    longer = Window(
        items=extend(view.items, MASK),
        actions=extend(view.actions, RESPONSE),
        times=extend(view.times, before),
        sessions=extend(view.sessions, next_session),
        lengths=view.lengths + 1,
    )
    return longer, what_next(view), steps == end


def batch(
    view: Window, questions: Questions, hidden: np.ndarray | None = None, fresh: int = 0
) -> Batch:
    """Turn a window and its questions into tensors; hidden events carry the mask id."""
    hidden = np.zeros(view.items.shape, dtype=bool) if hidden is None else hidden
    days = (view.times // (24 * HOUR) + 3) % 7  # 1970-01-01 was a Thursday
    hours = (view.times - view.times[:, :1]) / HOUR

    def whole(values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values).astype(np.int64))

    return Batch(
        items=whole(np.where(hidden, MASK, view.items)),
        actions=whole(view.actions),
        gaps=whole(gap_buckets(view)),
        days=whole(np.where(inside(view), days, 0)),
        times=torch.from_numpy(np.where(inside(view), hours, 0).astype(np.float32)),
        sessions=whole(view.sessions),
        lengths=whole(view.lengths),
        hidden=torch.from_numpy(hidden),
        place=whole(questions.place),
        asked=whole(questions.asked),
        gap=whole(questions.gap),
        session=whole(questions.session),
        target=whole(questions.target),
        weight=torch.from_numpy(questions.weight),
        fresh=fresh,
    )
