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

from stages.bert4rec.batching.batch import Batch
from stages.bert4rec.retrieval.negative_sampling import (
    Draws,
    StepCandidates,
    all_items,
    calibrated,
    drawn_items,
)
from stages.core.seeds import derive
from stages.train import sparse_gradients
from stages.train.dataloader import StepBatches, work
from stages.train.dataset import TrainingData, steps_per_epoch
from stages.train.finite_check import require_finite
from stages.train.learning_rate import learning_rate, set_learning_rate


@dataclass(frozen=True)
class Figures:
    """What one step did; loss is the mean over the global batch's questions.

    Of this process are the tokens (events of histories, each once), the positions of its batches,
    and how many of those are filled: a history may stand in a batch in several cuts.
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


def candidates(task: TrainingData, batch: Batch, full: bool, seed: int) -> StepCandidates:  # noqa: FBT001
    """Items that the questions of a batch choose from."""
    if full:
        return all_items(len(task.share), batch.items.device)
    settings, trained = task.settings, len(task.share)
    binary = settings.loss == "gbce"
    draws = Draws(
        settings.drawn(), 0.0 if binary else settings.near(), settings.draws == "popularity"
    )
    targets = batch.target[batch.weight > 0]
    generator = torch.Generator().manual_seed(seed)
    drawn = drawn_items(targets, task.share, task.cumulated, draws, generator)
    return calibrated(drawn, settings.trust(), trained) if binary else drawn


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
        precision: `no` or `bf16`.
    """
    settings = task.settings
    total = settings.epochs * steps_per_epoch(task, accelerator.num_processes)
    tables = list(sparse_gradients.tables(model).values())
    for part in work(task, first_step, total, accelerator):
        started = time.perf_counter()
        lr = learning_rate(part.step, total, settings.lr, settings.warmup, settings.schedule)
        loss, weight = accumulate(task, model, accelerator, part, full=full, precision=precision)
        sparse_gradients.merge(tables, accelerator)
        norm = sparse_gradients.clip_(model.parameters(), settings.clip)
        require_finite(loss / weight, norm, part, lr)
        for optimizer in optimizers:
            set_learning_rate(optimizer, lr)
            optimizer.step()
            optimizer.zero_grad()
        figures = Figures(
            step=part.step + 1,
            total=total,
            loss=loss / weight,
            lr=lr,
            norm=norm,
            tokens=part.tokens,
            filled=part.filled(),
            positions=part.positions(),
            seconds=time.perf_counter() - started,
        )
        if not after_step(figures):
            return


def accumulate(
    task: TrainingData,
    model: Any,
    accelerator: Accelerator,
    part: StepBatches,
    *,
    full: bool,
    precision: str = "no",
) -> tuple[float, float]:
    """Add up the gradients of one step; return the global sums of losses and weights.

    With `bf16`, matrix products of the forward and backward pass are taken in bfloat16; weights,
    gradients, optimiser state, the item table and sums stay in fp32. Gradients of tables are each
    process's own until `rows.merge`.
    """
    kind = accelerator.device.type
    mine = sum(float(batch.weight.sum()) for _, batch in part.batches)
    weight = float(accelerator.reduce(torch.tensor(mine, device=accelerator.device)))
    weight = max(weight, 1e-9)  # a step may hold nothing but unknown vacancies
    scale = accelerator.num_processes / weight  # the processes' gradients are averaged
    summed = torch.zeros((), device=accelerator.device)
    for number, (index, batch) in enumerate(part.batches, start=1):
        batch = batch.to(accelerator.device)  # noqa: PLW2901
        torch.manual_seed(derive(task.seed, "dropout", part.epoch, index))
        negatives = derive(task.seed, "negatives", part.epoch, index)
        chosen = candidates(task, batch, full, negatives)
        last = number == len(part.batches)
        with torch.enable_grad(), _sync(accelerator, model, last=last):
            with torch.autocast(kind, torch.bfloat16, enabled=precision == "bf16"):
                loss = model(batch, task.catalogue, chosen)
            accelerator.backward(loss * scale)
        summed += loss.detach()
    return float(accelerator.reduce(summed)), weight


def _sync(accelerator: Accelerator, model: Any, *, last: bool) -> Any:
    """Exchange gradients only after a process's last batch of a step."""
    return torch.enable_grad() if last else accelerator.no_sync(model)
