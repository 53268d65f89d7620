"""Run the data stages on raw files and print the hash of each file. RAW OUT BUCKETS [--all]."""

import hashlib
import sys
from pathlib import Path

from stages.interface.stage_report import silent
from stages.params import validated
from stages.pipeline import pipeline

DATA = ("explode", "filter", "vocab", "features", "sequences")


def main() -> None:
    """Print `HASH NAME` a line; `.hhrec` apart, which holds times."""
    raw, out, buckets = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    settings = {
        "split": {"kind": "last_session"},
        "features": {"tokens": 400},
        "explode": {"buckets": buckets},
        "train": {"hidden_size": 16, "heads": 2, "layers": 1, "epochs": 2, "tracker": "none"},
        "evaluate": {"bootstrap": 100},
    }
    for step in pipeline.steps(validated(settings, where="launched"), raw, out):
        if step.name in DATA or "--all" in sys.argv:
            step.work(progress=silent)
    for file in sorted(out.rglob("*")):
        name = file.relative_to(out).as_posix()
        if file.is_file() and ".hhrec" not in name:
            sys.stdout.write(f"{hashlib.sha256(file.read_bytes()).hexdigest()} {name}\n")


main()
