"""Every data stage writes the same bytes on every engine; what engines share."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.engines.engine import Memory, Shuffle, Slice
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress
from tests.helpers import jobs
from tests.launched import on_engine
from tests.worlds import edges

STAGES = {
    "explode": "events/",
    "filter": "filtered/",
    "vocab": "vocab.parquet",
    "features": "features/",
    "sequences": "sequences/",
}
PROCESSES = {"kind": "processes", "workers": 2}


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return edges.write(tmp_path_factory.mktemp("engines") / "raw", edges.quirks())


@pytest.fixture(scope="module")
def here(raw: Path) -> dict[str, str]:
    """Hash of each file that the local engine writes."""
    on_engine.work({"kind": "local"}, raw, raw.parent / "local")
    return on_engine.hashes(raw.parent / "local")


@pytest.fixture(scope="module")
def beside(raw: Path) -> dict[str, str]:
    """The same of processes."""
    on_engine.work(PROCESSES, raw, raw.parent / "processes")
    return on_engine.hashes(raw.parent / "processes")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_writes_equal_bytes_in_processes(
    here: dict[str, str], beside: dict[str, str], stage: str
) -> None:
    """tests/stages/core/engines/test_spark.py holds Spark to the same."""
    ours, theirs = (
        {name: one for name, one in found.items() if name.startswith(STAGES[stage])}
        for found in (here, beside)
    )
    assert ours == theirs
    assert len(ours) == {"vocab": 1, "features": 3, "sequences": 15}.get(stage, 5)


def test_nothing_else_is_left(here: dict[str, str], beside: dict[str, str]) -> None:
    assert list(here) == list(beside)
    assert all(name.startswith(tuple(STAGES.values())) for name in here)


@pytest.mark.parametrize("engine", [{"kind": "local"}, PROCESSES], ids=["local", "processes"])
def test_every_data_stage_tells_the_rows_that_it_has_worked_through(
    raw: Path, tmp_path: Path, engine: dict[str, object]
) -> None:
    """Ever more of them, from bucket to bucket; the last report is of all of the work."""
    said: dict[str, list[tuple[int, int, float]]] = {name: [] for name in STAGES}

    def told(stage: str) -> Progress:
        def progress(done: int, total: int, note: str = "", **figures: float) -> None:
            assert note
            said[stage].append((done, total, figures["rows"]))

        return progress

    on_engine.work(engine, raw, tmp_path / "out", told)
    events = sum(map(len, map(pl.read_parquet, (tmp_path / "out/events").glob("*.parquet"))))
    for stage, reports in said.items():
        assert reports == sorted(reports), stage
        assert reports[-1][0] == reports[-1][1] == len(reports), stage
    last = {stage: reports[-1][2] for stage, reports in said.items()}
    assert last["explode"] == 2 * events  # ordered, then split
    assert all(0 < last[stage] <= 2 * events for stage in ("filter", "vocab", "sequences"))
    assert last["features"] > 0


def test_an_error_is_the_same_in_processes(raw: Path, tmp_path: Path) -> None:
    said = []
    for engine in ({"kind": "local"}, PROCESSES):
        out = tmp_path / "out"
        on_engine.work(engine, raw, out)
        bucket = out / "events" / "bucket-00003.parquet"
        pl.read_parquet(bucket).clear().drop("session").write_parquet(bucket)
        for file in out.rglob(".hhrec/events.*"):
            file.unlink()
        with pytest.raises((HhrecError, pl.exceptions.PolarsError)) as caught:
            on_engine.work_one("filter", engine, raw, out)
        said.append((type(caught.value), str(caught.value)))
        assert not list(out.rglob("*.part"))
    assert said[0] == said[1]


@given(st.lists(st.integers(0, 7), min_size=1, max_size=3), st.integers(1, 4))
def test_slices_hold_each_row_once(heights: list[int], rows: int) -> None:
    files = [Slice(str(number), Path("x")) for number in range(len(heights))]
    shuffle = Shuffle(jobs.numbers, jobs.by_rest, files, heights, 2, Path("y"))
    found = shuffle.cut(rows)
    held = [(one.role, one.first + n) for one in found for n in range(one.rows or 0)]
    assert held == [(str(n), row) for n, height in enumerate(heights) for row in range(height)]
    assert found
    assert max(one.rows or 0 for one in found) <= rows


def test_a_slice_is_its_rows_with_their_bucket(tmp_path: Path) -> None:
    pl.DataFrame({"n": range(6)}).write_parquet(tmp_path / "n.parquet")
    whole = Slice("n", tmp_path / "n.parquet")
    shuffle = Shuffle(jobs.numbers, jobs.by_rest, [whole], [6], 3, tmp_path)
    assert shuffle.keyed(whole._replace(first=2, rows=3)).collect().rows() == [
        (2, 2), (3, 0), (4, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("need", "count", "expected"), [(0, 9, 4), (0, 3, 3), (30, 9, 3), (101, 9, 1), (100, 9, 1)]
)
def test_as_many_jobs_at_once_as_memory_and_workers_allow(
    need: int, count: int, expected: int
) -> None:
    assert Memory(100, 4).at_once(need, count) == expected
