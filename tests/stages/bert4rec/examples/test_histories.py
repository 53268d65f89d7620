"""Flat histories against lists: who was met when, and windows to train on."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec.examples.histories import ends, meetings, window
from tests.worlds.small_model import make_histories, seen, told
from tests.worlds.strategies import item_lists


@given(item_lists())
def test_meetings_are_places_among_distinct_vacancies(rows):
    histories = told(rows)
    expected = [
        (list(dict.fromkeys(row)).index(item), len(set(row[:place])))
        for row in rows
        for place, item in enumerate(row)
    ]
    found = zip(histories.ranks.tolist(), histories.met.tolist(), strict=True)
    assert list(found) == expected


@given(item_lists())
def test_meetings_of_one_history_do_not_depend_on_the_others(rows):
    whole = told(rows)
    for row, items in enumerate(rows):
        alone = meetings(np.array(items, dtype=np.int32), np.array([0, len(items)]))
        part = slice(whole.offsets[row], whole.offsets[row + 1])
        assert alone[0].tolist() == whole.ranks[part].tolist()
        assert alone[1].tolist() == whole.met[part].tolist()


def test_no_history_has_no_meetings():
    ranks, met = meetings(np.zeros(0, np.int32), np.zeros(1, np.int64))
    assert ranks.tolist() == met.tolist() == []


def test_new_is_the_first_event_of_a_vacancy_in_the_whole_history():
    histories = told([[7, 8, 7, 9, 8]])
    assert seen([[7, 8, 7, 9, 8]]).new[0].tolist() == [True, True, False, True, False]
    late = window(histories, np.array([0]), 2)
    assert late.new[0].tolist() == [True, False]  # 8 was met before the window


@given(item_lists(), st.integers(1, 9), st.data())
def test_a_window_is_the_last_events_before_its_end(rows, most, data):
    histories = told(rows)
    ends = np.array([data.draw(st.integers(0, len(row))) for row in rows])
    view = window(histories, np.arange(len(rows)), most, ends)
    flat = {name: getattr(histories, name) for name in ("items", "times", "ranks", "met")}
    for row, end in enumerate(ends.tolist()):
        stop = histories.offsets[row] + end
        first = stop - min(end, most)
        assert view.lengths[row] == stop - first
        for name, values in flat.items():
            cut = getattr(view, name)[row]
            assert cut[: stop - first].tolist() == values[first:stop].tolist()
            assert not cut[stop - first :].any()


def test_without_ends_windows_end_with_their_histories():
    histories = make_histories([5, 1, 12, 0])
    rows = np.array([2, 0, 3])
    ends = window(histories, rows, 4, histories.lengths()[rows])
    none = window(histories, rows, 4)
    assert none.items.tolist() == ends.items.tolist()


LENGTHS = st.lists(st.integers(0, 30), max_size=8)


@given(LENGTHS, st.integers(1, 9), st.integers(0, 99))
def test_windows_are_as_long_as_their_histories_allow(lengths, most, seed):
    histories, rows = make_histories(lengths), np.arange(len(lengths))
    sizes = histories.lengths()
    last = ends(sizes, most, np.random.default_rng(seed))
    assert (window(histories, rows, most, last).lengths == np.minimum(sizes, most)).all()
    assert (last <= sizes).all()


def test_half_of_the_windows_end_with_their_history_and_the_others_anywhere():
    last = ends(np.full(10_000, 50), 10, np.random.default_rng(0))
    assert 0.45 < (last == 50).mean() < 0.6
    assert set(last.tolist()) == set(range(10, 51))
