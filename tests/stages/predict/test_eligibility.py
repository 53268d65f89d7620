"""Which vacancies may be recommended."""

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stages.core.time_units import DAY
from stages.interface.errors import HhrecError
from stages.params import validated
from stages.predict import eligibility


def activity(*events: tuple[int, float], window: int = 2) -> eligibility.Activity:
    """Events as (item, day)."""
    items, days = zip(*events, strict=True)
    return eligibility.Activity(np.array(items), np.floor(days).astype(int), 6, window)


def test_what_is_active_had_an_event_of_late_or_never() -> None:
    log = activity((3, 10.5), (4, 7.9), (5, 12.1))
    assert log.active(12).tolist() == [True, True, True, True, False, True]  # 5: not yet met
    assert log.active(13)[3:].tolist() == [False, False, True]
    assert log.active(15)[3:].tolist() == [False, False, False]
    assert log.since(12) == 10 * DAY


def test_nothing_later_than_the_question_counts() -> None:
    past = activity((3, 10.5), (4, 7.9))
    future = activity((3, 10.5), (4, 7.9), (4, 12.0), (3, 15.0), (5, 12.9))
    assert past.active(12).tolist() == future.active(12).tolist()


def test_a_question_without_a_time_is_asked_after_everything() -> None:
    log = activity((3, 10.5), (4, 7.9))
    assert log.day_of(np.array([-1, 3 * DAY, 4 * DAY - 1])).tolist() == [11, 3, 3]


def test_events_come_from_train_and_contexts(tmp_path: Path) -> None:
    moments = [datetime.fromisoformat(f"1970-01-02T{hour}") for hour in ("05", "06")]
    rows = pl.DataFrame(
        {"items": [[3, 3], []], "times": [moments, []]},
        schema={"items": pl.List(pl.Int32), "times": pl.List(pl.Datetime("us"))},
    )
    train = pl.DataFrame(
        {"user_id": ["u"], "items": [[4]], "actions": [[1]], "times": [[datetime.fromisoformat("1970-01-04")]], "sessions": [[0]]},
        schema={
            "user_id": pl.String, "items": pl.List(pl.Int32), "actions": pl.List(pl.Int8),
            "times": pl.List(pl.Datetime("us")), "sessions": pl.List(pl.Int32),
        },
    )  # fmt: skip
    train.write_parquet(tmp_path / "bucket-00000.parquet")
    log = eligibility.activity(tmp_path, rows, 6, 1)
    assert sorted(zip(log.items.tolist(), log.days.tolist(), strict=True)) == [(3, 1), (4, 3)]


def test_active_days_need_active_candidates() -> None:
    with pytest.raises(HhrecError, match="active_days is not used"):
        validated({"predict": {"active_days": 3}}, where="test")
    assert validated({"predict": {"candidates": "active"}}, where="test").predict.days() == 14
