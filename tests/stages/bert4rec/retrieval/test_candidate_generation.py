"""What questions get from who follows whom, without knowing their answers."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec.examples import training_examples
from stages.bert4rec.examples.histories import Histories, window
from stages.bert4rec.retrieval.candidate_generation import LEAST, NEWEST, near
from stages.bert4rec.retrieval.cooccurrence import neighbours
from stages.bert4rec.retrieval.line_sums import held
from stages.core.item_ids import FIRST_ITEM
from stages.core.time_units import DAY
from tests.oracles.cooccurrence import COUNT, similarity
from tests.worlds.small_model import make_histories, told

KNOWN = FIRST_ITEM + 35  # all items are in the vocabulary


def lists(histories: Histories) -> list[list[int]]:
    return [part.tolist() for part in np.split(histories.items, histories.offsets[1:-1])]


def query(row, place):
    """Weights of the newest events before a place, each vacancy at its last one."""
    weights = {}
    for back in range(1, min(place, NEWEST) + 1):
        item = row[place - back]
        if item >= FIRST_ITEM:
            weights.setdefault(item, 1 / back)
    return weights


def slow_near(rows, row, place, target=None):
    """Scores of what was not met before: the target's are counted without the row."""
    every, without = similarity(rows), similarity(rows, skip=row)
    scores = defaultdict(float)
    for one, weight in query(rows[row], place).items():
        for other in range(FIRST_ITEM, COUNT):
            table = without if other == target else every
            scores[other] += weight * table.get((one, other), 0.0)
    gone = set(rows[row][:place])
    return {i: score for i, score in scores.items() if i not in gone and score > LEAST}


def found(near_ones, row, nth):
    some = near_ones.items[row, nth]
    return dict(zip(some[some > 0].tolist(), near_ones.score[row, nth][some > 0], strict=True))


def assert_as_slow(histories, asked, most=COUNT):
    rows = np.arange(len(histories))
    view = window(histories, rows, 64)
    got = near(neighbours(histories, COUNT), view, held(histories, rows, COUNT), asked, most)
    told_rows = lists(histories)
    for row, nth in zip(*asked.weight.nonzero(), strict=True):
        target = asked.target[row, nth] if asked.source[row, nth] >= 0 else None
        expected = slow_near(told_rows, row, int(asked.place[row, nth]), target)
        assert found(got, row, nth) == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert not got.items[asked.weight == 0].any()


@given(st.lists(st.integers(0, 14), min_size=1, max_size=6), st.integers(0, 99))
def test_events_get_their_neighbours_as_if_their_history_had_not_said_the_answer(lengths, seed):
    """Leave-one-out: a table that was counted without the history gives the answer that score."""
    histories = make_histories(lengths, seed)
    view = window(histories, np.arange(len(lengths)), 64)
    assert_as_slow(histories, training_examples.every_event(view, np.random.default_rng(0), KNOWN))


@given(st.lists(st.integers(0, 14), min_size=1, max_size=6), st.integers(0, 99))
def test_sessions_too_whose_answer_may_have_been_viewed_before_the_response(lengths, seed):
    histories = make_histories(lengths, seed)
    view = window(histories, np.arange(len(lengths)), 64)
    assert_as_slow(
        histories, training_examples.next_sessions(view, np.random.default_rng(0), 9, KNOWN)
    )


def test_a_view_and_a_response_in_one_session_do_not_tell_their_vacancy():
    histories = told([[5, 9, 9], [6, 7, 8]], [[2, 2, 1], [2, 2, 2]], [[0, 1, 1], [0, 0, 0]])
    view, rows = window(histories, np.arange(2), 64), np.arange(2)
    asked = training_examples.next_sessions(view, np.random.default_rng(0), 9, KNOWN)
    assert asked.target[0, 0] == 9
    got = near(neighbours(histories, COUNT), view, held(histories, rows, COUNT), asked, 3)
    assert found(got, 0, 0) == {}  # nobody else went from 5 to 9


@given(st.lists(st.integers(0, 14), min_size=1, max_size=6), st.integers(0, 99))
def test_the_future_is_asked_with_all_that_is_known(lengths, seed):
    histories = make_histories(lengths, seed)
    assert_as_slow(
        histories, training_examples.what_next(window(histories, np.arange(len(lengths)), 64))
    )


@given(st.integers(2, 14), st.integers(0, 99), st.integers(1, 4))
def test_pieces_of_a_history_remember_all_of_it(length, seed, most):
    """In a window, what was met before the window is no neighbour, and distances are the whole's."""
    histories = make_histories([length, 8, 8, 8], seed)
    row = np.array([0])
    view = window(histories, row, most, np.array([length - 1]))
    asked = training_examples.every_event(view, np.random.default_rng(0), KNOWN)
    got = near(neighbours(histories, COUNT), view, held(histories, row, COUNT), asked, COUNT)
    start, told_rows = length - 1 - int(view.lengths[0]), lists(histories)
    for nth in asked.weight[0].nonzero()[0]:
        place = int(asked.place[0, nth])
        inside = told_rows[0][start : start + place]
        gone, target = set(told_rows[0][: start + place]), asked.target[0, nth]
        every, without = similarity(told_rows), similarity(told_rows, skip=0)
        scores = defaultdict(float)
        for one, weight in query(inside, place).items():
            for other in set(range(FIRST_ITEM, COUNT)) - gone:
                table = without if other == target else every
                scores[other] += weight * table.get((one, other), 0.0)
        expected = {item: score for item, score in scores.items() if score > LEAST}
        assert found(got, 0, nth) == pytest.approx(expected, rel=1e-4, abs=1e-6)


@given(st.integers(2, 14), st.integers(0, 99), st.data())
def test_what_comes_after_an_answer_changes_nothing_but_through_the_table(length, seed, data):
    histories = make_histories([length, 9, 9], seed)
    table = neighbours(histories, COUNT)
    place = data.draw(st.integers(0, length - 1))
    items = histories.items.copy()
    items[place + 1 : length] = data.draw(
        st.lists(st.integers(1, 30), min_size=length - place - 1, max_size=length - place - 1)
    )
    results = []
    for row in (histories.items, items):
        other = told([row[:length].tolist()])
        view = window(other, np.array([0]), 64)
        asked = training_examples.every_event(view, np.random.default_rng(0), KNOWN)
        got = near(table, view, held(other, np.array([0]), COUNT), asked, COUNT)
        kept = (asked.weight[0] > 0) & (asked.place[0] <= place)
        results.append((got.items[0, kept].tolist(), got.score[0, kept].tolist()))
    assert results[0] == results[1]


@given(st.integers(1, 6))
def test_the_best_are_taken_where_fewer_are_wanted(most):
    histories = make_histories([14] * 6, 3)
    rows = np.arange(6)
    view, table = window(histories, rows, 64), neighbours(histories, COUNT)
    whole, asked = held(histories, rows, COUNT), training_examples.what_next(view)
    some, every = (near(table, view, whole, asked, wanted) for wanted in (most, COUNT))
    for row in rows:
        best = sorted(every.score[row, 0], reverse=True)[:most]
        assert sorted(some.score[row, 0], reverse=True) == best


@given(st.lists(st.integers(0, 14), min_size=1, max_size=6), st.integers(0, 99))
def test_a_late_question_hears_only_of_what_was_counted_before_it(lengths, seed):
    """Events from the cut on may change as they like."""
    histories, rows = make_histories(lengths, seed), np.arange(len(lengths))
    view, known = window(histories, rows, 64), neighbours(histories, COUNT)
    asked = training_examples.every_event(view, np.random.default_rng(0), KNOWN)
    got = near(known, view, held(histories, rows, COUNT), asked, COUNT, lag=0)
    told_rows = lists(histories)
    moments = np.split(histories.times, histories.offsets[1:-1])
    for row, nth in zip(*asked.weight.nonzero(), strict=True):
        earlier = [cut for cut in known.cuts if cut <= asked.when[row, nth]]
        cut = max(earlier, default=0)
        before = [
            [item for item, time in zip(items, times, strict=True) if time < cut]
            for items, times in zip(told_rows, moments, strict=True)
        ]
        every = similarity(before)
        scores = defaultdict(float)
        place = int(asked.place[row, nth])
        for one, weight in query(told_rows[row], place).items():
            for other in set(range(FIRST_ITEM, COUNT)) - set(told_rows[row][:place]):
                scores[other] += weight * every.get((one, other), 0.0)
        expected = {item: score for item, score in scores.items() if score > LEAST}
        assert found(got, row, nth) == pytest.approx(expected, rel=1e-4, abs=1e-6)
        stale = (asked.when[row, nth] - cut) / DAY if earlier else 0
        assert got.stale[row, nth] == pytest.approx(stale, rel=1e-5)


def test_a_lag_asks_an_earlier_cut():
    histories, rows = make_histories([14] * 6, 3), np.arange(6)
    view, known = window(histories, rows, 64), neighbours(histories, COUNT)
    asked = training_examples.every_event(view, np.random.default_rng(0), KNOWN)
    whole = held(histories, rows, COUNT)
    sooner, later = (near(known, view, whole, asked, 9, lag) for lag in (0, int(known.cuts[-1])))
    assert later.score.sum() < sooner.score.sum()


def test_after_the_train_part_its_age_is_told():
    histories, rows = make_histories([14] * 6, 3), np.arange(6)
    view, known = window(histories, rows, 64), neighbours(histories, COUNT)
    asked = training_examples.what_next(view, np.full(6, known.end + 2 * DAY))
    got = near(known, view, held(histories, rows, COUNT), asked, 9)
    assert got.stale.tolist() == [[2.0]] * 6
