"""Several processes predict what one does, byte for byte, and go on where a kill stopped them."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.helpers.launching import ANY_PORT, accelerate
from tests.helpers.source import ROOT
from tests.launched.sharing import Death, together
from tests.worlds.little_model import TINY, trained

KILLED, FAILED = -9, 1
WAYS = {
    "p.parquet": (),
    "scored.parquet": ("--scores",),
    "p.csv": ("--format", "csv", "--scores"),
    "p.jsonl": ("--format", "jsonl", "--scores"),
    "p.long.parquet": ("--format", "long"),
    "validation.parquet": ("--part", "validation", "--scores"),
    "region.parquet": ("--max-per", "area.regionId=2", "--where", "area.regionId!=1"),
    "diverse.parquet": ("--diversity", "0.3", "--scores"),
    "active.parquet": ("--set", "predict.candidates=active", "--scores"),
}
FEW = ("scored.parquet", "diverse.parquet")


@pytest.fixture(scope="module")
def options(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """`hhrec predict` with the paths and parameters of the little model."""
    paths = trained(small_artifacts, tmp_path_factory.mktemp("model"))
    words = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
    sets = {f"train.{name}": value for name, value in TINY.items()} | {"predict.k": 10}
    words += [word for name, value in sets.items() for word in ("--set", f"{name}={value}")]
    words += ["--vacancies", str(small_artifacts / "raw" / "vacancies.parquet"), "--quiet"]
    return ["predict", *words, "--params", str(ROOT / "params.yaml")]


def ways(options: list[str], out: Path, names: Iterable[str]) -> list[list[str]]:
    return [[*options, *WAYS[name], "--out", str(out / name)] for name in names]


class Alone:
    """What one process writes."""

    def __init__(self, options: list[str], out: Path) -> None:
        self.options, self.out = options, out

    def __call__(self, *names: str) -> dict[str, bytes]:
        left = [name for name in names if not (self.out / name).exists()]
        if left:
            assert together(1, ways(self.options, self.out, left)) == [0]
        return {name: (self.out / name).read_bytes() for name in sorted(names)}


@pytest.fixture(scope="module")
def alone(options: list[str], tmp_path_factory: pytest.TempPathFactory) -> Alone:
    return Alone(options, tmp_path_factory.mktemp("alone"))


def contents(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(out.iterdir()) if file.is_file()}


def shards(out: Path) -> list[str]:
    return sorted(file.name for file in out.glob(".hhrec/*.shards/*"))


@pytest.mark.parametrize(
    ("count", "names"),
    [(2, FEW), pytest.param(2, tuple(WAYS), marks=pytest.mark.slow),
     pytest.param(3, tuple(WAYS), marks=pytest.mark.slow)],
)  # fmt: skip
def test_processes_write_the_bytes_of_one(
    options: list[str], alone: Alone, tmp_path: Path, count: int, names: tuple[str, ...]
) -> None:
    assert together(count, ways(options, tmp_path, names)) == [0] * count
    assert contents(tmp_path) == alone(*names)
    assert not shards(tmp_path)


@pytest.mark.parametrize(
    ("dead", "then"),
    [((1,), 2), pytest.param((0,), 1, marks=pytest.mark.slow),
     pytest.param((0, 1, 2), 3, marks=pytest.mark.slow)],
)  # fmt: skip
def test_a_killed_prediction_goes_on_with_the_shards_that_are_finished(
    options: list[str], alone: Alone, tmp_path: Path, dead: tuple[int, ...], then: int
) -> None:
    [command] = ways(options, tmp_path, ["scored.parquet"])
    count = max(2, len(dead))
    codes = together(count, [command], Death(dead))
    assert codes == [KILLED if index in dead else FAILED for index in range(count)]
    assert not contents(tmp_path)
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.glob(".hhrec/*.shards/*")}
    assert before
    # the next run dies behind its first shard: what was finished stands as it was
    again = together(then, [command], Death(tuple(range(then))))
    assert KILLED in again
    assert 0 not in again
    after = {file.name: file.stat().st_mtime_ns for file in tmp_path.glob(".hhrec/*.shards/*")}
    assert before.items() < after.items()
    assert together(then, [command]) == [0] * then
    assert contents(tmp_path) == alone("scored.parquet")
    assert not shards(tmp_path)


def test_a_capacity_is_refused_in_several_processes(options: list[str], tmp_path: Path) -> None:
    words = [*options, "--capacity", "3", "--out", str(tmp_path / "p.parquet")]
    assert together(2, [words]) == [2, 2]
    assert not contents(tmp_path)


@pytest.mark.slow
def test_the_documented_launch_predicts_on_two_processes(
    options: list[str], alone: Alone, tmp_path: Path
) -> None:
    script = str(ROOT / "tests" / "launched" / "small_shards.py")
    words = [*options, "--scores", "--json", "--out", str(tmp_path / "scored.parquet")]
    two = ("--multi_gpu", "--num_processes", "2", *ANY_PORT)
    done = accelerate(*two, script, *words, ACCELERATE_USE_CPU="true")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"]
    assert contents(tmp_path) == alone("scored.parquet")
