"""Run the parts of `gpu.py` one after the other: `python gpu_child.py OUT PART …`."""

import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from tests.benchmarks.gpu import KEPT, PARTS, say

MODULES = {
    "machine": "gpu_machine",
    "syncs": "gpu_profile",
    "losses": "gpu_same",
    "lists": "gpu_same",
    "movielens": "gpu_training",
    "contest": "gpu_training",
    "search": "gpu_ranking",
    "prediction": "gpu_ranking",
}


class OverTimeError(Exception):
    """A part has used up its seconds."""


@dataclass
class Bench:
    """Where figures go, and how long there is.

    Attributes:
        out: Directory of gpu.json and of the profiles.
        device: The GPU, or the CPU where there is none.
        tiny: Whether to prove the harness only.
        end: When all has to be done, seconds since 1970.
        found: Figures by part and name.
    """

    out: Path
    device: torch.device
    tiny: bool
    end: float
    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    part: str = ""

    def row(self, name: str, value: Any, unit: str = "", note: str = "") -> None:
        """Print a figure and write all so far."""
        shown = f"{value:,.4g}" if isinstance(value, float) else str(value)
        if isinstance(value, float) and abs(value) >= 1_000:
            shown = f"{value:,.0f}"
        say(f"| {self.part} | {name} | {shown} {unit} | {note} |")
        self.found.setdefault(self.part, {})[name] = {"value": value, "unit": unit, "note": note}
        text = json.dumps(self.found, indent=1, default=str)
        (self.out / "gpu.json").write_text(text + "\n", encoding="utf-8")

    def left(self) -> float:
        """Seconds left of all."""
        return self.end - time.time()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Raise `OverTimeError` inside where it takes longer."""

        def stop(*_: object) -> None:
            raise OverTimeError(f"more than {seconds:.0f} s")

        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.1))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def wait(self) -> None:
        """Let the device finish."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def attempt(self, name: str, work: Callable[[], None]) -> None:
        """Do one of several things of a part; where it fails say so and go on."""
        try:
            work()
        except OverTimeError:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, the other parts run
            text = traceback.format_exc()
            with (self.out / "errors.txt").open("a", encoding="utf-8") as file:
                file.write(f"== {self.part} {name}\n{text}\n")
            self.row(name, "failed", note=f"{type(error).__name__}: {str(error)[:300]!r}")
            say(text[-1_500:])
            if "CUDA error" in str(error):  # nothing works any more in this process
                sys.exit(3)
        finally:
            if self.device.type == "cuda":
                torch.cuda.empty_cache()


def without_als() -> None:
    """Let what imports ALS do so where its library is not installed; no part uses it."""
    try:
        importlib.import_module("implicit.cpu.als")
    except ImportError:
        nothing = {"als": "AlternatingLeastSquares", "topk": "topk"}
        sys.modules["implicit"] = sys.modules["implicit.cpu"] = ModuleType("implicit")
        for name, held in nothing.items():
            module = sys.modules[f"implicit.cpu.{name}"] = ModuleType(name)
            setattr(module, held, object)


def worked(bench: Bench, part: str) -> None:
    """Import a part and run it."""
    getattr(importlib.import_module(f"tests.benchmarks.{MODULES[part]}"), part)(bench)


def main() -> None:
    """Run the parts."""
    out, parts = Path(sys.argv[1]), sys.argv[2:]
    without_als()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tiny = os.environ.get("BENCH_SIZE", "tiny" if device.type == "cpu" else "full") == "tiny"
    bench = Bench(out, device, tiny, float(os.environ.get("BENCH_END", time.time() + 3_600)))
    written, old = out / "begun.json", out / "gpu.json"
    done = json.loads(written.read_text()) if written.exists() else []
    bench.found = json.loads(old.read_text()) if old.exists() else {}
    for part in parts:
        bench.part = part
        done.append(part)
        written.write_text(json.dumps(done), encoding="utf-8")
        if bench.left() < 5:
            bench.row("not begun", "no time left")
            continue
        started = time.time()
        try:
            later = KEPT * (len(parts) - parts.index(part) - 1)
            with bench.within(min(PARTS[part], max(bench.left() - later, KEPT))):
                bench.attempt(part, lambda p=part: worked(bench, p))
        except OverTimeError as error:
            bench.row("stopped", str(error))
        bench.row("seconds of this part", time.time() - started, "s")


if __name__ == "__main__":
    main()
