"""How many buckets and executors a cluster needs for a log: a pure function of its size."""

import math
from dataclasses import dataclass

from stages.core.buckets import BYTES_PER_EVENT

GB = 2**30
USABLE = 0.6  # of an executor's memory that Python gets; the rest is the JVM's and the shuffle's
TASKS = 2  # a core has at least, so that a slow one does not keep all others waiting
LARGEST = 4096  # buckets at most: `explode.buckets`
SHUFFLED = 1.5  # bytes on the executors' disks for each byte of the raw sessions


@dataclass(frozen=True)
class ClusterPlan:
    """What to ask a cluster for.

    Attributes:
        buckets: Parts of the log; each is one task.
        executors: Processes that run tasks.
        cores: Tasks that an executor runs at once.
        task_memory: Bytes that a task may need.
        shuffle: Bytes that pass between executors.
        rounds: How many tasks a core runs, one after the other.
    """

    buckets: int
    executors: int
    cores: int
    task_memory: int
    shuffle: int
    rounds: int


def cluster(
    *,
    events: int,
    raw_bytes: int,
    executor_gb: float,
    cores: int = 2,
    executors: int | None = None,
) -> ClusterPlan:
    """Plan buckets so that each fits a task's share of an executor, and executors to hold them.

    Args:
        events: Of both raw files.
        raw_bytes: Size of the sessions as Parquet.
        executor_gb: Memory of an executor, in GiB.
        cores: Tasks that it runs at once.
        executors: How many there are; None for as many as give each core `TASKS` buckets, at least
            one and at most as many as there are buckets for.
    """
    room = executor_gb * GB * USABLE / cores
    least = max(1, math.ceil(events * BYTES_PER_EVENT / room))
    count = executors or max(1, math.ceil(least / (cores * TASKS)))
    parts = min(max(least, count * cores * TASKS), LARGEST) if count * cores > 1 else least
    return ClusterPlan(
        buckets=parts,
        executors=count,
        cores=cores,
        task_memory=math.ceil(events * BYTES_PER_EVENT / parts),
        shuffle=math.ceil(raw_bytes * SHUFFLED),
        rounds=math.ceil(parts / (count * cores)),
    )
