"""Users in buckets: where each lives, how many buckets a memory needs, work over all of them."""

import zlib
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core import buckets


@given(st.lists(st.text(max_size=5), max_size=20), st.integers(1, 7))
def test_a_users_bucket_is_a_checksum_of_the_id(users: list[str], count: int) -> None:
    frame = pl.DataFrame({"user_id": pl.Series(users, dtype=pl.String)})
    found = frame.select(buckets.bucket_of(pl.col("user_id"), count)).to_series()
    assert found.to_list() == [zlib.crc32(user.encode()) % count for user in users]


@pytest.mark.parametrize(
    ("events", "memory_gb", "expected"),
    [(0, 1, 1), (1, 1, 1), (2_684_354, 1, 1), (2_684_355, 1, 2), (10_000_000, 0.5, 8)],
)
def test_buckets_are_as_few_as_the_memory_allows(
    events: int, memory_gb: float, expected: int
) -> None:
    assert buckets.bucket_count(events, memory_gb) == expected
    assert events * buckets.BYTES_PER_EVENT <= expected * memory_gb * 2**30


def test_work_goes_over_the_buckets_in_order_and_over_nothing_else(tmp_path: Path) -> None:
    for index in (11, 2, 0):
        pl.DataFrame({"n": [index]}).write_parquet(buckets.bucket_path(tmp_path, index))
    (tmp_path / "notes.parquet").write_text("no bucket")
    names = [f"bucket-{index:05d}.parquet" for index in (0, 2, 11)]
    assert [path.name for path in buckets.buckets(tmp_path)] == names
    done: list[str] = []
    buckets.over(tmp_path, lambda file: done.append(file.name))
    assert done == names
    gathered = pl.concat(buckets.gather(tmp_path, pl.read_parquet))
    assert gathered["n"].to_list() == [0, 2, 11]
    assert list(buckets.gather(tmp_path / "nowhere", pl.read_parquet)) == []
