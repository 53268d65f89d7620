"""Worker processes: order, errors, deaths, and that none outlives whoever started it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stages.core.engines.pool import Pool
from stages.interface.errors import HhrecError, MissingInputError
from tests.helpers import jobs
from tests.helpers.source import ROOT

LONG = 30.0


@pytest.fixture
def pool() -> Iterator[Pool]:
    found = Pool(2)
    yield found
    found.close()


def test_answers_come_in_the_order_of_the_jobs_and_workers_stay(pool: Pool) -> None:
    found = list(pool.each(jobs.doubled, range(5), 2))
    assert [one.counts["sum"] for one in found] == [0, 2, 4, 6, 8]
    assert [one.tables[0]["job"].to_list() for one in found] == [[n] for n in range(5)]
    before = [child.pid for child in pool.started.values()]
    shares = [one.counts for one in pool.each(jobs.threads, range(2), 2)]
    assert [child.pid for child in pool.started.values()] == before
    assert {one["polars"] for one in shares} <= {1, max(1, (os.cpu_count() or 1) // 2)}
    assert os.getpgid(0) not in {one["group"] for one in shares}  # Ctrl-C does not reach them


def test_the_first_job_that_fails_is_told_as_it_would_be_here(pool: Pool) -> None:
    with pytest.raises(MissingInputError, match="events: not found") as caught:
        list(pool.each(jobs.failing, range(9), 2))
    assert caught.value.hint == "run `hhrec explode`"
    assert "in failing" in caught.value.__notes__[0]
    with pytest.raises(OSError, match="No space") as other:
        list(pool.each(jobs.failing, [2, 0], 2))
    assert (other.value.errno, other.value.filename) == (28, "/data/events")
    with pytest.raises(RuntimeError, match="UnsendableError: 7 and 7"):
        list(pool.each(jobs.unsendable, [7], 1))


def test_a_dead_worker_is_told_with_advice(pool: Pool) -> None:
    with pytest.raises(HhrecError, match="killed by signal 9") as caught:
        list(pool.each(jobs.dying, range(3), 2))
    assert "memory_gb" in caught.value.hint
    with pytest.raises(HhrecError, match="exit code 4"):
        list(pool.each(jobs.ending, [1], 1))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_a_command(tmp_path: Path, number: signal.Signals) -> None:
    child = subprocess.Popen(
        [sys.executable, str(ROOT / "tests/launched/long_jobs.py"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    pids = [_number(tmp_path / f"{job}.pid") for job in range(2)]
    child.send_signal(number)
    said, _ = child.communicate(timeout=LONG)
    assert said == ("interrupted by SIGTERM\n" if number == signal.SIGTERM else "")
    end = time.monotonic() + LONG
    while any(map(_alive, pids)):
        assert time.monotonic() < end
        time.sleep(0.05)


def _number(file: Path) -> int:
    """What a file says, as soon as it says something."""
    end = time.monotonic() + LONG
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return int(file.read_text())


def _alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
