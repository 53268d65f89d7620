"""Questions by hand: which are asked, and all that each of them says."""

from dataclasses import fields

import numpy as np

from stages.bert4rec.examples import training_examples
from stages.bert4rec.examples.histories import Window, window
from stages.bert4rec.examples.training_examples import Questions
from stages.core.item_ids import FIRST_ITEM, UNK
from stages.core.time_units import HOUR, SECOND
from tests.worlds.small_model import TRAINED, make_histories, seen

KNOWN = FIRST_ITEM + TRAINED


def test_a_weight_scales_questions_and_changes_nothing_else() -> None:
    rows = window(make_histories([5, 9, 2]), np.arange(3), 8)
    whole = training_examples.every_event(rows, np.random.default_rng(0), TRAINED)
    assert whole.weight.any()
    found = training_examples.weighted(whole, 0.25)
    assert found.weight.dtype == whole.weight.dtype
    assert found.weight.tolist() == (whole.weight / 4).tolist()
    for field in fields(Questions):
        if field.name != "weight":
            assert getattr(found, field.name) is getattr(whole, field.name)


Asked = tuple[int, int, int, int, int, float, int, int]
ROW = [7, 8, 9, 10, 7, 11]
ACTIONS = [2, 1, 2, 1, 1, 3]
SESSIONS = [0, 0, 1, 1, 1, 2]


def view() -> Window:
    """Sessions 7 8, 9 10 7 and 11, an hour between events; 8, 10 and the second 7 are responses."""
    return seen([ROW], [ACTIONS], [SESSIONS])


def asked(questions: Questions) -> list[Asked]:
    """All fields of the questions of weight, by row and place."""
    columns = [getattr(questions, field.name) for field in fields(Questions)]
    return sorted(
        tuple(column[row, nth].item() for column in columns)
        for row, nth in zip(*questions.weight.nonzero(), strict=True)
    )


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_every_event_whose_vacancy_is_new_is_asked_for() -> None:
    found = training_examples.every_event(view(), generator(), KNOWN)
    assert [one[:2] + one[3:] for one in asked(found)] == [
        (place, ACTIONS[place], SESSIONS[place], ROW[place], 1.0, place * HOUR, place)
        for place in (0, 1, 2, 3, 5)
    ]
    assert found.weight.dtype == np.float32


def test_an_event_is_told_the_gap_before_it_or_nothing() -> None:
    found = [training_examples.every_event(view(), generator(seed), KNOWN) for seed in range(20)]
    gaps = {(one[0], one[2]) for every in found for one in asked(every)}
    assert gaps == {(0, 0)} | {(place, gap) for place in (1, 2, 3, 5) for gap in (0, 12)}


def test_the_vocabulary_ends_before_the_first_id_that_is_not_trained() -> None:
    row = seen([[UNK, FIRST_ITEM, KNOWN - 1, KNOWN]])
    found = training_examples.every_event(row, generator(), KNOWN)
    assert [one[4] for one in asked(found)] == [FIRST_ITEM, KNOWN - 1]


def test_a_session_is_asked_for_its_first_response_where_it_starts() -> None:
    found = training_examples.next_sessions(view(), generator(), 9, KNOWN)
    assert asked(found) == [
        (2, 1, 0, 1, 10, 1.0, 2 * HOUR, 3),
        (5, 3, 0, 2, 11, 1.0, 5 * HOUR, 5),  # without a response: any event, with its action
    ]
    assert found.weight.dtype == np.float32


def test_a_session_without_a_response_is_asked_for_any_of_its_known_events() -> None:
    row = seen([[7, UNK, 8, 9, 10]], [[2] * 5], [[0, 1, 1, 1, 1]])
    found = {
        asked(training_examples.next_sessions(row, generator(seed), 9, KNOWN))[0][-1]
        for seed in range(40)
    }
    assert found == {2, 3, 4}


def test_of_too_many_sessions_some_are_drawn() -> None:
    row = seen([[7, 8, 9, 10], [7, 8]], [[1] * 4, [1] * 2], [[0, 1, 2, 3], [0, 1]])
    drawn = set()
    for seed in range(40):
        found = training_examples.next_sessions(row, generator(seed), 2, KNOWN)
        assert found.weight.tolist() == [[1, 1], [1, 0]]
        drawn.add(tuple(sorted(found.place[0].tolist())))
    assert drawn == {(1, 2), (1, 3), (2, 3)}


def test_no_more_places_than_the_row_that_asks_most() -> None:
    row = seen([[7, 8, 9], [7, 8]], [[1] * 3, [1] * 2], [[0, 1, 2], [0, 1]])
    found = training_examples.next_sessions(row, generator(), 9, KNOWN)
    assert found.weight.tolist() == [[1, 1], [1, 0]]


def test_sessions_of_two_rows_are_two() -> None:
    """The first row changes its session at every event, the second never."""
    row = seen([[7, 8, 9], [10, 11, 12]], [[2] * 3, [1] * 3], [[0, 1, 2], [2, 2, 2]])
    found = training_examples.next_sessions(row, generator(), 9, KNOWN)
    assert [(one[0], one[4], one[7]) for one in asked(found)] == [(1, 8, 1), (2, 9, 2)]


def test_many_questions_stay_in_order_when_those_without_weight_go() -> None:
    every = training_examples.every_event(seen([[7, 8, 9, UNK] * 16]), generator(), KNOWN)
    weight = np.tile(np.float32([0, 1, 1]), (1, 20))
    place = np.arange(60)[None]
    many = Questions(*[place] * 5, weight, place, place)
    assert training_examples.compact(many).place[0].tolist() == place[weight > 0].tolist()
    assert every.place[0].tolist() == [0, 1, 2]


def test_an_answer_is_of_the_vocabulary_or_of_an_earlier_session() -> None:
    last, first = KNOWN - 1, KNOWN
    answers = {
        (first, 7, last): [last],
        (first, 7, first): [first],
        (7, 8, first): [],
        (7, first, first): [],  # shown in the session of the answer only
        (7, 8, FIRST_ITEM): [FIRST_ITEM],
    }
    for (old, other, new), expected in answers.items():
        row = seen([[old, other, new]], [[2, 2, 1]], [[0, 1, 1]])
        found = training_examples.next_sessions(row, generator(), 9, KNOWN)
        assert [one[4] for one in asked(found)] == expected


def test_nothing_is_asked_of_one_session() -> None:
    row = seen([[7, 8]])
    found = training_examples.next_sessions(row, generator(), 9, KNOWN)
    assert (found.weight.tolist(), found.place.tolist()) == ([[0.0]], [[0]])


def test_events_are_asked_for_where_their_session_has_begun() -> None:
    found = training_examples.next_events(view(), generator(), 9, KNOWN)
    assert asked(found) == [
        (1, 1, 0, 0, 8, 1.0, 1 * HOUR, 1),
        (3, 1, 0, 1, 10, 1.0, 3 * HOUR, 3),
        (4, 1, 0, 1, 7, 1.0, 4 * HOUR, 4),
    ]


def test_the_first_event_of_a_row_is_never_asked_for_whatever_its_session() -> None:
    for first in range(3):
        row = seen([[7, 8]], [[1, 1]], [[first, first]])
        found = training_examples.next_events(row, generator(), 9, KNOWN)
        assert [one[0] for one in asked(found)] == [1]


def test_responses_are_asked_for_before_other_events() -> None:
    row = seen([[7, 8, 9, 10, 11, UNK, FIRST_ITEM]], [[2, 2, 1, 3, 1, 1, 0]])
    drawn = set()
    for seed in range(40):
        found = training_examples.next_events(row, generator(seed), 3, KNOWN)
        drawn.add(tuple(sorted(found.place[0].tolist())))
    assert drawn == {(1, 2, 4), (2, 3, 4), (2, 4, 6)}


def test_what_is_next_is_a_response_behind_the_last_event() -> None:
    rows = seen([ROW, []], [ACTIONS, []], [SESSIONS, []])
    now = np.array([100, 200])
    later = training_examples.what_next(rows, now)
    assert asked(later) == [(0, 1, 0, 1, 0, 1.0, 200, -1), (6, 1, 0, 3, 0, 1.0, 100, -1)]
    inside = training_examples.what_next(rows, now, new_session=False)
    assert inside.session.tolist() == [[2], [0]]
    unknown = training_examples.what_next(rows)
    assert unknown.when.tolist() == [[-1], [-1]]
    assert unknown.weight.dtype == np.float32


def test_questions_stand_side_by_side() -> None:
    one = training_examples.what_next(view())
    other = training_examples.next_events(view(), generator(), 9, KNOWN)
    both = training_examples.joined(one, other)
    assert both.place.shape == (1, 4)
    assert asked(both) == sorted(asked(one) + asked(other))


def test_gaps_of_rows_start_at_their_first_event_and_end_with_their_last() -> None:
    times = [[5, 5 + 3, 5 + 3], [9]]
    rows = seen([[7, 8, 9], [7]], times=[[time * SECOND for time in row] for row in times])
    assert training_examples.gap_buckets(rows).tolist() == [[0, 3, 1], [0, 0, 0]]


def test_gaps_below_zero_count_as_zero_and_the_longest_share_a_bucket() -> None:
    times = [[10**9, 0, 2**40]]
    rows = seen([[7, 8, 9]], times=[[time * SECOND for time in row] for row in times])
    assert training_examples.gap_buckets(rows).tolist() == [[0, 1, training_examples.GAPS - 1]]
