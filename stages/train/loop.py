"""The training loop: steps that depend on their number alone, on any number of processes.

Batch plans, masks, negatives and dropout are seeded by (seed, epoch, batch), so a resumed run
repeats an undisturbed one to the bit, and the same batches are taken by one process or several.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator

from stages.core.seeds import derive
from stages.train import sparse_gradients
from stages.train.dataloader import work
from stages.train.dataset import TrainingData, steps_per_epoch
from stages.train.device_batches import StepBatches, is_gpu, negatives, placed
from stages.train.finite_check import require_finite
from stages.train.learning_rate import learning_rate, set_learning_rate


@dataclass(frozen=True)
class Figures:
    """What one step did; loss is the mean over the global batch's questions.

    Of this process are the tokens (events of histories, each once), the positions of its batches,
    and how many of those are filled: a history may stand in a batch in several cuts. `waited` are
    those of the seconds in which it waited for batches. On a GPU, which goes on while the next step
    is prepared, loss and norm are those of the step before.
    """

    step: int
    total: int
    loss: float
    lr: float
    norm: float
    tokens: int
    filled: int
    positions: int
    seconds: float
    waited: float = 0.0


def run(
    task: TrainingData,
    model: Any,
    optimizers: Sequence[torch.optim.Optimizer],
    accelerator: Accelerator,
    *,
    full: bool,
    first_step: int,
    after_step: Callable[[Figures], bool],
    precision: str = "no",
) -> None:
    """Train from `first_step` until the last step or until `after_step` returns false.

    Args:
        task: What to train on.
        model: The prepared model: (batch, catalogue, candidates) -> sum of losses.
        optimizers: Its optimisers; together they hold every weight that is trained.
        accelerator: One process or many.
        full: Softmax over all trained items instead of drawn ones.
        first_step: Steps that an earlier run has done.
        after_step: Sees the figures of each step; false stops.
        precision: `no`, `tf32` or `bf16`.
    """
    settings = task.settings
    total = settings.epochs * steps_per_epoch(task, accelerator.num_processes)
    if is_gpu(accelerator.device):
        torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    readings, ended = Readings(accelerator.device), time.perf_counter()
    for part in work(task, first_step, total, accelerator, full=full):
        ready = time.perf_counter()
        lr = learning_rate(part.step, total, settings.lr, settings.warmup, settings.schedule)
        found = take_step(
            task, model, optimizers, accelerator, part, lr, full=full, precision=precision
        )
        known, (loss, norm) = readings.exchange(part, found)
        require_finite(loss, norm, known, lr)
        now = time.perf_counter()
        figures = Figures(
            step=part.step + 1,
            total=total,
            loss=loss,
            lr=lr,
            norm=norm,
            tokens=part.tokens,
            filled=part.filled(),
            positions=part.positions(),
            seconds=now - ended,
            waited=ready - ended,
        )
        if not after_step(figures):
            return
        ended = time.perf_counter()


def take_step(
    task: TrainingData,
    model: Any,
    optimizers: Sequence[torch.optim.Optimizer],
    accelerator: Accelerator,
    part: StepBatches,
    lr: float,
    *,
    full: bool,
    precision: str,
) -> torch.Tensor:
    """Take one step, unless it would leave no number in the weights; on a GPU wait for nothing.

    Returns:
        Loss and norm of the gradients, (2,).
    """
    loss, weight = accumulate(task, model, accelerator, part, full=full, precision=precision)
    sparse_gradients.merge(sparse_gradients.tables(model).values(), accelerator)
    norm = sparse_gradients.clip_(model.parameters(), task.settings.clip)
    found = torch.stack([loss / weight, norm.to(loss.dtype)])
    skip = (~found.isfinite()).any().to(torch.float32)
    gpu = is_gpu(accelerator.device)
    if not gpu and skip > 0:
        return found
    for optimizer in optimizers:
        if gpu:
            vars(optimizer)["found_inf"] = skip  # what fused AdamW and RowAdam ask
        set_learning_rate(optimizer, lr)
        optimizer.step()
        optimizer.zero_grad()
    return found


class Readings:
    """Loss and norm of steps, read from a GPU one step later, when they are long there."""

    def __init__(self, device: torch.device) -> None:
        self.late = is_gpu(device)
        self.before: tuple[StepBatches, torch.Tensor, torch.cuda.Event] | None = None

    def exchange(self, part: StepBatches, found: torch.Tensor) -> tuple[StepBatches, list[float]]:
        """Give (loss, norm) of a step; get those of the step that is known by now, and which it is."""
        if not self.late:
            return part, found.tolist()
        copy = torch.empty(2, pin_memory=True).copy_(found, non_blocking=True)
        done = torch.cuda.Event()
        done.record()
        known, self.before = self.before or (part, copy, done), (part, copy, done)
        known[2].synchronize()
        return known[0], known[1].tolist()


def accumulate(
    task: TrainingData,
    model: Any,
    accelerator: Accelerator,
    part: StepBatches,
    *,
    full: bool,
    precision: str = "no",
) -> tuple[torch.Tensor, float]:
    """Add up the gradients of one step; return the global sums of losses and weights.

    With `bf16`, matrix products of the forward and backward pass are taken in bfloat16; weights,
    gradients, optimiser state, the item table and sums stay in fp32. Gradients of tables are each
    process's own until `rows.merge`.
    """
    kind, alone = accelerator.device.type, accelerator.num_processes == 1
    weight = part.weight() if alone else float(accelerator.reduce(part.weights(accelerator.device)))
    weight = max(weight, 1e-9)  # a step may hold nothing but unknown vacancies
    scale = accelerator.num_processes / weight  # the processes' gradients are averaged
    summed = torch.zeros((), device=accelerator.device)
    for number, (index, batch) in enumerate(part.batches, start=1):
        ready = (
            part.ready[number - 1]
            if part.ready
            else placed(
                task, batch, accelerator.device, full=full, seed=negatives(task, part.epoch, index)
            )
        )
        torch.manual_seed(derive(task.seed, "dropout", part.epoch, index))
        last = number == len(part.batches)
        with torch.enable_grad(), _sync(accelerator, model, last=last):
            with torch.autocast(kind, torch.bfloat16, enabled=precision == "bf16"):
                loss = model(ready.batch, task.catalogue, ready.candidates, ready.index)
            accelerator.backward(loss * scale)
        summed += loss.detach()
    return accelerator.reduce(summed), weight


def _sync(accelerator: Accelerator, model: Any, *, last: bool) -> Any:
    """Exchange gradients only after a process's last batch of a step."""
    return torch.enable_grad() if last else accelerator.no_sync(model)
