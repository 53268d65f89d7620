"""Masking for the `mlm` objective (BERT4Rec, Sun et al., 2019): one of three policies a row.

- `mlm`: positions at random; each asks for a vacancy that the row shows nowhere else.
- `last`: the last event.
- `next_response`: the row is cut where a session begins, and what follows is asked for by one
  hidden response, as at prediction; several cuts of one history stand in one batch.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from stages.bert4rec.examples.histories import Ints, Window
from stages.bert4rec.examples.training_examples import (
    Questions,
    compact,
    first_places,
    gap_buckets,
    inside,
    next_sessions,
    what_next,
)
from stages.core.fieldwise import map_fields
from stages.core.item_ids import FIRST_ITEM, MASK

MLM, LAST, NEXT_RESPONSE = range(3)
EVENTS = ("items", "actions", "times", "sessions", "ranks", "met")
CUTS = 3  # of one history in one batch


@dataclass(frozen=True)
class Hidden:
    """Rows, where they are hidden (B, L), and what is asked: first for new vacancies only."""

    view: Window
    hidden: np.ndarray
    fresh: Questions
    late: Questions


def hide(
    view: Window,
    generator: np.random.Generator,
    *,
    mask_prob: float,
    weights: tuple[float, float, float],
    trained: int,
) -> Hidden:
    """Choose a policy for each row and apply it.

    Args:
        view: The rows.
        generator: Source of all choices.
        mask_prob: Share of positions that `mlm` hides.
        weights: How often each policy is taken, in the order of this module.
        trained: First item id without an id embedding.
    """
    chances = np.asarray(weights) / np.sum(weights)
    policy = generator.choice(len(weights), size=len(view.lengths), p=chances)
    ahead = next_sessions(view, generator, CUTS, trained)
    cut = (ahead.weight > 0) & (policy == NEXT_RESPONSE)[:, None]
    whole = np.flatnonzero(~cut.any(axis=1))
    kept = hide_in_place(
        rows_of(view, whole), generator, mask_prob, policy[whole] == MLM, trained=trained
    )
    return stacked(kept, hide_ahead(view, ahead, cut))


def hide_in_place(
    view: Window,
    generator: np.random.Generator,
    mask_prob: float,
    at_random: np.ndarray,
    *,
    trained: int,
) -> Hidden:
    """Hide at random where `at_random` (B,), else the last event; never nothing, never padding.

    A row in which no random place can be asked for hides its last event.
    """
    allowed = inside(view) & (view.items >= FIRST_ITEM)
    lottery = np.where(allowed & (view.items < trained), generator.random(allowed.shape), 2.0)
    least = lottery == lottery.min(axis=1, keepdims=True, initial=2.0)
    hidden = ((lottery < mask_prob) | least) & (lottery < 1) & at_random[:, None]
    fresh = masked_places(view, hidden, trained)
    steps = np.arange(view.items.shape[1])
    last = allowed & (steps == np.max(np.where(allowed, steps, -1), axis=1, keepdims=True))
    by_last = ~(fresh.weight > 0).any(axis=1, keepdims=True)
    hidden = np.where(by_last, last, hidden)
    late = compact(every_place(view, last & by_last, _answerable(view, last, trained)))
    return Hidden(view, hidden, fresh, late)


def hide_ahead(view: Window, ahead: Questions, cut: np.ndarray) -> Hidden:
    """Cut rows before the sessions asked for, where `cut` (B, Q); one hidden event follows."""
    rows, nth = np.nonzero(cut)
    short = rows_of(view, rows)
    short = replace(short, lengths=ahead.place[rows, nth])
    before = np.arange(view.items.shape[1]) < short.lengths[:, None]
    short = map_fields(lambda values: np.where(before, values, 0), short, names=EVENTS)
    asked = map_fields(lambda values: values[rows, nth][:, None], ahead)
    longer, hidden = with_mask(short, asked)
    return Hidden(longer, hidden, compact(no_questions(asked)), asked)


def masked_places(view: Window, hidden: np.ndarray, trained: int) -> Questions:
    """One question for each hidden event whose vacancy is shown nowhere else, (B, Q)."""
    key = first_places(view) + np.arange(len(view.items))[:, None] * view.items.shape[1]
    shown = np.bincount(key.ravel(), (inside(view) & ~hidden).ravel(), minlength=key.size)
    alone = (shown[key] == 0) & (view.items < trained)
    return compact(every_place(view, hidden, hidden & alone))


def every_place(view: Window, asked: np.ndarray, counted: np.ndarray) -> Questions:
    """One question a place of the row, of weight 1 where asked and counted, (B, L)."""
    return Questions(
        place=np.broadcast_to(np.arange(view.items.shape[1]), view.items.shape),
        asked=view.actions,
        gap=gap_buckets(view),
        session=view.sessions,
        target=view.items,
        weight=(asked & counted).astype(np.float32),
        when=view.times,
        source=np.broadcast_to(np.arange(view.items.shape[1]), view.items.shape),
    )


def with_mask(view: Window, asked: Questions) -> tuple[Window, np.ndarray]:
    """Append one hidden event to each row: what is hidden there? Also says where, (B, L + 1)."""
    width = view.items.shape[1]
    end = view.lengths[:, None]
    before = np.take_along_axis(view.times, np.clip(end - 1, 0, width - 1), axis=1)
    here = np.arange(width + 1) == end

    def extend(values: Ints, value: Ints | int) -> Ints:
        wider = np.concatenate([values, np.zeros((len(values), 1), dtype=values.dtype)], axis=1)
        return np.where(here, value, wider)

    longer = Window(
        items=extend(view.items, MASK),
        actions=extend(view.actions, asked.asked),
        times=extend(view.times, before),
        sessions=extend(view.sessions, asked.session),
        ranks=extend(view.ranks, 0),
        met=extend(view.met, 0),
        lengths=view.lengths + 1,
    )
    return longer, here


def what_is_next(
    view: Window, asked_at: Ints | None = None
) -> tuple[Window, Questions, np.ndarray]:
    """Ask each row for the future by one hidden response at its end."""
    asked = what_next(view, asked_at)
    longer, hidden = with_mask(view, asked)
    return longer, asked, hidden


def rows_of(view: Window, rows: Ints) -> Window:
    """Take some rows, in any order and number."""
    return map_fields(lambda values: values[rows], view)


def no_questions(like: Questions) -> Questions:
    """Return the same questions without weight."""
    return replace(like, weight=np.zeros_like(like.weight))


def stacked(one: Hidden, other: Hidden) -> Hidden:
    """Put rows under rows, padded to one width."""
    width = max(one.view.items.shape[1], other.view.items.shape[1])
    return Hidden(
        map_fields(_concatenated, _wide(one.view, width), _wide(other.view, width)),
        np.concatenate([_right(one.hidden, width), _right(other.hidden, width)]),
        _under(one.fresh, other.fresh),
        _under(one.late, other.late),
    )


def _answerable(view: Window, asked: np.ndarray, trained: int) -> np.ndarray:
    """Where the vacancy is one of the vocabulary or shown at an earlier place, (B, L)."""
    steps = np.arange(view.items.shape[1])
    return asked & ((view.items < trained) | (first_places(view) < steps))


def _under(one: Questions, other: Questions) -> Questions:
    width = max(one.place.shape[1], other.place.shape[1])
    wide = partial(_right, width=width)
    return map_fields(_concatenated, map_fields(wide, one), map_fields(wide, other))


def _concatenated(*parts: np.ndarray) -> np.ndarray:
    return np.concatenate(parts)


def _right(values: np.ndarray, width: int) -> np.ndarray:
    return np.pad(values, ((0, 0), (0, width - values.shape[1])))


def _wide(view: Window, width: int) -> Window:
    return map_fields(partial(_right, width=width), view, names=EVENTS)
