"""What a GPU makes of training and ranking: `python tests/benchmarks/gpu.py OUT`, or `make bench-gpu`.

Prints a line as soon as a figure is known and writes all of them to OUT/gpu.json. It needs torch,
transformers, accelerate, polars, pydantic and no network; BENCH_SIZE=tiny proves it on any machine
in a minute. Parts run one after the other in a second process, each for at most its seconds: one
that fails or is stopped says so, and the next begins. `--only PART …` runs some of them.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = {  # seconds, at most
    "machine": 25,
    "syncs": 40,
    "losses": 60,
    "lists": 50,
    "search": 60,
    "movielens": 110,
    "contest": 170,
    "prediction": 90,
}
WHOLE = 465  # seconds of all
KEPT = 30  # seconds kept for each part to come
LATE = 10  # seconds that a part may take to stop


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def begun(out: Path) -> set[str]:
    """Parts of which something is written."""
    found = out / "begun.json"
    return set(json.loads(found.read_text())) if found.exists() else set()


def main() -> None:
    """Run the parts that are left until none is, each process until a part takes it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name in ("begun.json", "gpu.json", "errors.txt", "syncs.txt"):
        (given.out / name).unlink(missing_ok=True)
    end = time.time() + float(os.environ.get("BENCH_SECONDS", WHOLE))
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    known = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "BENCH_END": str(end)}
    while left := [part for part in given.only if part not in begun(given.out)]:
        room = end - time.time()
        if room < LATE:
            say(f"| no time left for | {', '.join(left)} |")
            break
        words = [sys.executable, str(ROOT / "tests/benchmarks/gpu_child.py"), str(given.out), *left]
        with subprocess.Popen(words, env=known) as child:
            try:
                child.wait(room + LATE)
            except subprocess.TimeoutExpired:
                child.kill()
                say("| stopped | out of time |")
                break
        if len(left) == len([part for part in given.only if part not in begun(given.out)]):
            say("| stopped | nothing begins: see the error above |")
            sys.exit(1)


if __name__ == "__main__":
    main()
