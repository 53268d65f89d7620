"""A cluster's buckets fit its tasks, its executors hold them, and more of a log never needs less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.buckets import BYTES_PER_EVENT
from stages.plan.cluster import GB, LARGEST, USABLE, cluster

EVENTS = st.integers(0, 5_000_000_000)
MEMORY = st.floats(0.5, 64)
CORES = st.integers(1, 16)


def test_ten_contests_on_executors_of_four_gigabytes() -> None:
    found = cluster(events=265_000_000, raw_bytes=3 * GB, executor_gb=4, cores=2)
    assert (found.buckets, found.executors, found.rounds) == (84, 21, 2)
    assert found.task_memory <= 4 * GB * USABLE / 2
    assert found.shuffle == pytest.approx(4.5 * GB)


def test_a_little_log_is_one_bucket_for_each_task() -> None:
    found = cluster(events=1_000, raw_bytes=10**5, executor_gb=4, cores=1)
    assert (found.buckets, found.executors) == (1, 1)


@given(EVENTS, MEMORY, CORES, st.integers(1, 200))
def test_a_bucket_fits_a_task_and_no_core_is_without_one(
    events: int, memory: float, cores: int, executors: int
) -> None:
    found = cluster(
        events=events, raw_bytes=0, executor_gb=memory, cores=cores, executors=executors
    )
    room = memory * GB * USABLE / cores
    assert 1 <= found.buckets <= LARGEST
    assert found.executors == executors
    assert found.task_memory <= room + 1 or found.buckets == LARGEST
    assert found.task_memory * found.buckets >= events * BYTES_PER_EVENT
    assert found.rounds * executors * cores >= found.buckets
    assert found.buckets >= min(executors * cores, LARGEST)


@given(EVENTS, EVENTS, MEMORY, CORES)
def test_more_events_need_no_fewer_buckets_and_executors(
    some: int, more: int, memory: float, cores: int
) -> None:
    less, all_of_them = (
        cluster(events=count, raw_bytes=0, executor_gb=memory, cores=cores)
        for count in (some, some + more)
    )
    assert less.buckets <= all_of_them.buckets
    assert less.executors <= all_of_them.executors
