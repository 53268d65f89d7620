"""What `mlm` hides (BERT4Rec, Sun et al., 2019): events at random, or only the last one."""

import numpy as np

from stages.bert4rec.histories import Ints, Window
from stages.bert4rec.questions import RESPONSE, Questions, gap_buckets, inside, what_next
from stages.bert4rec.tokens import FIRST_ITEM, MASK


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
        when=take(view.times),
    )


def with_mask(view: Window, asked_at: Ints | None = None) -> tuple[Window, Questions, np.ndarray]:
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
    return longer, what_next(view, asked_at), steps == end
