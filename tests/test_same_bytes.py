"""What is promised of bytes: data artifacts are equal whatever the machine, its settings, the order
of rows; weights and predictions as far as docs/safety.md says."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from stages.data.sample.run import run as sample

ROOT = Path(__file__).parents[1]
THREADS = [{"POLARS_MAX_THREADS": str(n), "OMP_NUM_THREADS": str(n)} for n in (1, 2, 4)]
SURROUNDINGS: list[dict[str, str]] = [
    *THREADS,
    {"LC_ALL": "C"},
    {"LC_ALL": "ru_RU.UTF-8"},
    {"LC_ALL": "tr_TR.UTF-8"},
    {"TZ": "UTC"},
    {"TZ": "Asia/Kathmandu"},
    {"PYTHONHASHSEED": "1"},
]
AS_ROWS = ("events/", "filtered/", "sequences/")  # one file a bucket: its rows stay, files do not


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("same") / "raw"
    sample(out=directory, sessions=400, vacancies=300, seed=5)
    return directory


def hashes(
    raw: Path, out: Path, environment: dict[str, str], *words: str, buckets: int = 1
) -> dict[str, str]:
    """Hash of each file that a process of its own makes of raw files."""
    command = [sys.executable, str(ROOT / "tests/launched/data_stages.py")]
    found = subprocess.run(
        [*command, str(raw), str(out), str(buckets), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=raw.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return {name: digest for digest, name in map(str.split, found.stdout.splitlines())}


def shuffled(raw: Path, out: Path) -> Path:
    """The same raw files, rows in another order."""
    out.mkdir()
    for file in raw.glob("*.parquet"):
        rows = pl.read_parquet(file).sample(fraction=1, shuffle=True, seed=3)
        rows.write_parquet(out / file.name)
    return out


def test_data_artifacts_are_equal_far_away(raw: Path, tmp_path: Path) -> None:
    """Everything another at once; the slow tests change one thing at a time."""
    here = hashes(raw, tmp_path / "here", THREADS[0])
    away = {**THREADS[2], "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7"}
    there = hashes(shuffled(raw, tmp_path / "raw"), tmp_path / "there", away)
    assert len(here) > 8
    assert there == here


@pytest.fixture(scope="module")
def usual(raw: Path) -> dict[str, str]:
    return hashes(raw, raw.parent / "usual", {})


@pytest.mark.slow
@pytest.mark.parametrize("environment", SURROUNDINGS, ids=str)
def test_data_artifacts_are_equal_in_each_surrounding(
    raw: Path, usual: dict[str, str], tmp_path: Path, environment: dict[str, str]
) -> None:
    assert hashes(raw, tmp_path / "out", environment) == usual


@pytest.mark.slow
@pytest.mark.parametrize("buckets", [3, 5])
def test_buckets_part_tables_and_change_no_row(
    raw: Path, usual: dict[str, str], tmp_path: Path, buckets: int
) -> None:
    found = hashes(raw, tmp_path / "out", THREADS[1], buckets=buckets)
    whole = {name: one for name, one in usual.items() if not name.startswith(AS_ROWS)}
    assert whole == {name: found[name] for name in whole}
    key = ["user_id", "action_dt", "session_id", "position"]
    for table in (
        "events",
        "filtered",
        *(f"sequences/{part}" for part in ("train", "validation", "test")),
    ):
        ours, theirs = (
            pl.read_parquet(sorted((root / table).glob("*.parquet")))
            for root in (tmp_path / "out", raw.parent / "usual")
        )
        by = [name for name in key if name in ours.columns]
        assert ours.sort(by, maintain_order=True).equals(theirs.sort(by, maintain_order=True))
    again = hashes(raw, tmp_path / "again", THREADS[2], buckets=buckets)
    assert again == found


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"}, {"PYTHONHASHSEED": "1"}],
    ids=str,
)
def test_weights_and_predictions_are_equal_with_equal_threads(
    raw: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    one = hashes(raw, tmp_path / "one", THREADS[0], "--all")
    two = hashes(
        shuffled(raw, tmp_path / "raw"), tmp_path / "two", THREADS[0] | environment, "--all"
    )
    for name in (
        "model/model.safetensors",
        "predictions.parquet",
        "validation_predictions.parquet",
    ):
        assert one[name] == two[name], name
