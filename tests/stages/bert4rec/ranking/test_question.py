"""Questions for the next event of a session that has begun, and how rows ask them at prediction."""

import numpy as np

from stages.bert4rec.examples import training_examples
from stages.bert4rec.ranking.question import PAUSE, continued
from stages.core.item_ids import FIRST_ITEM
from stages.core.time_units import HOUR
from tests.worlds.small_model import seen

A, B, C = 10, 11, 12
TRAINED = FIRST_ITEM + 20


def asked(view, most=12):
    found = training_examples.next_events(view, np.random.default_rng(0), most, TRAINED)
    real = found.weight[0] > 0
    return {
        int(place): (int(action), int(target), int(session))
        for place, action, target, session in zip(
            found.place[0][real], found.asked[0][real], found.target[0][real],
            found.session[0][real], strict=True,
        )
    }  # fmt: skip


def test_events_are_asked_for_inside_their_session_old_vacancies_too():
    view = seen([[A, A, B, C, B]], [[2, 1, 2, 2, 1]], [[0, 0, 1, 1, 1]])
    assert asked(view) == {1: (1, A, 0), 3: (2, C, 1), 4: (1, B, 1)}


def test_responses_are_asked_for_first():
    view = seen([[A, B, C, A, B]], [[2, 2, 1, 2, 1]], [[0] * 5])
    assert set(asked(view, most=2)) == {2, 4}


def test_an_answer_is_of_the_vocabulary_or_was_shown_before():
    rare = TRAINED + 3
    view = seen([[A, rare, B, rare]], [[2] * 4], [[0] * 4])
    assert set(asked(view)) == {2, 3}


def test_one_session_an_event_leaves_nothing_to_ask():
    assert asked(seen([[A, B, C]], [[1] * 3], [[0, 1, 2]])) == {}


def test_a_session_that_was_cut_in_two_goes_on():
    times = [[0, HOUR, HOUR + PAUSE]]
    view = seen([[A, B, C]], [[1] * 3], [[0, 0, 1]], times)
    assert continued(view).sessions.tolist() == [[0, 0, 0]]


def test_a_session_goes_on_from_the_very_first_event():
    view = seen([[A, B], [C]], [[1] * 2, [1]], [[4, 5], [3]], [[0, PAUSE], [HOUR]])
    assert continued(view).sessions.tolist() == [[4, 4], [3, 0]]


def test_a_session_after_a_pause_is_another_one():
    times = [[0, HOUR, HOUR + PAUSE + 1]]
    view = seen([[A, B, C]], [[1] * 3], [[0, 0, 1]], times)
    assert continued(view).sessions.tolist() == [[0, 0, 1]]


def test_rows_of_one_session_and_of_nothing_stay_as_they_are():
    view = seen([[A, B], []], [[1, 1], []], [[3, 3], []], [[0, 1], []])
    assert continued(view).sessions.tolist() == [[3, 3], [0, 0]]
