"""Jobs side by side only where memory allows, and rows by bucket like anywhere."""

import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from stages.core.engines import Engine, Shuffle, Slice, local, processes
from stages.core.engines.engine import Memory
from stages.core.engines.local import Local
from stages.core.engines.pool import Pool
from stages.core.engines.processes import Processes
from tests.helpers import jobs


@pytest.fixture
def engine() -> Iterator[Processes]:
    pool = Pool(2)
    yield Processes(Memory(1 << 30, 2), pool)
    pool.close()


def listed(engine: Engine, folder: Path, buckets: int = 3) -> list[tuple[int, list[int]]]:
    """Numbers by bucket, out of two files."""
    for name, rows in (("a", range(7)), ("b", range(100, 103))):
        pl.DataFrame({"n": rows}).write_parquet(folder / f"{name}.parquet")
    shuffle = Shuffle(
        read=jobs.numbers,
        bucket=jobs.by_rest,
        files=[Slice(name, folder / f"{name}.parquet") for name in "ab"],
        heights=[7, 3],
        count=buckets,
        scratch=folder / "scattered",
    )
    found = list(engine.shuffled(shuffle, jobs.listed, need=1))
    return [(one.counts["bucket"], one.tables[0]["n"].to_list()) for one in found]


def test_rows_come_together_by_bucket_and_one_may_be_empty(
    engine: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "SLICE_ROWS", 2)
    monkeypatch.setattr(local, "ROWS", 4)
    rest = [n for n in (*range(7), 100, 101, 102) if n % 3 != 2]
    expected = [(0, rest), (1, []), (2, [2, 5, 101])]
    assert listed(engine, tmp_path) == expected
    assert len(list((tmp_path / "scattered").iterdir())) == 6  # a folder a slice
    other = tmp_path / "local"
    other.mkdir()
    assert listed(Local(engine.memory), other) == expected
    assert len(list((other / "scattered").iterdir())) == 3


@pytest.mark.parametrize("kind", ["local", "processes"])
def test_one_bucket_is_read_where_it_lies(engine: Processes, tmp_path: Path, kind: str) -> None:
    found = listed(Local(engine.memory) if kind == "local" else engine, tmp_path, buckets=1)
    assert found == [(0, [*range(7), 100, 101, 102])]
    assert not (tmp_path / "scattered").exists()
    assert not engine.pool.started


def test_where_only_one_job_fits_it_is_done_here(engine: Processes) -> None:
    assert [one.counts["group"] for one in engine.each(jobs.threads, [1, 2], need=1 << 30)] == [
        os.getpgid(0)
    ] * 2
    assert not engine.pool.started
