from hypothesis import given
from hypothesis import strategies as st

from stages.params import BaselineParams, Params
from tests.worlds.baseline_world import EVENTS, Event, recommend

DAY = Params(baseline=BaselineParams(trending_days=1))


def test_the_window_before_the_question_counts() -> None:
    train = [[Event(5, 1, 0, 1), Event(5, 2, 0, 2), Event(6, 2, 1, 30), Event(7, 2, 2, 99)]]
    assert recommend("trending", [[]], train=train, asked=3, params=DAY, k=2) == [[5, 3]]
    assert recommend("trending", [[]], train=train, asked=31, params=DAY, k=2) == [[6, 3]]


def test_the_moment_of_the_question_is_not_before_it() -> None:
    train = [[Event(5, 1, 0, 1), Event(6, 2, 0, 2), Event(7, 2, 1, 3)]]
    assert recommend("trending", [[]], train=train, asked=2, params=DAY, k=2) == [[5, 3]]


def test_after_the_log_its_newest_days_count() -> None:
    train = [[Event(5, 1, 0, 1), Event(6, 2, 0, 60), Event(6, 2, 0, 61), Event(7, 2, 1, 62)]]
    for asked in (63, 99, 9_999):
        found = recommend("trending", [[]], train=train, asked=asked, params=DAY, k=3)
        assert found == [[6, 7, 3]]


def test_an_unknown_vacancy_is_not_counted_but_its_event_ends_the_log() -> None:
    train = [[Event(4, 2, 0, 0), Event(1, 2, 0, 24)]]
    assert recommend("trending", [[]], train=train, asked=99, params=DAY, k=1) == [[3]]


@given(
    past=st.lists(EVENTS, max_size=9),
    future=st.lists(EVENTS, max_size=9),
    other=st.lists(EVENTS, max_size=9),
)
def test_what_happens_after_the_question_moves_nothing(
    past: list[Event], future: list[Event], other: list[Event]
) -> None:
    before = [event._replace(hour=min(event.hour, 49)) for event in past]
    end = Event(3, 2, 0, 100)  # the log goes on, so that the window ends at the question

    def asked(later: list[Event]) -> list[list[int]]:
        after = [event._replace(hour=50 + event.hour % 50) for event in later]
        return recommend("trending", [[]], train=[before, [*after, end]], asked=50)

    assert asked(future) == asked(other)
