"""The data stages on an engine, on several logs; prints a hash a file. `ENGINE OUT RAW...`, JSON first."""

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

from stages.interface.stage_report import Progress, silent
from stages.params import Params, validated
from stages.pipeline import pipeline

DATA = ("explode", "filter", "vocab", "features", "sequences")


def silently(stage: str) -> Progress:
    """Show nothing of any stage."""
    del stage
    return silent


def params(engine: dict[str, object]) -> Params:
    """Parameters for logs that are small or odd, in 5 buckets."""
    sections = {
        "split": {"kind": "last_session"},
        "explode": {"buckets": 5},
        "filter": {"min_item_events": 2, "max_user_events": 1_000_000},
        "vocab": {"min_count": 1},
        "features": {"tokens": 200},
        "engine": engine,
    }
    return validated(sections, where="on_engine")


def work(
    engine: dict[str, object], raw: Path, out: Path, told: Callable[[str], Progress] = silently
) -> None:
    """Run the data stages on one log; tell the progress of each to what `told` gives for its name."""
    for step in pipeline.steps(params(engine), raw, out):
        if step.name in DATA:
            step.work(progress=told(step.name))


def work_one(name: str, engine: dict[str, object], raw: Path, out: Path) -> None:
    """Run one stage."""
    {step.name: step for step in pipeline.steps(params(engine), raw, out)}[name].work()


def hashes(out: Path) -> dict[str, str]:
    """Hash of every file that was written, manifests apart, which hold times."""
    return {
        file.relative_to(out).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(out.rglob("*"))
        if file.is_file() and ".hhrec" not in file.relative_to(out).parts
    }


def main() -> None:
    """Print one JSON object."""
    engine, out = json.loads(sys.argv[1]), Path(sys.argv[2])
    for raw in map(Path, sys.argv[3:]):
        work(engine, raw, out / raw.name)
    sys.stdout.write(json.dumps(hashes(out)) + "\n")


if __name__ == "__main__":
    main()
