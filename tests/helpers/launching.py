"""`hhrec train` in processes of its own: what is typed, the environment, the report."""

import json
import os
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
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    quiet = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return os.environ | quiet | changes


def accelerate(
    *arguments: str, cwd: Path = ROOT, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Type `accelerate launch ARGUMENTS`."""
    command = [sys.executable, "-m", "accelerate.commands.launch", *arguments]
    return subprocess.run(
        command, cwd=cwd, env=environment(**changes), capture_output=True, text=True, check=False
    )


def report(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])
