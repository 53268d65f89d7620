"""hhrec itself, in a process of its own: `python ours.py TASK.json`.

Goes through the stages' `run`, which is all that a user has; `figures.json` holds what was measured.
"""

import json
import os
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from stages import params, predict, train

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Task:
    """What to do: `train`, `predict`, or one of `inside.py`.

    Attributes:
        do: One of those.
        artifacts: Directory of sequences, features and vocab.parquet; for `curve`, of raw files.
        out: Where figures.json goes; for `predict`, the model is `out/model`.
        overrides: `section.key=value`.
        steps: Steps after which training is interrupted, or batches wanted; 0 for all.
        without: What to leave out, one of `without.PATCHES`.
    """

    do: str
    artifacts: str
    out: str
    overrides: list[str] = field(default_factory=list)
    steps: int = 0
    without: str = ""


class Steps:
    """A progress that times steps, and interrupts after some as Ctrl-C would.

    As for the peers, a step lasts from the end of the one before it to its own end, and the first of
    each epoch is left out: validation and checkpoints fall into it.
    """

    def __init__(self, wanted: int, epochs: int) -> None:
        self.wanted, self.epochs = wanted, epochs
        self.last = (0, 0.0, 0.0)
        self.seconds: list[float] = []
        self.cpu = 0.0

    def __call__(self, done: int, total: int, note: str = "", **_: float) -> None:
        del note
        now = (done, time.perf_counter(), time.process_time())
        an_epoch = total // self.epochs
        if done == self.last[0] + 1 and (done - 1) % an_epoch:
            self.seconds.append(now[1] - self.last[1])
            self.cpu += now[2] - self.last[2]
        self.last = now
        if self.wanted and done == self.wanted:
            os.kill(os.getpid(), signal.SIGTERM)


def resident(name: str) -> int:
    """Bytes of this process: `VmRSS` now, `VmHWM` at the peak."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    found = next(line for line in lines if line.startswith(f"{name}:"))
    return int(found.split()[1]) * 1024


def trained(task: Task, settings: params.Params) -> dict[str, object]:
    """Train; `tokens` are those of the steps timed, by the mean of an epoch."""
    artifacts, out = Path(task.artifacts), Path(task.out)
    watch = Steps(task.steps, settings.train.epochs)
    report = train.run(
        settings,
        sequences=artifacts / "sequences",
        features=artifacts / "features",
        vocab=artifacts / "vocab.parquet",
        out=out / "model",
        checkpoints=out / "checkpoints",
        progress=watch,
    )
    a_step = report.tokens_per_epoch * report.epochs / report.steps
    return {
        "tokens": round(a_step * len(watch.seconds)),
        "train_seconds": sum(watch.seconds),
        "cpu_seconds": watch.cpu,
        "step_seconds": watch.seconds,
        "report": report.model_dump(mode="json"),
    }


def predicted(task: Task, settings: params.Params) -> dict[str, object]:
    """Recommend for the test rows, from files to a file."""
    artifacts, out = Path(task.artifacts), Path(task.out)
    calls: list[tuple[int, float]] = []

    def called(done: int, total: int, note: str = "", **_: float) -> None:
        del total, note
        calls.append((done, time.perf_counter()))

    started, cpu = time.perf_counter(), time.process_time()
    report = predict.run(
        settings,
        model=out / "model",
        sequences=artifacts / "sequences",
        features=artifacts / "features",
        vocab=artifacts / "vocab.parquet",
        out=out / "predictions.parquet",
        progress=called,
    )
    first, last = calls[0], calls[-1]
    return {
        "predict_seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - cpu,
        "users": report.rows,
        "ranking_seconds": last[1] - first[1],
        "ranking_users": last[0] - first[0],
    }


DOES = {"train": trained, "predict": predicted}


def main() -> None:
    """Do the task and write figures.json."""
    task = Task(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    settings = params.load(ROOT / "params.yaml", task.overrides)
    if task.without:
        from tests.benchmarks.without import PATCHES

        PATCHES[task.without]()
    before = resident("VmRSS")
    if task.do in DOES:
        found = DOES[task.do](task, settings)
    else:
        from tests.benchmarks import inside  # what knows the insides stays apart

        found = getattr(inside, task.do)(task, settings)
    found |= {"task": asdict(task), "memory_before": before, "memory_peak": resident("VmHWM")}
    out = Path(task.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "figures.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
