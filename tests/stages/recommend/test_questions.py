"""From events to the rows that are ranked."""

from datetime import datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stages.core.schema import TEST_SEQUENCES
from stages.recommend.questions import questions

NOON = datetime.fromisoformat("2024-05-01T12:00:00")
NAMES = pl.DataFrame(
    {"vacancy_id": ["a", "b"], "item": [3, 4], "count": [1, 1], "trained": [True, True]},
    schema_overrides={"item": pl.Int32},
)


def event(vacancy: str, minutes: float, **more: object) -> dict[str, object]:
    when = NOON + timedelta(minutes=minutes)
    return {"vacancy_id": vacancy, "action_type": 1, "action_dt": when, **more}


def test_events_in_order_with_sessions_cut_by_a_pause() -> None:
    users, rows = questions([event("b", 90), event("a", 0), event("x", 30)], NAMES, None)
    assert users is None
    assert rows.schema == pl.Schema(TEST_SEQUENCES)
    assert rows["items"].to_list() == [[3, 1, 4]]  # 1: not in the vocabulary
    assert rows["sessions"].to_list() == [[0, 0, 1]]
    assert rows["asked_at"].to_list() == [NOON + timedelta(minutes=90)]


def test_named_sessions_are_kept_whatever_the_pauses() -> None:
    events = [event("a", 0, session_id="s"), event("b", 500, session_id="s")]
    assert questions(events, NAMES, None).rows["sessions"].to_list() == [[0, 0]]


def test_what_is_no_event_counts_as_none() -> None:
    broken = [event("a", 0) | {name: None} for name in ("vacancy_id", "action_type", "action_dt")]
    users, rows = questions({"u": broken, "v": []}, NAMES, None)
    assert users is not None
    assert users.to_list() == ["u", "v"]
    assert rows["items"].to_list() == [[], []]
    assert rows["asked_at"].to_list() == [None, None]


def test_asked_at_a_moment_nothing_later_is_known() -> None:
    found = questions({"u": [event("a", 0), event("b", 9)], "v": []}, NAMES, NOON).rows
    assert found["items"].to_list() == [[3], []]
    assert found["asked_at"].to_list() == [NOON, NOON]


@given(st.lists(st.tuples(st.sampled_from("uvwxyz"), st.integers(0, 300)), max_size=30))
def test_people_are_in_order_of_first_appearance(log: list[tuple[str, int]]) -> None:
    events = [event("a", minutes, user_id=user) for user, minutes in log]
    frame = pl.DataFrame(events, schema_overrides={"user_id": pl.String}) if events else {}
    users, rows = questions(frame, NAMES, None)
    expected = list(dict.fromkeys(user for user, _ in log))
    assert (users.to_list() if users is not None else []) == expected
    lengths = [sum(user == name for user, _ in log) for name in expected]
    assert rows["items"].list.len().to_list() == lengths
