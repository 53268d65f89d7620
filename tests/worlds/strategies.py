"""Hypothesis strategies for raw logs: few users, few vacancies, few moments, so that all ties."""

from typing import TypeAlias

from hypothesis import strategies as st

from tests.worlds.tiny import Event, Session

Log: TypeAlias = tuple[list[Session], list[Session]]

USERS = ("u1", "u2", "u3", "u4", "юзер")
VACANCIES = ("v1", "v2", "v3", "v4", "v5", "ghost")


def events(days: tuple[int, int]) -> st.SearchStrategy[Event]:
    """One event, at one of four moments of a day."""
    times = st.builds("{:02d} {:02d}:00".format, st.integers(*days), st.sampled_from((0, 7, 8, 9)))
    return st.tuples(st.sampled_from(VACANCIES), st.sampled_from((1, 2, 3, 9)), times)


def sessions(prefix: str, days: tuple[int, int], most: int) -> st.SearchStrategy[list[Session]]:
    """Sessions with keys of their own, in any order; lists in any order, some of them empty."""
    keys = st.tuples(st.sampled_from(USERS), st.integers(0, 9).map(lambda n: f"{prefix}{n}"))
    row = st.tuples(keys, st.lists(events(days), max_size=5))
    unique = st.lists(row, max_size=most, unique_by=lambda pair: pair[0])
    return unique.map(lambda rows: [(*key, happened) for key, happened in rows])


def logs() -> st.SearchStrategy[Log]:
    """Train and test sessions; the test days overlap the last train day."""
    return st.tuples(sessions("a", (1, 4), 12), sessions("b", (4, 6), 5))


kinds = st.sampled_from(("auto", "test_sessions", "last_session", "after: 2023-11-03"))


def item_lists(most: int = 6) -> st.SearchStrategy[list[list[int]]]:
    """Item ids of a few histories, some empty: unknown vacancies, few known ones, so that all repeat."""
    return st.lists(st.lists(st.sampled_from((1, 3, 4, 5, 6, 7)), max_size=12), max_size=most)
