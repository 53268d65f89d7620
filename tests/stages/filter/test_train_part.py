"""The train part of a bucket, and the people in it."""

import polars as pl

from stages.filter.train_part import people, train_part


def test_the_train_part_counts_its_sessions_from_0() -> None:
    parts, sessions = ["train", "validation", "train", "test"], [2, 3, 5, 6]
    log = {"user_id": ["u"] * 4, "vacancy_id": ["a", "b", None, "c"]}
    events = pl.LazyFrame(log | {"part": parts, "session": sessions})
    chosen = [train_part(events), train_part(events, everything=True)]
    assert [part.select("part", "session").collect().rows() for part in chosen] == [
        [("train", 0), ("train", 1)],
        [("train", 0), ("validation", 1), ("test", 2)],
    ]


def test_bots_and_unknown_actions_are_counted_and_left_out() -> None:
    log = {"user_id": ["a", "a", "b", "b", "b"], "action_type": [1, 0, 2, 2, 0]}
    left, counts = people(pl.DataFrame(log), max_user_events=2)
    assert left.rows() == [("a", 1)]
    assert counts == {"train": 5, "bots": 3, "bot_users": 1, "unknown_actions": 1}
