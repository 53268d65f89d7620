"""The training loop: steps that depend on their number alone, on any number of processes.

Batch plans, masks, negatives and dropout are seeded by (seed, epoch, batch), so a resumed run
repeats an undisturbed one to the bit, and the same batches are taken by one process or several.
"""

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator

from stages.bert4rec import batches, masking
from stages.bert4rec.histories import Histories, Ints, window
from stages.bert4rec.items import Catalogue
from stages.bert4rec.loss import Candidates, all_items, drawn_items
from stages.bert4rec.masking import Batch
from stages.bert4rec.optim import learning_rate, set_learning_rate
from stages.params import TrainParams
from stages.seeds import derive


SESSIONS = 12  # sessions of a row asked for in one epoch


@dataclass(frozen=True)
class Task:
    """What to train on.

    Attributes:
        histories: The train histories.
        rows: Which of them are long enough, (R,).
        catalogue: What is known of the vacancies.
        share: Share of each vocabulary item in the train events, (V,) float32.
        settings: Parameters of training.
        max_length: Longest window of a history.
        seed: The user's seed.
    """

    histories: Histories
    rows: Ints
    catalogue: Catalogue
    share: torch.Tensor
    settings: TrainParams
    max_length: int
    seed: int

    def lengths(self) -> Ints:
        """Lengths of the rows' windows, (R,)."""
        return np.minimum(self.histories.lengths()[self.rows], self.max_length)

    def plan(self, epoch: int) -> list[Ints]:
        """Batches of an epoch, as row numbers of `histories`."""
        seed = derive(self.seed, "plan", epoch)
        return [self.rows[part] for part in batches.plan(self.lengths(), self.settings.batch_tokens, seed)]


@dataclass(frozen=True)
class Figures:
    """What one step did; loss is the mean over the global batch's questions."""

    step: int
    total: int
    loss: float
    lr: float
    norm: float
    tokens: int
    seconds: float


def steps_per_epoch(task: Task, processes: int) -> int:
    """Optimiser steps of an epoch; every epoch has as many, since lengths decide the cuts."""
    return math.ceil(len(task.plan(0)) / (task.settings.accumulation * processes))


def padding(task: Task) -> float:
    """Share of an epoch's positions that hold no event."""
    lengths = np.zeros(len(task.histories), dtype=np.int64)
    lengths[task.rows] = task.lengths()
    return batches.padding_share(lengths, task.plan(0))


def make_batch(task: Task, rows: Ints, seed: int) -> Batch:
    """Cut, mask and ask: one batch of the chosen objective."""
    settings, generator = task.settings, np.random.default_rng(seed)
    view = window(task.histories, rows, task.max_length)
    if settings.objective == "mlm":
        hidden = masking.masks(view, generator, settings.masked(), settings.last())
        return masking.batch(view, masking.masked_places(view, hidden), hidden)
    ahead = masking.next_sessions(view, generator, SESSIONS)
    questions = masking.joined(
        masking.every_event(view), masking.weighted(ahead, settings.ahead())
    )
    return masking.batch(view, questions, fresh=view.items.shape[1])


def candidates(task: Task, batch: Batch, full: bool, seed: int) -> Candidates:  # noqa: FBT001
    """Items that the questions of a batch choose from."""
    if full:
        return all_items(len(task.share), batch.items.device)
    targets = batch.target[batch.weight > 0]
    generator = torch.Generator().manual_seed(seed)
    return drawn_items(targets, task.share, task.settings.negatives, generator)


@dataclass(frozen=True)
class Work:
    """One process's part of one step: `(index in the epoch's plan, batch)`; zero-weight to pad."""

    step: int
    epoch: int
    batches: list[tuple[int, Batch]]


def work(task: Task, first_step: int, total: int, accelerator: Accelerator) -> Iterator[Work]:
    """Prepare this process's batches of each step, one step ahead in a background thread."""
    processes, rank = accelerator.num_processes, accelerator.process_index
    width = task.settings.accumulation * processes
    an_epoch = steps_per_epoch(task, processes)
    plans: dict[int, list[Ints]] = {}

    def prepare(step: int) -> Work:
        epoch = step // an_epoch
        if epoch not in plans:
            plans.clear()
            plans[epoch] = task.plan(epoch)
        first = step % an_epoch * width
        mine = range(len(plans[epoch]))[first : first + width][rank::processes]
        made = [
            (index, make_batch(task, plans[epoch][index], derive(task.seed, "mask", epoch, index)))
            for index in mine
        ]
        return Work(step, epoch, made or [(first, _weightless(task, plans[epoch][first]))])

    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(prepare, first_step) if first_step < total else None
        for step in range(first_step, total):
            ready = ahead.result() if ahead else prepare(step)
            ahead = pool.submit(prepare, step + 1) if step + 1 < total else None
            yield ready


def _weightless(task: Task, rows: Ints) -> Batch:
    """Let a process without a batch of its own take part in the step, to no effect."""
    batch = make_batch(task, rows, 0)
    batch.weight.zero_()
    return batch


def run(
    task: Task,
    model: Any,
    optimizer: Any,
    accelerator: Accelerator,
    *,
    full: bool,
    first_step: int,
    after_step: Callable[[Figures], bool],
) -> None:
    """Train from `first_step` until the last step or until `after_step` returns false.

    Args:
        task: What to train on.
        model: The prepared model: (batch, catalogue, candidates) -> sum of losses.
        optimizer: Its optimiser.
        accelerator: One process or many.
        full: Softmax over all trained items instead of drawn ones.
        first_step: Steps that an earlier run has done.
        after_step: Sees the figures of each step; false stops.
    """
    settings = task.settings
    total = settings.epochs * steps_per_epoch(task, accelerator.num_processes)
    for part in work(task, first_step, total, accelerator):
        started = time.perf_counter()
        lr = learning_rate(part.step, total, settings.lr, settings.warmup)
        set_learning_rate(optimizer, lr)
        loss, weight = accumulate(task, model, accelerator, part, full=full)
        norm = accelerator.clip_grad_norm_(model.parameters(), settings.clip)
        optimizer.step()
        optimizer.zero_grad()
        tokens = sum(int(batch.lengths.sum()) for _, batch in part.batches)
        seconds = time.perf_counter() - started
        figures = Figures(part.step + 1, total, loss / weight, lr, float(norm), tokens, seconds)
        if not after_step(figures):
            return


def accumulate(
    task: Task, model: Any, accelerator: Accelerator, part: Work, *, full: bool
) -> tuple[float, float]:
    """Add up the gradients of one step; return the global sums of losses and weights."""
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
            loss = model(batch, task.catalogue, chosen)
            accelerator.backward(loss * scale)
        summed += loss.detach()
    return float(accelerator.reduce(summed)), weight


def _sync(accelerator: Accelerator, model: Any, *, last: bool) -> Any:
    """Exchange gradients only after a process's last batch of a step."""
    return torch.enable_grad() if last else accelerator.no_sync(model)
