"""Users in buckets: where each lives, how many buckets a memory needs, sums over them."""

import zlib
from collections import Counter
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


def test_bucket_files_are_found_in_order_and_nothing_else_is(tmp_path: Path) -> None:
    for index in (11, 2, 0):
        pl.DataFrame({"n": range(index)}).write_parquet(buckets.bucket_path(tmp_path, index))
        buckets.keep(pl.DataFrame({"n": [index]}), buckets.kept_path(tmp_path, index))
    (tmp_path / "notes.parquet").write_text("no bucket")
    found = buckets.buckets(tmp_path)
    assert [path.name for path in found] == [f"bucket-{index:05d}.parquet" for index in (0, 2, 11)]
    assert buckets.kept_files(tmp_path) == [buckets.kept_path(tmp_path, n) for n in (0, 2, 11)]
    assert buckets.buckets(tmp_path / "nowhere") == []
    assert buckets.need(found) == 11 * buckets.BYTES_PER_EVENT
    assert buckets.need([]) == 0


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9)), min_size=1))
def test_sums_over_buckets_are_sums_over_all(parts: list[dict[str, int]]) -> None:
    schema = {"key": pl.String, "count": pl.Int64}
    tables = [pl.DataFrame(list(one.items()), schema=schema, orient="row") for one in parts]
    total: Counter[str] = Counter()
    for one in parts:
        total.update(one)
    found = buckets.summed(iter(tables), "key", "count")
    assert found.schema == schema
    assert dict(found.iter_rows()) == dict(total)
    assert found.height == len(total)


@pytest.mark.parametrize("mapped", [False, True])
def test_what_is_kept_between_two_jobs_reads_as_it_was(tmp_path: Path, *, mapped: bool) -> None:
    frame = pl.DataFrame({"n": [1, None], "text": ["a", "b" * 20], "part": ["test", "train"]})
    given = frame.cast({"part": pl.Enum(["train", "test"])})
    buckets.keep(given.lazy(), buckets.kept_path(tmp_path / "work", 3), mapped=mapped)
    assert pl.read_ipc(buckets.kept_path(tmp_path / "work", 3)).equals(given)
    assert [file.name for file in tmp_path.rglob("*.*")] == ["bucket-00003.arrow"]


def test_a_file_that_is_written_twice_stands_whole_and_alone(tmp_path: Path) -> None:
    path = buckets.bucket_path(tmp_path / "out", 3)
    for _ in range(2):
        buckets.write(
            pl.DataFrame({"n": [1], "m": [2]}), path, {"n": pl.Int8()}, work=tmp_path / "work"
        )
    assert pl.read_parquet(path).schema == {"n": pl.Int8}
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert [file.name for file in tmp_path.rglob("attempts/*")] == []


def test_users_have_as_many_events_as_stand_side_by_side() -> None:
    bucket = pl.DataFrame({"user_id": ["a", "a", "b", "c", "c", "c"]})
    assert buckets.user_sizes(bucket).tolist() == [2, 1, 3]
    assert buckets.user_sizes(bucket.clear()).tolist() == []
