"""`hhrec train` in processes of its own: what is typed, the environment, the report."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.helpers.source import ROOT

SETTINGS = {
    "hidden_size": 16,
    "heads": 2,
    "layers": 1,
    "batch_tokens": 512,
    "epochs": 3,
    "tracker": "none",
    "save_minutes": 0.002,
    "patience": 0,
}
# Launched side by side on accelerate's one default port, two trainings would wait for each other.
ANY_PORT = ("--main_process_port", "0")
PATIENCE = 240  # seconds until a launch is ended, its processes with it
SETS = [word for name, value in SETTINGS.items() for word in ("--set", f"train.{name}={value}")]


def words(artifacts: Path, out: Path, *more: str) -> list[str]:
    """Options of `hhrec train` with all paths absolute."""
    paths = {
        "--sequences": artifacts / "sequences",
        "--features": artifacts / "features",
        "--vocab": artifacts / "vocab.parquet",
        "--out": out / "model",
        "--checkpoints": out / "checkpoints",
        "--live": out / "live",
        "--params": ROOT / "params.yaml",
    }
    return [*(str(word) for pair in paths.items() for word in pair), *SETS, *more]


def environment(**changes: str) -> dict[str, str]:
    """The environment of a user: what this process was told for its own output is left out."""
    known = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    quiet = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return known | quiet | changes


def accelerate(
    *arguments: str, cwd: Path = ROOT, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Type `accelerate launch ARGUMENTS`."""
    command = [sys.executable, "-m", "accelerate.commands.launch", *arguments]
    running = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = running.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        out, err = running.communicate()
        err += f"\nended after {PATIENCE} seconds\n"
    return subprocess.CompletedProcess(command, running.returncode, out, err)


def report(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])
