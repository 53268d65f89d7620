"""What a benchmark found: a line on stdout for each figure, and a JSON file with where and when."""

import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.benchmarks.runs import ROOT
from tests.benchmarks.sizes import Size

PACKAGES = ("torch", "transformers", "accelerate", "polars", "numpy")


@dataclass(frozen=True)
class Figure:
    """A measured value beside its reference of the same run.

    Attributes:
        name: What was measured.
        value: In `unit`.
        unit: For people.
        reference: The reference's value in the same unit.
        against: What the reference is.
        ratio: value / reference.
        aim: Where the issue wants the ratio, or None.
        at_most: Whether the ratio should stay below the aim.
    """

    name: str
    value: float
    unit: str
    reference: float
    against: str
    ratio: float
    aim: float | None = None
    at_most: bool = False

    @property
    def reached(self) -> bool:
        """Whether the aim, if any, is met."""
        if self.aim is None:
            return True
        return self.ratio <= self.aim if self.at_most else self.ratio >= self.aim

    def __str__(self) -> str:
        """Show it in one line."""
        aim = ""
        if self.aim is not None:
            bound = "at most" if self.at_most else "at least"
            aim = f" (aim {bound} {self.aim:g}: {'reached' if self.reached else 'MISSED'})"
        return (
            f"{self.name}: {self.value:,.4g} {self.unit}, {self.ratio:.3g} x {self.against} "
            f"({self.reference:,.4g}){aim}"
        )


class Record:
    """The figures of one benchmark, which `make TARGET` repeats."""

    def __init__(
        self, benchmark: str, size: Size, *, target: str = "bench", **settings: Any
    ) -> None:
        self.benchmark, self.size, self.settings = benchmark, size, settings
        self.target = target
        self.figures: list[Figure] = []
        self.runs: dict[str, Any] = {}

    def add(
        self, name: str, value: float, unit: str, against: str, reference: float, **aim: Any
    ) -> None:
        """Take a figure and print it."""
        figure = Figure(name, value, unit, reference, against, value / reference, **aim)
        self.figures.append(figure)
        sys.stdout.write(f"\n[{self.benchmark}, {self.size.name}] {figure}")
        sys.stdout.flush()

    def write(self) -> None:
        """Write the JSON file; full sizes go to docs/benchmarks, which `make bench-docs` reads."""
        folder = "docs/benchmarks" if self.size.name == "full" else "artifacts/benchmarks"
        results = Path(os.environ.get("BENCH_RESULTS", ROOT / folder))
        results.mkdir(parents=True, exist_ok=True)
        found = {
            "benchmark": self.benchmark,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "versions": {"python": platform.python_version()} | {n: version(n) for n in PACKAGES},
            "command": command(self.target),
            "size": asdict(self.size),
            "settings": self.settings,
            "figures": [asdict(figure) | {"reached": figure.reached} for figure in self.figures],
            "runs": pathless(self.runs),
        }
        text = json.dumps(found, indent=1, ensure_ascii=False)
        (results / f"{self.benchmark}.json").write_text(text + "\n", encoding="utf-8")

    def finish(self) -> None:
        """Write; then fail if an aim was missed at full size, or a figure is no number."""
        self.write()
        assert all(figure.value > 0 and figure.reference > 0 for figure in self.figures)
        missed = [str(figure) for figure in self.figures if not figure.reached]
        assert not (self.size.strict and missed), "\n".join(missed)


def pathless(found: Any) -> Any:
    """Leave out the tasks, whose paths mean nothing elsewhere."""
    if isinstance(found, list):
        return [pathless(one) for one in found]
    if isinstance(found, dict):
        return {name: pathless(one) for name, one in found.items() if name != "task"}
    return found


def machine() -> dict[str, Any]:
    """Processor, cores, memory."""
    model = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    threads = os.environ.get("OMP_NUM_THREADS", str(os.cpu_count()))
    return {
        "processor": model[0] if model else platform.processor(),
        "cores": os.cpu_count(),
        "threads": int(threads),
        "memory_gb": round(pages / 1e9, 1),
    }


def command(target: str) -> str:
    """How to repeat it."""
    names = ("SIZE", "EPOCHS", "SET", "JOBS", "PARTS", "LOGS", "SEEDS", "BUNDLE")
    found = {f"BENCH_{name}": os.environ.get(f"BENCH_{name}") for name in names}
    given = [f"{name}='{value}'" for name, value in found.items() if value]
    return " ".join([f"make {target}", *given])
