"""No input, however broken, and no command line ends in a traceback or hangs.

`make fuzz` runs the slow tests: 10,000 inputs and 2,000 command lines. What they found stands in
FOUND, and in the tests of the modules that were mended.
"""

import contextlib
import io
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hhrec_cli import _failures
from hhrec_cli.main import main
from stages.interface.errors import HhrecError
from stages.params import Params
from tests.worlds import fuzzed
from tests.worlds.planted_faults import good
from tests.worlds.project import project_of

FAULT = "a fault of hhrec itself"
SECONDS = 120  # of one command line; a hang, even on a machine with much else to do
LOG = "user_id,item_id,timestamp\n" + "".join(
    f"u{user},i{item},2024-01-{item + 1:02}\n" for user in range(3) for item in range(4)
)
QUICK = {"documents": 30, "tables": 10, "logs": 20, "lines": 40}
FULL = {"documents": 1_000, "tables": 700, "logs": 1_300, "lines": 2_000}
LOADERS = len(fuzzed.LOADERS)
FOUND: list[tuple[str, str]] = [
    *((name, fuzzed.DEEP) for name in fuzzed.LOADERS),
    ("calibration", ('{"heuristics": [], "weights": {}, "fold_weights": [], "seen": {}, "lag": "x", '
     '"rows": 1, "mrr_100": 0, "baselines": {}, "answers": "nobody"}')),
    ("state", '{"step": "x"}'),
    ("manifest", '{"manifest": 1, "files": [], "inputs": {}, "references": {}}'),
]  # fmt: skip


def survives(read: Callable[[Path], object], root: Path) -> None:
    """Read: a result or an error that a user can mend."""
    try:
        read(root)
    except HhrecError as error:
        assert len(error.message) < 5_000  # noqa: PT017
    except BaseException as error:
        if FAULT in _failures._as_ours(error).message:
            raise


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, raw_dir: Path) -> Path:
    """A project after a whole run."""
    return project_of(raw_dir, tmp_path_factory.mktemp("fuzz"))


@pytest.fixture(scope="session")
def documents(finished: Path) -> dict[str, Any]:
    """A good document for each loader."""
    made = finished / "artifacts"
    step = max((made / "checkpoints").glob("step-*"))
    files = {
        "calibration": made / "model/calibration.json",
        "state": step / "state.json",
        "manifest": next((made / ".hhrec").glob("vocab.parquet.*.json")),
        "chosen": made / "model/training.json",
        "books": made / "features/books/books.json",
        "tokenizer": made / "features/books/tokenizer.json",
        "metrics": made / "metrics/test.json",
    }
    found = {name: json.loads(file.read_text()) for name, file in files.items() if file.is_file()}
    return {**found, "params": Params().model_dump(mode="json")}


def fuzz_documents(name: str, document: Any, root: Path, count: int) -> None:
    loader = fuzzed.LOADERS[name]
    (root / loader.name).parent.mkdir(parents=True, exist_ok=True)

    @settings(
        max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(fuzzed.documents(document))
    def one(text: str) -> None:
        (root / loader.name).write_bytes(text.encode("utf-8", "surrogatepass"))
        survives(loader.read, root)

    one()


def fuzz_bytes(read: Callable[[Path], object], file: Path, count: int) -> None:
    whole = file.read_bytes()

    @settings(
        max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.one_of(fuzzed.damaged(whole), st.binary(max_size=99)))
    def one(content: bytes) -> None:
        file.write_bytes(content)
        survives(read, file.parent)

    one()
    file.write_bytes(whole)


@pytest.mark.parametrize("name", fuzzed.LOADERS)
def test_documents_that_are_nearly_right(
    documents: dict[str, Any], tmp_path: Path, name: str
) -> None:
    fuzz_documents(name, documents.get(name, {}), tmp_path, QUICK["documents"])


@pytest.mark.parametrize(("name", "text"), FOUND)
def test_what_was_found_stays_mended(tmp_path: Path, name: str, text: str) -> None:
    loader = fuzzed.LOADERS[name]
    (tmp_path / loader.name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / loader.name).write_text(text)
    survives(loader.read, tmp_path)


def tables(root: Path) -> list[Path]:
    """Good raw files."""
    for name, rows in good().items():
        rows.write_parquet(root / f"{name}.parquet")
    return sorted(root.glob("*.parquet"))


def logs(root: Path) -> list[Path]:
    """A log in each format, each in a directory of its own."""
    rows = pl.read_csv(io.StringIO(LOG), infer_schema=False)
    files = []
    for suffix in ("csv", "tsv", "jsonl", "parquet"):
        file = root / suffix / f"log.{suffix}"
        file.parent.mkdir()
        if suffix == "parquet":
            rows.write_parquet(file)
        elif suffix == "jsonl":
            rows.write_ndjson(file)
        else:
            rows.write_csv(file, separator="," if suffix == "csv" else "\t")
        files.append(file)
    return files


def test_damaged_raw_files(tmp_path: Path) -> None:
    for file in tables(tmp_path):
        fuzz_bytes(fuzzed.raw, file, QUICK["tables"])


def test_damaged_logs(tmp_path: Path) -> None:
    for file in logs(tmp_path):
        fuzz_bytes(fuzzed.log, file, QUICK["logs"])


def typed(words: list[str]) -> tuple[int, str]:
    """Type a command in this process: exit code, and all that was said."""
    said = io.StringIO()
    before, sys.argv = sys.argv, ["hhrec", *words]
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            main()
    except SystemExit as stop:
        return int(stop.code or 0), said.getvalue()
    finally:
        sys.argv = before
    return 0, said.getvalue()


def fuzz_lines(
    finished: Path, root: Path, monkeypatch: pytest.MonkeyPatch, *, seed: int, count: int
) -> None:
    monkeypatch.setenv("HOME", str(root))
    for place, words in enumerate(fuzzed.lines(seed, count)):
        if place % 50 == 0:
            monkeypatch.chdir(root)
            shutil.rmtree(root / "project", ignore_errors=True)
            shutil.copytree(finished, root / "project")
            (root / "project/log.csv").write_text(LOG)
            monkeypatch.chdir(root / "project")
        started = time.monotonic()
        code, said = typed(words)
        assert code in {0, 1, 2, 3, 130}, (words, said)
        assert "Traceback" not in said, (words, said)
        assert FAULT not in said, (words, said)
        assert time.monotonic() - started < SECONDS, words


def test_command_lines_at_random(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fuzz_lines(finished, tmp_path, monkeypatch, seed=1, count=QUICK["lines"])


def test_the_full_run_is_of_ten_thousand_inputs_and_two_thousand_lines() -> None:
    total = LOADERS * FULL["documents"] + 4 * (FULL["tables"] + FULL["logs"])
    assert total >= 10_000
    assert FULL["lines"] == 2_000


@pytest.mark.slow
@pytest.mark.parametrize("name", fuzzed.LOADERS)
def test_many_documents(documents: dict[str, Any], tmp_path: Path, name: str) -> None:
    fuzz_documents(name, documents.get(name, {}), tmp_path, FULL["documents"])


@pytest.mark.slow
@pytest.mark.parametrize("place", range(4))
def test_many_damaged_raw_files(tmp_path: Path, place: int) -> None:
    fuzz_bytes(fuzzed.raw, tables(tmp_path)[place], FULL["tables"])


@pytest.mark.slow
@pytest.mark.parametrize("place", range(4))
def test_many_damaged_logs(tmp_path: Path, place: int) -> None:
    fuzz_bytes(fuzzed.log, logs(tmp_path)[place], FULL["logs"])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_many_command_lines(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    fuzz_lines(finished, tmp_path, monkeypatch, seed=seed, count=FULL["lines"] // 10)
