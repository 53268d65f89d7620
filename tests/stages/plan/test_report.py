"""The plan's table: times and sizes in words, and what does not fit said."""

from typing import Any

import pytest

from stages.plan.report import PlanReport, StagePlan, duration, size

STAGE = StagePlan(
    stage="explode", rows=1_000, unit="events", seconds=90.0, disk=2 * 10**9, scratch=10**9,
    memory=3 * 10**9, basis="rehearsed",
)  # fmt: skip


def report(**changes: Any) -> PlanReport:
    given = {
        "raw": {"events": 1_000},
        "sampled": {"people": 3.0, "seconds": 1.25},
        "machine": {"gflops": 95.4, "threads": 2.0},
        "stages": [STAGE],
        "seconds": 90.0,
        "disk": 2 * 10**9,
        "disk_peak": 3 * 10**9,
        "disk_free": 10**10,
        "memory": 3 * 10**9,
        "memory_available": 10**10,
        "fits": True,
        "cluster": None,
    }
    return PlanReport(**given | changes)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "?"), (0.25, "0.2 s"), (90, "90 s"), (600, "10 min"), (7200 * 2, "4.0 h")],
)
def test_times_in_words(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


def test_sizes_in_words() -> None:
    assert [size(one) for one in (0, 1_500_000, 2.5e9)] == ["0.0 MB", "1.5 MB", "2.50 GB"]


def test_a_line_a_stage_and_two_for_all() -> None:
    lines = list(report().rows())
    assert lines[0] == ("explode", "1,000 events", "90 s", "2.00 GB", "1.00 GB", "3.00 GB", "rehearsed")  # fmt: skip
    assert [line[0] for line in lines] == ["explode", "all", "most at once"]
    assert ("sample", "1 of 3 people, 1.2 s") in list(report().figures())


def test_a_cluster_is_told() -> None:
    found = dict(report(cluster={"buckets": 84, "task_memory": 10**9}).figures())
    assert (found["cluster buckets"], found["cluster task_memory"]) == (84, "1.00 GB")


def test_what_does_not_fit_is_said_and_that_all_is_estimated() -> None:
    assert len(report().remarks()) == 1
    assert "estimates" in report().remarks()[0]
    told = report(disk_free=1, memory_available=1).remarks()
    assert "expected 3.00 GB on disk" in told[1]
    assert "explode needs about 3.00 GB" in told[2]
