"""A log judged: `hhrec run` with the defaults, and the model's lead over the best baseline."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.benchmarks import runs

METRIC = "MRR@100"
PARTS = ("test", "validation")


@dataclass(frozen=True)
class Lead:
    """The model beside the best baseline of the same rows.

    Attributes:
        rows: Labelled rows.
        model: The model's MRR@100.
        best: The best baseline's.
        baseline: Its name.
        value: Mean of model - baseline over the rows.
        low: Lower end of the paired 95 % interval.
        high: Upper end.
    """

    rows: int
    model: float
    best: float
    baseline: str
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Show the lead with its interval."""
        return f"{self.value:+.4f} ({self.low:+.4f} to {self.high:+.4f})"


def judged(log: str, raw: Path, out: Path, overrides: list[str]) -> runs.Found:
    """Run all stages on a log once; its line of the table."""
    task = {"do": "judge", "log": log, "out": str(out), "overrides": overrides}
    if before := runs.earlier(out, task):
        return before
    chosen = [word for override in overrides for word in ("--set", override)]
    started = time.perf_counter()
    runs.hhrec("run", "--raw", raw, "--artifacts", out, "--force", *chosen)
    minutes = (time.perf_counter() - started) / 60
    found = line(out / "metrics") | {"log": log, "minutes": minutes, "task": task}
    (out / "figures.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def line(metrics: Path) -> runs.Found:
    """Read both parts' leads, null for a part without labels, and every test score."""
    leads: runs.Found = dict.fromkeys(PARTS)
    reports = {part: metrics / f"{part}.json" for part in PARTS}
    found = {part: runs.read(file) for part, file in reports.items() if file.is_file()}
    leads |= {part: asdict(lead(report)) for part, report in found.items()}
    return leads | {"scores": scores(found["test"])}


def scores(report: runs.Found) -> dict[str, float]:
    """MRR@100 of the model and of every baseline."""
    return {name: score["metrics"][METRIC] for name, score in report["scores"].items()}


def lead(report: runs.Found) -> Lead:
    """Compare the model with the baseline that scores best on these very rows."""
    every = scores(report)
    model = every.pop("model")
    best = max(every, key=lambda name: every[name])
    paired = report["differences"][best][METRIC]
    interval = {end: paired[end] for end in ("value", "low", "high")}
    rows = report["scores"]["model"]["rows"]
    return Lead(rows=rows, model=model, best=every[best], baseline=best, **interval)
