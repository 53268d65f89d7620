"""Questions for the next event of a session that has begun, and how rows ask them at prediction."""

import numpy as np
import pytest

from stages.bert4rec.examples import training_examples
from stages.bert4rec.ranking.query_rows import QueryRows
from stages.bert4rec.ranking.question import PAUSE, continued, question
from stages.core.actions import RESPONSE
from stages.core.item_ids import FIRST_ITEM, MASK
from stages.core.time_units import DAY, HOUR
from tests.worlds.small_model import make_model, seen, told

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


@pytest.mark.parametrize(
    ("asks", "config", "sessions", "session"),
    [
        ("session", "event", [3, 3, 4], 5),
        ("event", "session", [3, 3, 3], 3),
        (None, "session", [3, 3, 4], 5),
        (None, "event", [3, 3, 3], 3),
    ],
)
@pytest.mark.parametrize("neighbours", [0, 5])
def test_a_row_asks_for_the_next_session_or_event(
    catalogue, asks, config, sessions, session, neighbours
):
    model = make_model("prefix")
    model.config.asks, model.config.neighbours = config, neighbours
    batch = question(model, catalogue, query_rows(), np.array([1]), asks)
    assert batch.items.tolist() == [[A, B, C]]
    assert batch.sessions.tolist() == [sessions]
    assert [part.tolist() for part in (batch.place, batch.asked, batch.session, batch.when)] == [
        [[3]],
        [[RESPONSE]],
        [[session]],
        [[DAY]],
    ]
    assert bool(batch.near.any()) is bool(neighbours)


def test_an_mlm_row_asks_by_a_hidden_event(catalogue):
    batch = question(make_model("mlm"), catalogue, query_rows(), np.array([1]))
    assert batch.items.tolist() == [[A, B, C, MASK]]
    assert batch.hidden.tolist() == [[False, False, False, True]]
    assert (batch.when.tolist(), batch.session.tolist()) == ([[DAY]], [[5]])


def query_rows():
    """Two rows; the newest session of the second begins half an hour after the event before it."""
    times = [[0], [0, HOUR, HOUR + PAUSE]]
    histories = told([[B], [A, B, C]], [[2], [2, 1, 2]], [[0], [3, 3, 4]], times)
    none = np.zeros(0, dtype=np.int32)
    return QueryRows(histories, np.array([-1, DAY]), 16, none, np.zeros(3, dtype=int))
