"""One person's events as arrays, against the tables that `questions` makes."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.bundle.vacancy_ids import VacancyIds
from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError
from stages.recommend.history import History, as_rows, history_of, of_row
from stages.recommend.questions import questions
from tests.worlds.served import NOON, view

NAMES = pl.DataFrame(
    {"vacancy_id": ["a", "b", "c"], "item": range(FIRST_ITEM, FIRST_ITEM + 3)},
    schema={"vacancy_id": pl.String, "item": pl.Int32},
)
IDS = VacancyIds.of(NAMES["vacancy_id"])
MOMENTS = st.integers(0, 200).map(lambda minutes: NOON + timedelta(minutes=minutes))
ZONE = timezone(timedelta(hours=3))
TIMES = st.one_of(
    MOMENTS,
    MOMENTS.map(lambda one: one.replace(tzinfo=UTC).astimezone(ZONE)),
)
EVENTS = st.fixed_dictionaries(
    {
        "vacancy_id": st.sampled_from(["a", "b", "c", "ghost", None]),
        "action_type": st.sampled_from([1, 2, 3, 7]),
        "action_dt": MOMENTS | st.none(),
    },
    optional={"session_id": st.sampled_from(["s", "t", None])},
)


def as_table(events: list[dict[str, Any]], at: datetime | None) -> dict[str, list[Any]]:
    rows = questions(events, NAMES, at).rows
    return rows.drop("user_id").to_dict(as_series=False)


@given(st.lists(EVENTS, max_size=12), st.none() | MOMENTS)
def test_as_the_tables_say(events: list[dict[str, Any]], at: datetime | None) -> None:
    found = history_of(events, IDS, at)
    assert found is not None
    again = as_rows([found]).drop("user_id").to_dict(as_series=False)
    assert again == as_table(events, at)


@given(st.lists(TIMES, min_size=1, max_size=6))
def test_times_with_a_zone_and_as_text(times: list[datetime]) -> None:
    zoned = [time if time.tzinfo else time.replace(tzinfo=UTC) for time in times]
    events = [view("a") | {"action_dt": time} for time in zoned]
    texts = [view("a") | {"action_dt": time.isoformat()} for time in zoned]
    one, other = history_of(events, IDS, None), history_of(texts, IDS, None)
    assert one is not None
    assert other is not None
    assert one.times.tolist() == other.times.tolist()
    assert as_rows([one]).drop("user_id").to_dict(as_series=False) == as_table(events, None)


def test_rows_come_back() -> None:
    some = [history_of([view("a"), view("ghost", 3, 1)], IDS, None), history_of([], IDS, NOON)]
    known = [one for one in some if one is not None]
    rows = as_rows(known)
    for row, one in zip(rows.iter_slices(1), known, strict=True):
        found = of_row(row)
        assert isinstance(found, History)
        assert found.asked_at == one.asked_at
        assert found.items.tolist() == one.items.tolist()
        assert found.sessions.tolist() == one.sessions.tolist()


@pytest.mark.parametrize(
    "event",
    [
        "no event",
        view("a") | {"user_id": "u"},
        view("a") | {"more": 1},
        view(7),  # type: ignore[arg-type]
        view("a", action=True),
        view("a", action="look"),
        view("a", session_id=5),
        view("a") | {"action_dt": "yesterday"},
        view("a") | {"action_dt": "2024-02-30T00:00:00"},
        view("a") | {"action_dt": 12},
        view("a") | {"action_dt": "0001-01-01T00:00:00+03:00"},
        {"vacancy_id": "a"},
    ],
)
def test_what_is_unusual_is_left_to_the_tables(event: Any) -> None:
    assert history_of([view("a"), event], IDS, None) is None


def test_a_moment_that_is_none_is_told() -> None:
    with pytest.raises(HhrecError, match="no moment in UTC"):
        history_of([], IDS, datetime.min.replace(tzinfo=ZONE))


def test_half_a_character_is_an_unknown_vacancy() -> None:
    found = history_of([view("\ud800")], IDS, None)
    assert found is not None
    assert found.items.tolist() == [1]
