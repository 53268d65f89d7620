"""Of many validation rows some users' are ranked: the same ones in any order of the buckets."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stages.train.validation_rows import chosen

USERS = st.lists(st.text("ab1é", min_size=1, max_size=3), max_size=30)


def rows_of(users: list[str]) -> pl.LazyFrame:
    """Rows of users, of whom each may have several, numbered within the user."""
    table = pl.DataFrame({"user_id": users}, schema={"user_id": pl.String})
    return table.with_columns(nth=pl.int_range(pl.len()).over("user_id")).lazy()


@given(USERS, st.integers(1, 12), st.randoms())
def test_the_order_of_users_changes_nothing(users, most, random):
    whole = rows_of(users).collect()
    parts = whole.partition_by("user_id")
    random.shuffle(parts)
    moved = pl.concat([whole.clear(), *parts])
    found = chosen(whole.lazy(), most, seed=7).collect()
    assert found.equals(chosen(moved.lazy(), most, seed=7).collect())
    assert len(found) == min(most, len(whole))
    assert found["user_id"].is_sorted()
    for _, own in found.group_by("user_id"):  # of the user who is cut off the first rows stay
        assert own["nth"].to_list() == list(range(len(own)))


def test_few_rows_are_all_taken_and_another_seed_draws_other_users():
    users = [f"u{number:03}" for number in range(200)]
    assert chosen(rows_of(users[::-1]), 200, 1).collect()["user_id"].to_list() == users
    draws = [set(chosen(rows_of(users), 20, seed).collect()["user_id"]) for seed in (1, 2)]
    assert draws[0] != draws[1]
    assert min(draws[0]) < "u050"
    assert max(draws[0]) > "u150"  # from everywhere, not the first by name
