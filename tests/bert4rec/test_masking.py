from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec import masking, questions
from stages.bert4rec.batch import tensors
from stages.bert4rec.histories import Window, window
from stages.bert4rec.tokens import FIRST_ITEM, MASK, UNK
from tests.bert4rec.conftest import make_histories

LENGTHS = st.lists(st.integers(0, 20), min_size=1, max_size=8)


def view_of(lengths: list[int], seed: int) -> Window:
    return window(make_histories(lengths, seed), np.arange(len(lengths)), 12)


@given(LENGTHS, st.integers(0, 99), st.floats(0, 1), st.floats(0, 1))
def test_masks_hide_known_vacancies_only_and_at_least_one(lengths, seed, mask_prob, last_prob):
    view = view_of(lengths, seed)
    hidden = masking.masks(view, np.random.default_rng(seed), mask_prob, last_prob)
    assert (view.items[hidden] >= FIRST_ITEM).all()
    known = (view.items >= FIRST_ITEM).any(axis=1)
    assert (hidden.any(axis=1) == known).all()


def test_last_prob_one_hides_exactly_the_last_known_event():
    items = np.array([[7, 8, UNK, 0], [9, 0, 0, 0]])
    zeros = np.zeros_like(items)
    view = Window(items, zeros, zeros, zeros, np.array([3, 1]))
    hidden = masking.masks(view, np.random.default_rng(0), 0.5, 1.0)
    assert hidden.tolist() == [[False, True, False, False], [True, False, False, False]]


@given(LENGTHS, st.integers(0, 99))
def test_every_hidden_event_is_asked_once_and_shows_the_mask(lengths, seed):
    view = view_of(lengths, seed)
    hidden = masking.masks(view, np.random.default_rng(seed), 0.4, 0.1)
    made = tensors(view, masking.masked_places(view, hidden), hidden)
    asked = {
        (row, place, target)
        for row in range(len(lengths))
        for place, target, weight in zip(
            made.place[row].tolist(),
            made.target[row].tolist(),
            made.weight[row].tolist(),
            strict=True,
        )
        if weight
    }
    assert asked == {(r, p, view.items[r, p]) for r, p in zip(*hidden.nonzero(), strict=True)}
    assert (made.items.numpy()[hidden] == MASK).all()
    assert (made.items.numpy()[~hidden] == view.items[~hidden]).all()


def slow_sessions(view: Window) -> list[dict[int, int | None]]:
    """For each row: where each session but the first starts -> its first response's place."""
    found = []
    for row, length in enumerate(view.lengths):
        starts = [
            place
            for place in range(1, length)
            if view.sessions[row, place] != view.sessions[row, place - 1]
        ]
        answers = {}
        for start, end in pairwise([*starts, length]):
            answers[start] = next(
                (
                    place
                    for place in range(start, end)
                    if view.actions[row, place] == questions.RESPONSE
                    and view.items[row, place] >= FIRST_ITEM
                ),
                None,
            )
        found.append(answers)
    return found


@given(LENGTHS, st.integers(0, 99))
def test_each_session_but_the_first_is_asked_for_its_first_response(lengths, seed):
    view = view_of(lengths, seed)
    asked = questions.next_sessions(view, np.random.default_rng(seed), 99)
    for row, answers in enumerate(slow_sessions(view)):
        got = {
            int(place): (int(target), int(action))
            for place, target, action, weight in zip(
                asked.place[row],
                asked.target[row],
                asked.asked[row],
                asked.weight[row],
                strict=True,
            )
            if weight
        }
        assert set(got) <= set(answers)
        for start, response in answers.items():
            if response is not None:
                assert got[start] == (view.items[row, response], questions.RESPONSE)


def test_every_event_is_asked_from_what_came_before():
    view = view_of([4, 2], 1)
    asked = questions.every_event(view)
    assert asked.place[0, :4].tolist() == [0, 1, 2, 3]
    assert (asked.target == view.items).all()
    assert asked.weight[1, 2:].sum() == 0


@pytest.mark.parametrize(("seconds", "bucket"), [(0, 1), (1, 2), (3, 3), (3_600, 12), (10**9, 27)])
def test_gaps_grow_by_octaves(seconds, bucket):
    times = np.array([[5, 5 + seconds]]) * 1_000_000
    zeros = np.zeros((1, 2), dtype=np.int64)
    view = Window(zeros + 3, zeros, times, zeros, np.array([2]))
    assert questions.gap_buckets(view).tolist() == [[0, bucket]]


def test_days_of_the_week_start_on_monday():
    monday = 1_698_624_000_000_000  # 2023-10-30 00:00
    zeros = np.zeros((1, 2), dtype=np.int64)
    times = np.array([[monday, monday + 2 * 86_400_000_000]])
    view = Window(zeros + 3, zeros, times, zeros, np.array([2]))
    assert tensors(view, questions.what_next(view)).days.tolist() == [[0, 2]]
