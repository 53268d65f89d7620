"""People who may be looked up."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from stages.serve.people import People


@pytest.fixture(scope="module")
def log(small_artifacts: Path) -> pl.DataFrame:
    events = pl.read_parquet(small_artifacts / "events" / "*.parquet")
    return events.filter(pl.col("vacancy_id").is_not_null())


def test_by_the_beginning_of_their_id(small_artifacts: Path, log: pl.DataFrame) -> None:
    people = People(small_artifacts / "events", 100)
    assert len(people) == log["user_id"].n_unique()
    user = log["user_id"][0]
    first, count = people.like(user)[0]
    assert first == user
    assert count == (log["user_id"] == user).sum()
    assert all(name.startswith("u_1") for name, _ in people.like("u_1"))
    assert people.like("nobody") == []
    assert 0 < len(people.like("")) <= 20


def test_a_history_is_in_order_and_cut_to_the_newest(
    small_artifacts: Path, log: pl.DataFrame
) -> None:
    user = log["user_id"].value_counts(sort=True)["user_id"][0]
    whole = People(small_artifacts / "events", 10_000).history(user)
    times = [datetime.fromisoformat(event["action_dt"]) for event in whole]
    assert times == sorted(times)
    assert People(small_artifacts / "events", 3).history(user) == whole[-3:]


def test_nobody_without_events() -> None:
    people = People(None, 100)
    assert (len(people), people.like(""), people.history("u")) == (0, [], [])
