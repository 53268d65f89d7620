"""Every stage as a process of its own on a log of the contest's size, and what each of them took."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.benchmarks import runs

SESSIONS, VACANCIES = 3_463_064, 2_734_129
ORDERED = ("explode", "filter", "vocab", "sequences")  # what the bare script does, too
DATA = ("explode", "filter", "vocab", "features", "sequences")
GB, KIB = 1e9, 1024
LOADED = "import stages.train.stage"  # what a training holds before it reads anything


@dataclass(frozen=True)
class Taken:
    """What a process took: seconds, seconds of all its processors, bytes at its peak and on disk."""

    wall: float
    cpu: float
    memory: int
    disk: int
    said: str = ""


def stages(share: float, settings: Sequence[str]) -> dict[str, list[str]]:
    """Words of each stage's command, from the log in `raw` to the page, all in `artifacts`."""
    sessions, vacancies = (str(max(1, round(share * n))) for n in (SESSIONS, VACANCIES))
    chosen = [word for one in ("raw=raw", *settings) for word in ("--set", one)]
    commands = {
        "explode": ["explode"],
        "filter": ["filter"],
        "vocab": ["vocab", "build"],
        "features": ["features", "build"],
        "sequences": ["sequences", "build"],
        "train": ["train"],
        "predict": ["predict"],
        "validation": ["predict", "--part", "validation"],
        "evaluate": ["evaluate"],
        "report": ["report"],
    }
    sample = ["data", "sample", "--out", "raw", "--sessions", sessions, "--vacancies", vacancies]
    return {"sample": sample} | {name: [*line, *chosen] for name, line in commands.items()}


def taken(command: Sequence[str], place: Path, disk: Path, kept: Path) -> Taken:
    """Run a command and measure it; what an earlier run left in `kept` is taken for it.

    Args:
        command: What to run.
        place: Where to run it.
        disk: Whose growth is counted.
        kept: A JSON file.
    """
    if kept.is_file():
        return Taken(**json.loads(kept.read_text(encoding="utf-8")))
    kept.parent.mkdir(parents=True, exist_ok=True)
    place.mkdir(parents=True, exist_ok=True)
    before, started = size_of(disk), time.perf_counter()
    with _output(kept).open("w+") as output:
        process = subprocess.Popen(
            command,
            cwd=place,
            env={**os.environ, "PYTHONPATH": str(runs.ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        output.seek(0)
        said = output.read()
    assert process.returncode == 0, f"{' '.join(command)}: {said[-3000:]}"
    cpu = used.ru_utime + used.ru_stime
    found = Taken(wall, cpu, used.ru_maxrss * KIB, size_of(disk) - before, said[-2000:])
    kept.write_text(json.dumps(asdict(found), indent=1), encoding="utf-8")
    return found


def figures_of(place: Path, name: str) -> Path:
    """Where a stage's figures are kept."""
    return place / "figures" / f"{name}.json"


def whole_output(kept: Path) -> str:
    """All that a command printed whose figures are kept; `said` holds the end of it."""
    return _output(kept).read_text(encoding="utf-8")


def _output(kept: Path) -> Path:
    return kept.with_suffix(".out")


def size_of(directory: Path) -> int:
    """Bytes of the files below a directory, each counted once."""
    stats = (path.stat() for path in directory.rglob("*") if path.is_file())
    return sum({stat.st_ino: stat.st_size for stat in stats}.values())


def hhrec(line: Sequence[str]) -> list[str]:
    """Command of hhrec."""
    return [*runs.HHREC, *line]


def python(*arguments: str | Path) -> list[str]:
    """Command of this interpreter."""
    return [sys.executable, *map(str, arguments)]
