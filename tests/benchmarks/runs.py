"""Running ours and the references as children of this process, one after the other."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PEERS = Path(os.environ.get("PEERS", ROOT / ".venv-peers"))
HHREC = (sys.executable, "-m", "hhrec_cli")
Found = dict[str, Any]


def ours(
    do: str,
    artifacts: Path,
    out: Path,
    overrides: Sequence[str],
    steps: int = 0,
    *,
    without: str = "",
) -> Found:
    """Run hhrec (see `ours.py`)."""
    task = {"do": do, "artifacts": str(artifacts), "out": str(out), "steps": steps}
    task["without"] = without
    return told("ours.py", out, task | {"overrides": ["train.tracker=none", *overrides]})


def peer(name: str, artifacts: Path, out: Path, **settings: Any) -> Found:
    """Run a peer (see `peer_common.py`), `replay` or `rectools`."""
    python = PEERS / "bin" / "python"
    if not python.is_file():
        pytest.skip(f"no peers in {PEERS}: run `make peers`")
    task = {"artifacts": str(artifacts), "out": str(out), **settings}
    return told(f"peer_{name}.py", out, task, python=str(python))


def told(script: str, out: Path, task: Found, python: str = sys.executable) -> Found:
    """Run a driver on a task and read its figures; those of an earlier run of the same in BENCH_RUNS."""
    if before := earlier(out, task):
        return before
    out.mkdir(parents=True, exist_ok=True)
    (out / "task.json").write_text(json.dumps(task), encoding="utf-8")
    run(python, script, str(out / "task.json"))
    return read(out / "figures.json")


def earlier(out: Path, task: Found) -> Found:
    """Read the figures that the same task left in BENCH_RUNS; empty where there are none."""
    done, runs = out / "figures.json", os.environ.get("BENCH_RUNS")
    if not (runs and out.is_relative_to(Path(runs).resolve()) and done.is_file()):
        return {}
    before = read(done)
    same = all(before["task"].get(name) == task[name] for name in task)
    return before if same else {}


def run(python: str, script: str, *arguments: str) -> None:
    """Run a script of this directory; its output is shown only if it fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT) if python == sys.executable else ""}
    done = subprocess.run(
        [python, HERE / script, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}"


def pool() -> ThreadPoolExecutor:
    """Make BENCH_JOBS runs at once, one if it does not say."""
    return ThreadPoolExecutor(int(os.environ.get("BENCH_JOBS", "1")))


def read(path: Path) -> Found:
    """Read a JSON object."""
    found: Found = json.loads(path.read_text(encoding="utf-8"))
    return found


def speed(found: Found) -> float:
    """Tokens a second of a training."""
    return float(found["tokens"] / found["train_seconds"])


def median_speed(runs: Sequence[Found]) -> float:
    """Median over runs of one kind."""
    return statistics.median(speed(found) for found in runs)


def median_step(runs: Sequence[Found]) -> float:
    """Median seconds of a step over runs of one kind."""
    return statistics.median(taken for found in runs for taken in found["step_seconds"])


def memory(found: Found) -> float:
    """GB taken on top of what the process held before the model."""
    return float(found["memory_peak"] - found["memory_before"]) / 1e9


def scored(predictions: Path, labels: Path) -> Found:
    """HR@10 and NDCG@10 of a predictions file, by `hhrec evaluate`."""
    metrics = hhrec("evaluate", "--predictions", predictions, "--labels", labels)["metrics"]
    return {name: metrics[name] for name in ("HR@10", "NDCG@10")}


def hhrec(*arguments: str | Path) -> Found:
    """Run a command and read its JSON report."""
    done = subprocess.run(
        [*HHREC, *arguments, "--json", "-q"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: Found = json.loads(done.stdout) if done.stdout else {}
    return report
