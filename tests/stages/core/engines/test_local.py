"""Jobs in threads: in order, at most so many at once, and none behind one that failed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from stages.core.engines import Found
from stages.core.engines.engine import Memory
from stages.core.engines.local import Local, threaded
from stages.core.engines.opening import opened
from stages.params import EngineParams
from tests.helpers import jobs

GB = 1 << 30


def test_what_comes_is_in_the_order_of_jobs() -> None:
    """Of `doubled` a later job is done sooner."""
    found = Local(Memory(GB, 3)).each(jobs.doubled, range(5), need=1)
    assert [one.counts["sum"] for one in found] == [0, 2, 4, 6, 8]


def test_as_many_as_fit_are_at_work_at_once() -> None:
    meeting = threading.Barrier(2)

    def met(job: int) -> Found:
        return Found({"job": job, "first": meeting.wait(20)})

    found = list(Local(Memory(GB, 2)).each(met, range(4), need=GB // 2))
    assert sorted(one.counts["first"] for one in found) == [0, 0, 1, 1]


def test_what_does_not_fit_beside_another_is_done_alone_in_this_thread() -> None:
    def thread(job: int) -> Found:
        return Found({"job": job, "thread": threading.get_ident()})

    found = Local(Memory(GB, 2)).each(thread, range(3), need=GB)
    assert {one.counts["thread"] for one in found} == {threading.get_ident()}


def test_no_job_is_begun_before_there_is_room_or_after_an_error() -> None:
    begun = []

    def second_fails(job: int) -> Found:
        begun.append(job)
        if job == 1:
            raise OSError(28, "No space left on device")
        return Found({"job": job})

    threads = ThreadPoolExecutor(2)
    found = threaded(threads, second_fails, range(9), 2)
    assert next(found).counts == {"job": 0}
    assert set(begun) <= {0, 1}
    with pytest.raises(OSError, match="No space left"):
        next(found)
    threads.shutdown()
    assert set(begun) <= {0, 1, 2}


def test_whoever_stops_in_the_middle_leaves_nothing_at_work() -> None:
    """As a signal does between two buckets: scratch is removed only when nobody writes to it."""
    done = []

    def slow(job: int) -> Found:
        time.sleep(0.2 * job)
        done.append(job)
        return Found()

    def stopped() -> None:
        with opened(EngineParams(), 1) as engine:
            kept = engine.each(slow, range(9), need=1)  # as a traceback keeps it
            next(iter(kept))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        stopped()
    assert (done, caught.type) == ([0, 1], KeyboardInterrupt)
