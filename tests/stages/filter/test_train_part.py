"""The train part of a bucket, and the people in it."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stages.core.schema import PARTS
from stages.filter.train_part import chosen, people

MANY = 100


def bucket(**columns: list[object]) -> pl.DataFrame:
    """Events with what is not given filled in."""
    size = len(next(iter(columns.values())))
    base = {
        "user_id": ["u"],
        "vacancy_id": ["a"],
        "session": [0],
        "action_type": [1],
        "part": ["train"],
    }
    rows = {name: columns.get(name, value * size) for name, value in base.items()}
    return pl.DataFrame(rows, schema_overrides={"part": PARTS, "session": pl.Int32})


def test_the_train_part_counts_its_sessions_from_0() -> None:
    events = bucket(
        part=["train", "validation", "train", "test"],
        session=[2, 3, 5, 6],
        vacancy_id=["a", "b", "c", None],
    )
    found = [people(events, everything=whole, max_user_events=MANY)[0] for whole in (False, True)]
    assert [part.select("part", "session").rows() for part in found] == [
        [("train", 0), ("train", 1)],
        [("train", 0), ("validation", 1), ("train", 2)],
    ]


def test_bots_unknown_actions_and_poor_users_are_counted_and_left_out() -> None:
    events = bucket(user_id=["a", "a", "b", "b", "b", "c", "c"], action_type=[1, 0, 2, 2, 0, 1, 1])
    left, counts = people(events, everything=False, max_user_events=2, min_user_events=2)
    assert left["user_id"].to_list() == ["c", "c"]
    assert counts == {
        "train": 7,
        "bots": 3,
        "bot_users": 1,
        "unknown_actions": 1,
        "min_user_events": 1,
    }


lives = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.booleans(), st.sampled_from([0, 1, 2])),
    max_size=12,
)


@given(lives, st.integers(1, 6), st.integers(0, 3))
def test_people_agree_with_the_slow_way(
    rows: list[tuple[str, int, bool, int]], most: int, fewest: int
) -> None:
    rows = sorted(rows, key=lambda row: row[0])
    user, session, of_train, action = zip(*rows, strict=True) if rows else ((), (), (), ())
    events = bucket(
        user_id=[*user],
        session=[*session],
        part=["train" if one else "test" for one in of_train],
        action_type=[*action],
    ).cast({"user_id": pl.String, "vacancy_id": pl.String, "action_type": pl.Int8})
    left, _ = people(events, everything=False, max_user_events=most, min_user_events=fewest)
    expected = []
    for who in "abc":
        mine = [row for row in rows if row[0] == who and row[2]]
        order = sorted({row[1] for row in mine})
        known = [(who, order.index(row[1]), row[3]) for row in mine if row[3]]
        if len(mine) <= most and len(known) >= fewest:
            expected += known
    assert left.select("user_id", "session", "action_type").rows() == expected


def test_all_or_some_are_chosen() -> None:
    events = pl.DataFrame({"n": [1, 2]})
    assert chosen(events, events["n"].to_numpy() > 1).rows() == [(2,)]
    assert chosen(events, events["n"].to_numpy() > 0) is events
