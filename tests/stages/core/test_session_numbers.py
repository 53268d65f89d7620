"""Sessions of all users of a bucket in one row of numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.core.session_numbers import first_places, session_numbers


def test_sessions_of_the_first_user_come_first() -> None:
    user, session = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 0, 0, 1])
    numbers = session_numbers(user, session)
    assert numbers.of_event.tolist() == [0, 1, 0, 2, 3]
    assert (numbers.first.tolist(), numbers.total) == ([0, 2], 4)


def test_no_event_has_no_session() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    numbers = session_numbers(nothing, nothing)
    assert (len(numbers.of_event), len(numbers.first), numbers.total) == (0, 0, 0)


def test_first_places_of_numbers() -> None:
    found = first_places(4, np.array([2, 0, 2, 0]), np.array([3, 5, 6, 9]))
    assert found.tolist() == [5, -1, 3, -1]


@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=6), max_size=5))
def test_numbers_tell_users_and_ordinals_apart(lives: list[list[int]]) -> None:
    user = np.array([who for who, life in enumerate(lives) for _ in life], dtype=np.uint32)
    session = np.array([one for life in lives for one in life], dtype=np.int32)
    numbers = session_numbers(user, session)
    own = numbers.of_event - numbers.first[user]
    assert own.tolist() == session.tolist()
    assert len(set(numbers.of_event.tolist())) == len({*zip(user.tolist(), session, strict=True)})
    assert all(numbers.of_event < numbers.total)
