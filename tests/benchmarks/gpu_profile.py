"""Where the time of a step goes, and which of its lines wait for the device: tables in files."""

import threading
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import torch
from torch.profiler import ProfilerActivity, profile, record_function

from stages.bert4rec.loss import candidate_losses
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.network.scorer import Scorer
from stages.train import loop, sparse_gradients
from stages.train.row_adam import RowAdam
from tests.benchmarks import gpu_trial, gpu_worlds
from tests.benchmarks.gpu import ROOT
from tests.benchmarks.gpu_child import Bench
from tests.benchmarks.gpu_trial import MASKED, Trial

KINDS: dict[str, dict[str, Any]] = {"prefix": {"objective": "prefix"}, "mlm": MASKED}
LABELLED = (
    (loop, "accumulate"),
    (loop, "take_step"),
    (HhrecModel, "forward"),
    (HhrecModel, "_own_candidates"),
    (Scorer, "states"),
    (Scorer, "lookup"),
    (Scorer, "near"),
    (Scorer, "trends"),
    (candidate_losses, "summed"),
    (sparse_gradients, "merge"),
    (sparse_gradients, "clip_"),
    (RowAdam, "step"),
)
LINES = 25


@contextmanager
def labelled() -> Iterator[None]:
    """Name parts of a step in profiles."""
    with ExitStack() as stack:
        for owner, name in LABELLED:
            if hasattr(owner, name):
                stack.enter_context(
                    mock.patch.object(owner, name, _named(getattr(owner, name), name))
                )
        yield


def _named(work: Callable[..., Any], name: str) -> Callable[..., Any]:
    def inside(*given: Any, **named: Any) -> Any:
        with record_function(f"## {name}"):
            return work(*given, **named)

    return inside


def profiled(bench: Bench, made: Trial, label: str, precision: str, steps: int) -> float:
    """Write where the time of some steps goes; seconds of kernels a step."""
    kinds = [ProfilerActivity.CPU]
    if bench.device.type == "cuda":
        kinds.append(ProfilerActivity.CUDA)
    with labelled(), profile(activities=kinds) as seen:
        timed = gpu_trial.run(bench, made, steps=steps, seconds=10, precision=precision, warm=0)
    found = seen.key_averages()
    whole = [f"{label}, {precision}: {timed.steps} steps in {timed.seconds:.3f} s", ""]
    device = "cuda" if bench.device.type == "cuda" else "cpu"
    for order in (f"self_{device}_time_total", f"{device}_time_total", "self_cpu_time_total"):
        whole += [order, found.table(sort_by=order, row_limit=LINES, max_name_column_width=70)]
    path = bench.out / f"profile-{label}.txt"
    path.write_text("\n".join(whole) + "\n", encoding="utf-8")
    count = max(timed.steps, 1)
    launches = sum(one.count for one in found if one.key.startswith("cudaLaunch")) / count
    bench.row(f"profile {label}", path.name, "", f"{launches:.0f} launches a step, all threads")
    ours = [one for one in found if not one.key.startswith("##")]
    kernels = [one for one in ours if "CUDA" in str(one.device_type)]
    return float(sum(one.self_device_time_total for one in kernels)) / 1e6 / count


def syncs(bench: Bench) -> None:
    """Count the lines of a step that wait for the device; their stacks go to syncs.txt."""
    if bench.device.type != "cuda":
        bench.row("syncs", "not measured", note="no GPU")
        return
    for objective, settings in KINDS.items():
        made = gpu_trial.trial(gpu_worlds.ML1M, bench.device, **settings)
        gpu_trial.run(bench, made, steps=3, seconds=20, precision="bf16", warm=2)
        found = waits(bench, made)
        mine = sum(count for (where, _), count in found.items() if where == "main")
        bench.row(
            f"{objective}, waits of 4 steps", mine, "", f"{sum(found.values())} of all threads"
        )
        with (bench.out / "syncs.txt").open("a", encoding="utf-8") as file:
            for (where, stack), count in found.most_common():
                file.write(f"== {objective}, {count} x in 4 steps, thread {where}\n{stack}\n")


def waits(bench: Bench, made: Trial) -> Counter[tuple[str, str]]:
    """Stacks of our own lines that waited in 4 steps, by thread."""
    found: Counter[tuple[str, str]] = Counter()

    def show(message: Any, *_: Any, **__: Any) -> None:
        if "synchroniz" not in str(message) or "prototype" in str(message):
            return  # the second is told once, as the mode is set
        thread = threading.current_thread()
        where = "main" if thread is threading.main_thread() else "background"
        lines = [
            f"  {frame.filename.removeprefix(str(ROOT))}:{frame.lineno} {frame.line}"
            for frame in traceback.extract_stack()
            if "stages" in frame.filename
        ]
        found[where, "\n".join(lines)] += 1

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show
        torch.cuda.set_sync_debug_mode("warn")
        try:
            gpu_trial.run(bench, made, steps=4, seconds=20, precision="bf16", warm=0)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return found
