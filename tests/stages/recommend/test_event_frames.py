"""Events as callers have them: frames, lists, lists by user."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest

from stages.interface.errors import HhrecError
from stages.recommend.event_frames import COLUMNS, frame

NOON = datetime.fromisoformat("2024-05-01T12:00:00")
MOSCOW = timezone(timedelta(hours=3))
EVENT = {"vacancy_id": "v", "action_type": 2, "action_dt": NOON}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"action_type": "view"},
        {"action_dt": "2024-05-01T12:00:00"},
        {"action_dt": "2024-05-01T15:00:00+03:00"},
        {"action_dt": NOON.replace(tzinfo=UTC)},
        {"action_dt": NOON.replace(hour=15, tzinfo=MOSCOW)},
    ],
)
def test_one_event_in_many_forms(change: dict[str, object]) -> None:
    expected = {"user_id": None, "session_id": None, **EVENT}
    for given in ([EVENT | change], pl.DataFrame([EVENT | change])):
        found = frame(given)
        assert found.schema == pl.Schema(COLUMNS)
        assert found.to_dicts() == [expected]


def test_ids_that_are_numbers_become_text() -> None:
    found = frame({7: [EVENT | {"vacancy_id": 12}], 8: []})
    assert found.select("user_id", "vacancy_id").rows() == [("7", "12"), ("8", None)]


def test_a_number_that_names_no_action_is_none_of_them() -> None:
    kinds = [1, 2, 3, 0, 9, -1]
    found = frame([EVENT | {"action_type": kind} for kind in kinds])
    assert found["action_type"].to_list() == [1, 2, 3, 0, 0, 0]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"vacancy_id": "v"}, "no `action_type`, no `action_dt`"),
        (EVENT | {"salary": 3}, "an unknown `salary`"),
        (EVENT | {"action_type": "click"}, "'click': expected one of"),
        (EVENT | {"action_type": 1.5}, "`action_type`: found Float64"),
        (EVENT | {"action_dt": "yesterday"}, "not ISO 8601"),
        (EVENT | {"action_dt": 17}, "`action_dt`: found Int64"),
        (EVENT | {"vacancy_id": 1.5}, "`vacancy_id`: expected String"),
    ],
)
def test_what_cannot_be_read_is_named(event: dict[str, object], said: str) -> None:
    with pytest.raises(HhrecError, match=said) as caught:
        frame([event])
    assert "vacancy_id, action_type" in caught.value.hint


def test_events_of_unlike_types_are_refused() -> None:
    with pytest.raises(HhrecError, match="not a table"):
        frame([EVENT, EVENT | {"action_dt": "2024-05-01"}])
