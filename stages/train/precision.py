"""Choose the precision: bfloat16 where it is faster and gives the same losses.

What a processor gains by bfloat16 depends on its instructions and on the sizes of the products, so
`auto` measures instead of guessing: the same batches are trained on in both precisions, forward
and backward, without a step of the optimiser. Nothing stays behind but the choice.
"""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast, is_bf16_available

from stages.interface.errors import HhrecError
from stages.train import loop
from stages.train.dataloader import work
from stages.train.dataset import TrainingData, steps_per_epoch
from stages.train.device_batches import StepBatches

STEPS = 4  # steps timed, each twice in both precisions; the first time warms up
TOLERANCE = 0.01  # most that the losses may differ, relative to fp32
GAIN = 1.05  # least that bfloat16 must be faster by
KINDS = ("no", "bf16")


@dataclass(frozen=True)
class PrecisionChoice:
    """What to train in and why.

    Attributes:
        kind: `no`, `tf32` or `bf16`.
        speedup: Seconds in fp32 over seconds in bfloat16; None when not timed.
        difference: Relative difference of the summed losses, absolute where those of fp32 are 0;
            None when not compared.
    """

    kind: str
    speedup: float | None = None
    difference: float | None = None

    def __str__(self) -> str:
        """Say it in a line."""
        if self.speedup is None or self.difference is None:
            return f"precision {self.kind}"
        return (
            f"precision {self.kind}: bf16 is {self.speedup:.2f} x as fast as fp32, "
            f"losses differ by {self.difference:.2%}"
        )


def settle(
    wanted: str,
    task: TrainingData,
    model: Any,
    accelerator: Accelerator,
    *,
    full: bool,
    clock: Callable[[], float] = time.perf_counter,
) -> PrecisionChoice:
    """Turn `train.precision` into `no`, `tf32` or `bf16`; the same in every process.

    Args:
        wanted: `no`, `tf32`, `bf16` or `auto`.
        task: What will be trained on; `auto` takes the first batches of the first epoch.
        model: The prepared model.
        accelerator: One process or many.
        full: Softmax over all trained items instead of drawn ones.
        clock: Seconds.

    Raises:
        HhrecError: `bf16` is wanted on a device that has none.
    """
    if wanted == "tf32":
        return PrecisionChoice("tf32")
    able = is_bf16_available(ignore_tpu=True)
    if wanted == "bf16" and not able:
        raise HhrecError(
            f"train.precision=bf16: {accelerator.device} does not compute in bfloat16",
            "set train.precision to no or auto",
        )
    if wanted != "auto" or not able:
        return PrecisionChoice("bf16" if wanted == "bf16" else "no")
    return choose(measure(task, model, accelerator, full=full, clock=clock))


def choose(measured: dict[str, tuple[float, float]]) -> PrecisionChoice:
    """Take bfloat16 if it is faster by 5 % and its losses are within 1 % of those of fp32.

    Args:
        measured: (seconds, loss) of `no` and of `bf16`.
    """
    (slow, exact), (fast, rough) = measured["no"], measured["bf16"]
    speedup, apart = slow / fast, abs(rough - exact)
    alike = apart <= TOLERANCE * abs(exact)  # false if a loss is not a number
    kind = "bf16" if speedup >= GAIN and alike else "no"
    return PrecisionChoice(kind, speedup, apart / abs(exact) if exact else apart)


def measure(
    task: TrainingData,
    model: Any,
    accelerator: Accelerator,
    *,
    full: bool,
    clock: Callable[[], float],
) -> dict[str, tuple[float, float]]:
    """Seconds and summed losses of the first steps in each precision, as process 0 saw them.

    Each step runs twice in both, in turns, and the faster time counts: the first pass of a shape
    also compiles kernels. Weights, gradients and random numbers are afterwards as before.
    """
    total = task.settings.epochs * steps_per_epoch(task, accelerator.num_processes)
    found = torch.zeros(len(KINDS), 2, device=accelerator.device)
    devices = [accelerator.device] if accelerator.device.type == "cuda" else []
    with (
        torch.random.fork_rng(devices),
        closing(work(task, 0, total, accelerator, full=full)) as parts,
    ):
        for part in islice(parts, STEPS):
            runs = [
                [_timed(task, model, accelerator, part, kind, full, clock) for kind in KINDS]
                for _ in range(2)
            ]
            seen = torch.tensor(runs, device=accelerator.device)  # (passes, precisions, 2)
            found += seen.amin(0)
    found = broadcast(found, from_process=0)
    return {kind: (float(row[0]), float(row[1])) for kind, row in zip(KINDS, found, strict=True)}


def _timed(
    task: TrainingData,
    model: Any,
    accelerator: Accelerator,
    part: StepBatches,
    kind: str,
    full: bool,  # noqa: FBT001
    clock: Callable[[], float],
) -> tuple[float, float]:
    """Seconds and mean loss of one step without its update."""
    started = clock()
    loss, weight = loop.accumulate(task, model, accelerator, part, full=full, precision=kind)
    found = float(loss) / weight  # the loss is read, so the device is done
    seconds = clock() - started
    model.zero_grad(set_to_none=True)
    return seconds, found
