"""Work for engines to do in tests: workers import it by name."""

import os
import signal
import time
from pathlib import Path

import polars as pl

from stages.core.engines import Found, Slice
from stages.interface.errors import HhrecError, MissingInputError


def doubled(job: int) -> Found:
    """Twice the job; the later the job, the sooner it is done."""
    time.sleep(max(0.0, 0.05 - job / 100))
    return Found({"sum": 2 * job}, [pl.DataFrame({"job": [job]})])


def failing(job: int) -> Found:
    """Job 1 fails as a user can mend it, and job 2, sooner, otherwise."""
    if job == 1:
        time.sleep(0.3)
        raise MissingInputError("events: not found", "run `hhrec explode`")
    if job == 2:
        raise OSError(28, "No space left on device", "/data/events")
    return Found({"pid": os.getpid()})


class UnsendableError(Exception):
    """An error that cannot be copied."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def unsendable(job: int) -> Found:
    raise UnsendableError(job, job)


def dying(job: int) -> Found:
    """Job 1 is killed."""
    if job == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return Found()


def ending(job: int) -> Found:
    os._exit(3 + job)


def mendable(job: int) -> Found:
    raise HhrecError(f"job {job}: wrong", "mend it")


def sleeping(folder: Path, job: int) -> Found:
    """Say which process does this job, then take very long."""
    (folder / f"{job}.pid").write_text(str(os.getpid()))
    time.sleep(600)
    return Found()


def threads(job: int) -> Found:
    del job
    return Found({"polars": pl.thread_pool_size(), "group": os.getpgid(0)})


def numbers(part: Slice) -> pl.LazyFrame:
    """Rows of a file of numbers."""
    return part.of(pl.scan_parquet(part.file))


def by_rest() -> pl.Expr:
    """The bucket of a number: its rest by 3, but none is 1."""
    return pl.when(pl.col("n") % 3 == 1).then(0).otherwise(pl.col("n") % 3)


def listed(bucket: int, rows: pl.LazyFrame) -> Found:
    """All numbers of a bucket."""
    return Found({"bucket": bucket}, [rows.select("n").sort("n").collect()])
