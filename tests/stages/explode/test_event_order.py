"""The order of events, by sorted numbers or by columns, and the ids behind the numbers."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.keys import KEYS
from stages.explode import event_order
from stages.explode.event_order import ordered_events, with_ids
from tests.worlds.strategies import Log, logs
from tests.worlds.tiny import APPLY, VIEW, Session, raw_sessions, shuffled


def both(train: list[Session], test: list[Session]) -> pl.DataFrame:
    """Sessions of both files, as they come from scattered files."""
    parts = [raw_sessions(train).with_columns(from_test=False)]
    parts += [raw_sessions(test).with_columns(from_test=True)]
    return pl.concat(parts).with_columns(fault=pl.lit(None, pl.String))


def test_numbers_stand_for_users_and_sessions() -> None:
    train = [("lev", "l1", [("cook", VIEW, "02 00:00"), ("nurse", APPLY, "01 00:00")])]
    test = [("anna", "a1", [("cook", VIEW, "03 00:00")]), ("lev", "l2", [])]
    found = ordered_events(both(train, test).lazy())
    assert found.names.rows() == [("anna", "a1"), ("lev", "l1"), ("lev", "l2")]
    assert found.events.select("user", "name", "session", "vacancy_id").rows() == [
        (0, 0, 0, "cook"),
        (1, 1, 0, "nurse"),
        (1, 1, 0, "cook"),
        (1, 2, 1, None),
    ]
    told = with_ids(found.events, found.names)
    assert told.columns[:2] == list(KEYS)
    assert told["session_id"].to_list() == ["a1", "l1", "l1", "l2"]
    assert not {"user", "name"} & set(told.columns)


@given(logs(), st.integers(0, 9))
def test_a_log_of_many_years_has_the_same_order(log: Log, seed: int) -> None:
    """User and time do not fit into one number there, so columns are sorted."""
    sessions = shuffled(both(*log), seed)
    found = ordered_events(sessions.lazy())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_order, "KEY_BITS", 0)
        slow = ordered_events(sessions.lazy())
    assert found.events.equals(slow.events)
    assert found.names.equals(slow.names)
