from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec.batching.batch import tensors
from stages.bert4rec.examples import masking, training_examples
from stages.bert4rec.examples.histories import Window, window
from stages.core.item_ids import FIRST_ITEM, MASK, UNK
from stages.core.time_units import DAY, HOUR
from tests.worlds.small_model import TRAINED, make_histories, seen
from tests.worlds.strategies import item_lists

LENGTHS = st.lists(st.integers(0, 20), min_size=1, max_size=8)


def view_of(lengths: list[int], seed: int) -> Window:
    return window(make_histories(lengths, seed), np.arange(len(lengths)), 12)


WEIGHTS = st.tuples(*[st.sampled_from((0.0, 1.0, 2.0))] * 3).filter(any)
KNOWN = FIRST_ITEM + TRAINED


def hide(view: Window, seed: int, weights, mask_prob: float = 0.3) -> masking.Hidden:
    generator = np.random.default_rng(seed)
    return masking.hide(view, generator, mask_prob=mask_prob, weights=weights, trained=KNOWN)


def counted(asked: training_examples.Questions) -> list[tuple[int, int, int, int]]:
    """Row, place, target and action of each question that counts."""
    return [
        (int(row), *(int(part[row, nth]) for part in (asked.place, asked.target, asked.asked)))
        for row, nth in zip(*asked.weight.nonzero(), strict=True)
    ]


@given(LENGTHS, st.integers(0, 99), WEIGHTS, st.floats(0, 1))
def test_only_known_vacancies_are_hidden_and_asked_for_at_their_place(lengths, seed, weights, prob):
    made = hide(view_of(lengths, seed), seed, weights, prob)
    view = made.view
    assert not made.hidden[~training_examples.inside(view)].any()
    true = view.items[made.hidden]
    assert ((true >= FIRST_ITEM) | (true == MASK)).all()  # MASK: appended for what follows
    assert (tensors(view, made.fresh, made.hidden).items.numpy()[made.hidden] == MASK).all()
    for row, place, target, _ in counted(made.fresh):
        assert made.hidden[row, place]
        assert FIRST_ITEM <= target < KNOWN
        shown = view.items[row, training_examples.inside(view)[row] & ~made.hidden[row]]
        assert target == view.items[row, place]
        assert target not in shown
    for row, place, target, _ in counted(made.late):
        assert made.hidden[row].nonzero()[0].tolist() == [place]
        assert target >= FIRST_ITEM
        assert target < KNOWN or target in view.items[row, :place]


@given(LENGTHS, st.integers(0, 99), WEIGHTS)
def test_a_row_whose_last_vacancy_can_be_asked_for_has_a_question(lengths, seed, weights):
    view = view_of(lengths, seed)
    made = hide(view, seed, weights)
    asking = {row for row, *_ in counted(made.fresh) + counted(made.late)}
    for row in range(len(made.view.lengths)):
        items = made.view.items[row, : made.view.lengths[row]].tolist()
        known = [place for place, item in enumerate(items) if item >= FIRST_ITEM]
        if known and (items[known[-1]] < KNOWN or items[known[-1]] in items[: known[-1]]):
            assert row in asking


def test_last_hides_exactly_the_last_known_event():
    view = seen([[7, 8, UNK], [9], [7, 9, 7]])
    made = hide(view, 0, (0.0, 1.0, 0.0))
    assert made.hidden[:, :3].tolist() == [
        [False, True, False],
        [True, False, False],
        [False, False, True],
    ]
    assert [one[:3] for one in counted(made.late)] == [(0, 1, 8), (1, 0, 9), (2, 2, 7)]
    assert counted(made.fresh) == []


def test_a_vacancy_is_masked_at_random_only_if_that_tells_something():
    """7 stands twice: to hide one of them asks for nothing, to hide both asks twice."""
    view = seen([[7, 7]])
    for seed in range(20):
        made = hide(view, seed, (1.0, 0.0, 0.0), 0.5)
        hidden = made.hidden[0, :2].tolist()
        assert counted(made.fresh) == ([(0, 0, 7, 2), (0, 1, 7, 2)] if all(hidden) else [])
        assert counted(made.late) == ([] if all(hidden) else [(0, 1, 7, 2)])


def test_at_random_all_and_only_vacancies_of_the_vocabulary_are_hidden():
    """The first and the last of it too; `KNOWN` is the first vacancy that is none of it."""
    view = seen([[FIRST_ITEM, KNOWN - 1, KNOWN, UNK]])
    made = hide(view, 0, (1.0, 0.0, 0.0), mask_prob=1.0)
    assert made.hidden[0, :4].tolist() == [True, True, False, False]
    assert counted(made.fresh) == [(0, 0, FIRST_ITEM, 2), (0, 1, KNOWN - 1, 2)]


def every_field(asked: training_examples.Questions) -> list[tuple[float, ...]]:
    """All that each question says that counts."""
    columns = [getattr(asked, field.name) for field in fields(asked)]
    return [
        tuple(column[row, nth].item() for column in columns)
        for row, nth in zip(*asked.weight.nonzero(), strict=True)
    ]


def test_a_hidden_event_is_asked_for_with_all_that_is_known_of_it():
    view = seen([[7, 8], [9]], [[2, 3], [1]], [[4, 5], [6]], [[0, DAY], [HOUR]])
    last = hide(view, 0, (0.0, 1.0, 0.0))
    assert every_field(last.late) == [
        (1, 3, 17, 5, 8, 1.0, DAY, 1),
        (0, 1, 0, 6, 9, 1.0, HOUR, 0),
    ]
    everywhere = hide(view, 0, (1.0, 0.0, 0.0), mask_prob=1.0)
    assert every_field(everywhere.fresh) == [
        (0, 2, 0, 4, 7, 1.0, 0, 0),
        (1, 3, 17, 5, 8, 1.0, DAY, 1),
        (0, 1, 0, 6, 9, 1.0, HOUR, 0),
    ]
    for made in (last, everywhere):
        assert made.fresh.weight.dtype == made.late.weight.dtype == np.float32
        assert made.hidden.dtype == np.bool_


def test_a_cut_is_asked_for_with_all_that_is_known_of_its_answer():
    view = seen([[7, 8, 9]], [[2, 2, 1]], [[4, 5, 5]], [[0, DAY, DAY + HOUR]])
    made = hide(view, 0, (0.0, 0.0, 1.0))
    assert every_field(made.late) == [(1, 1, 0, 5, 9, 1.0, DAY, 2)]
    names = ("items", "actions", "times", "sessions", "ranks", "met", "lengths")
    assert [getattr(made.view, name)[0].tolist() for name in names] == [
        [7, MASK, 0, 0],
        [2, 1, 0, 0],
        [0, 0, 0, 0],
        [4, 5, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        2,
    ]
    assert made.hidden.tolist() == [[False, True, False, False]]


def test_what_is_next_is_asked_when_it_is_asked():
    view = seen([[7, 8]], [[2, 3]], [[4, 5]], [[0, DAY]])
    longer, asked, _ = masking.what_is_next(view, np.array([9 * DAY]))
    assert every_field(asked) == [(2, 1, 0, 6, 0, 1.0, 9 * DAY, -1)]
    assert (longer.times.tolist(), longer.ranks.tolist()) == ([[0, DAY, DAY]], [[0, 1, 0]])
    assert longer.met.tolist() == [[0, 1, 0]]
    for name in masking.EVENTS:
        assert np.issubdtype(getattr(longer, name).dtype, np.integer)


def test_rows_of_two_widths_are_padded_to_one():
    views = [seen([[7, 8, 9]]), seen([[10]])]
    halves = [hide(view, 0, (0.0, 1.0, 0.0)) for view in views]
    for one, other in (halves, halves[::-1]):
        made = masking.stacked(one, other)
        rows = sorted(zip(made.view.items.tolist(), made.hidden.tolist(), strict=True))
        wide = [[7, 8, 9], [10, 0, 0]]
        assert [row[:3] for row, _ in rows] == wide
        assert [row[:3] for _, row in rows] == [[False, False, True], [True, False, False]]
        assert sorted(one[:3] for one in map(tuple, every_field(made.late))) == [
            (0, 2, 0),
            (2, 2, 12),
        ]


def test_where_no_vacancy_can_be_asked_for_the_last_is_hidden_and_nothing_is_asked():
    made = hide(seen([[KNOWN + 1, KNOWN, UNK]]), 0, (1.0, 0.0, 0.0))
    assert made.hidden[0, :3].tolist() == [False, True, False]
    assert counted(made.fresh) == counted(made.late) == []


@given(LENGTHS, st.integers(0, 99))
def test_a_cut_shows_nothing_of_what_follows(lengths, seed):
    """Every row is a beginning of a history, up to a session, and one hidden event."""
    view = view_of(lengths, seed)
    made = hide(view, seed, (0.0, 0.0, 1.0))
    cuts = 0
    for row, length in enumerate(made.view.lengths.tolist()):
        if made.view.items[row, length - 1] != MASK:
            continue
        cuts += 1
        before = made.view.items[row, : length - 1].tolist()
        own = [
            source
            for source in range(len(view.lengths))
            if view.items[source, : length - 1].tolist() == before
            and view.times[source, : length - 1].tolist()
            == made.view.times[row, : length - 1].tolist()
            and view.lengths[source] >= length
            and view.sessions[source, length - 1] == made.view.sessions[row, length - 1]
        ]
        assert own
        assert view.sessions[own[0], length - 2] != view.sessions[own[0], length - 1]
        assert made.view.times[row, length - 1] == made.view.times[row, length - 2]
        for name in masking.EVENTS:
            assert not getattr(made.view, name)[row, length:].any()
        for one in counted(made.late):
            if one[0] == row:
                assert one[1] == length - 1
                assert one[2] in view.items[own[0], length - 1 :]
                assert one[3] == made.view.actions[row, length - 1]
    assert cuts <= masking.CUTS * len(lengths)


def test_several_cuts_of_one_history_stand_in_one_batch():
    view = seen([[7, 8, 9, 10]], [[1, 1, 1, 1]], [[0, 1, 2, 3]])
    made = hide(view, 0, (0.0, 0.0, 1.0))
    rows = [
        row[:length].tolist()
        for row, length in zip(made.view.items, made.view.lengths, strict=True)
    ]
    assert sorted(rows) == [[7, MASK], [7, 8, MASK], [7, 8, 9, MASK]]
    assert sorted(one[2] for one in counted(made.late)) == [8, 9, 10]


def test_policies_are_taken_by_weight():
    rows = 3_000
    view = seen([[7, 8, 9]] * rows, [[1, 1, 1]] * rows, [[0, 0, 1]] * rows)
    made = hide(view, 0, (2.0, 1.0, 1.0), 0.0)
    ahead = (made.view.items == MASK).any(axis=1).sum() / rows
    last = made.hidden[:, 2].sum() / rows - ahead  # mlm hides one of three as well
    assert ahead == pytest.approx(0.25, abs=0.03)
    assert last == pytest.approx(0.25 + 0.5 / 3, abs=0.03)


def test_a_policy_without_weight_is_never_taken():
    view = view_of([12] * 40, 0)
    assert (hide(view, 0, (1.0, 1.0, 0.0)).view.items != MASK).all()
    made = hide(view, 0, (0.0, 1.0, 0.0))
    assert (made.hidden.sum(axis=1) == 1).all()


@given(LENGTHS, st.integers(0, 99))
def test_the_future_is_asked_for_by_one_hidden_event_at_the_end(lengths, seed):
    view = view_of(lengths, seed)
    longer, asked, hidden = masking.what_is_next(view)
    assert longer.lengths.tolist() == (view.lengths + 1).tolist()
    assert asked.place[:, 0].tolist() == view.lengths.tolist()
    for row, length in enumerate(view.lengths.tolist()):
        assert hidden[row].nonzero()[0].tolist() == [length]
        assert longer.items[row, length] == MASK
        assert longer.actions[row, length] == training_examples.RESPONSE
        assert longer.items[row, :length].tolist() == view.items[row, :length].tolist()
        if length:
            assert longer.sessions[row, length] == view.sessions[row, length - 1] + 1


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
                    if view.actions[row, place] == training_examples.RESPONSE
                    and view.items[row, place] >= FIRST_ITEM
                ),
                None,
            )
        found.append(answers)
    return found


@given(LENGTHS, st.integers(0, 99))
def test_each_session_but_the_first_is_asked_for_its_first_response(lengths, seed):
    view = view_of(lengths, seed)
    asked = training_examples.next_sessions(view, np.random.default_rng(seed), 99, KNOWN)
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
            shown = response is not None and view.items[row, response] in view.items[row, :start]
            if response is not None and (shown or view.items[row, response] < KNOWN):
                assert got[start] == (view.items[row, response], training_examples.RESPONSE)


@given(LENGTHS, st.integers(0, 99))
def test_every_new_vacancy_is_asked_for_from_what_came_before(lengths, seed):
    view = view_of(lengths, seed)
    whole = make_histories(lengths, seed)
    asked = training_examples.every_event(view, np.random.default_rng(seed), KNOWN)
    expected = []
    for row, length in enumerate(view.lengths.tolist()):
        items = whole.items[whole.offsets[row] : whole.offsets[row + 1]].tolist()
        skipped = len(items) - length
        expected += [
            (row, place - skipped, items[place], int(view.actions[row, place - skipped]))
            for place in range(skipped, len(items))
            if FIRST_ITEM <= items[place] < KNOWN and items[place] not in items[:place]
        ]
    assert counted(asked) == expected
    assert (asked.source == asked.place)[asked.weight > 0].all()
    told_gap = asked.gap[asked.weight > 0]
    true = np.take_along_axis(training_examples.gap_buckets(view), asked.place, axis=1)[
        asked.weight > 0
    ]
    assert ((told_gap == 0) | (told_gap == true)).all()


def test_half_of_the_questions_about_events_know_the_time():
    view = view_of([12] * 400, 3)
    asked = training_examples.every_event(view, np.random.default_rng(0), KNOWN)
    real = (asked.weight > 0) & (asked.place > 0)
    assert (asked.gap[real] > 0).mean() == pytest.approx(training_examples.TOLD, abs=0.05)


@given(st.lists(st.lists(st.sampled_from((0.0, 0.5, 2.0)), min_size=4, max_size=4), min_size=1))
def test_compact_keeps_every_question_of_weight_in_order(weights):
    weight = np.array(weights, dtype=np.float32)
    place = np.broadcast_to(np.arange(4), weight.shape)
    whole = training_examples.Questions(*[place] * 5, weight, place, place)
    short = training_examples.compact(whole)
    assert short.weight.shape[1] == max(1, (weight > 0).sum(axis=1).max())
    for row, line in enumerate(weight):
        kept = short.weight[row] > 0
        assert short.weight[row, kept].tolist() == line[line > 0].tolist()
        for name in ("place", "asked", "target", "source"):
            assert getattr(short, name)[row, kept].tolist() == line.nonzero()[0].tolist()


@given(item_lists())
def test_first_places_are_those_of_each_vacancy_in_its_row(rows):
    view = seen(rows)
    for row, items in zip(training_examples.first_places(view), rows, strict=True):
        assert row[: len(items)].tolist() == [items.index(item) for item in items]


@pytest.mark.parametrize(("seconds", "bucket"), [(0, 1), (1, 2), (3, 3), (3_600, 12), (10**9, 27)])
def test_gaps_grow_by_octaves(seconds, bucket):
    times = np.array([[5, 5 + seconds]]) * 1_000_000
    view = seen([[3, 4]], times=times.tolist())
    assert training_examples.gap_buckets(view).tolist() == [[0, bucket]]


def test_days_of_the_week_start_on_monday():
    monday = 1_698_624_000_000_000  # 2023-10-30 00:00
    times = [[monday, monday + 2 * DAY]]
    view = seen([[3, 4]], times=times)
    assert tensors(view, training_examples.what_next(view)).days.tolist() == [[0, 2]]
