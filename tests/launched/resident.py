"""Train for a few steps in a process of its own; print the memory it came to hold, as one object."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread


def status(name: str) -> int:
    """A field of /proc/self/status in bytes."""
    text = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name)) * 1024


def highest_anonymous(work: Callable[[], object]) -> int:
    """Run `work`; the most anonymous memory (no mapped files) seen meanwhile."""
    seen, over = [status("RssAnon")], Event()

    def look() -> None:
        while not over.wait(0.005):
            seen.append(status("RssAnon"))

    watcher = Thread(target=look)
    watcher.start()
    try:
        work()
    finally:
        over.set()
        watcher.join()
    return max(seen)


def main(artifacts: Path, out: Path, sets: list[str], most_steps: int) -> None:
    import torch

    from stages.params import validated
    from stages.train import stage as train
    from stages.train.callbacks import Watch
    from stages.train.loop import Figures

    torch.set_num_threads(1)
    values = {name: json.loads(value) for name, _, value in (one.partition("=") for one in sets)}
    params = validated({"train": {"tracker": "none", **values}}, where="test")
    after_step = Watch.after_step

    def some_steps(watch: Watch, figures: Figures) -> bool:
        """Stop early, and rank the validation rows as at an epoch's end."""
        goes_on = after_step(watch, figures) and figures.step < most_steps
        if not goes_on:
            watch.validate()
        return goes_on

    Watch.after_step = some_steps  # type: ignore[method-assign]
    paths = {
        "sequences": artifacts / "sequences",
        "features": artifacts / "features",
        "vocab": artifacts / "vocab.parquet",
    }
    before, anonymous = status("VmRSS"), status("RssAnon")
    expected = train.plan(params, **paths).peak  # as `train.run` does first
    highest = highest_anonymous(
        lambda: train.run(params, **paths, out=out / "model", checkpoints=out / "checkpoints")
    )
    found = {"grown": status("VmHWM") - before, "anonymous": highest - anonymous}
    sys.stdout.write(json.dumps({**found, "expected": expected}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[4:], int(sys.argv[3]))
