"""The batches of each step: a function of seed, epoch and place alone."""

import math
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from accelerate import Accelerator

from stages.bert4rec.batching.batch import Batch, tensors
from stages.bert4rec.examples import masking, training_examples
from stages.bert4rec.examples.histories import Ints, ends, window
from stages.bert4rec.retrieval.candidate_generation import held, near
from stages.core.seeds import derive
from stages.train.dataset import TrainingData, steps_per_epoch

SESSIONS = 12  # sessions of a row asked for in one epoch


def drawn_lag(generator: np.random.Generator, periods: int) -> int:
    """Draw how far demand is out of date: not at all in half of the batches, else log-uniform."""
    octaves = math.log2(max(periods, 1))
    return int(2 ** generator.uniform(0, octaves)) if generator.random() > 0.5 else 0  # noqa: PLR2004


def make_batch(
    task: TrainingData, rows: Ints, seed: int, *, at_end: bool = False, most: int | None = None
) -> Batch:
    """Cut, mask and ask: one batch of the chosen objective.

    Args:
        task: What to train on.
        rows: Row numbers of `histories`.
        seed: Source of all choices.
        at_end: Show of a long history its end, never another part.
        most: Neighbours of a question, where the model has them; as set if not given.
    """
    settings, generator = task.settings, np.random.default_rng(seed)
    lengths = task.histories.lengths()[rows]
    last = lengths if at_end else ends(lengths, task.max_length, generator)
    view = window(task.histories, rows, task.max_length, last)
    lag = drawn_lag(generator, task.catalogue.demand.periods())
    if settings.objective == "mlm":
        made = masking.hide(
            view,
            generator,
            mask_prob=settings.masked(),
            weights=settings.policies(),
            trained=task.trained(),
        )
        asked = training_examples.joined(made.fresh, made.late)
        return tensors(made.view, asked, made.hidden, fresh=made.fresh.place.shape[1], lag=lag)
    fresh = training_examples.every_event(view, generator, task.trained())
    ahead = training_examples.next_sessions(view, generator, SESSIONS, task.trained())
    asked = training_examples.joined(fresh, training_examples.weighted(ahead, settings.ahead()))
    if task.events and settings.inside():
        within = training_examples.next_events(view, generator, task.events, task.trained())
        asked = training_examples.joined(
            asked, training_examples.weighted(within, settings.inside())
        )
    most = settings.near_ones() and (most or settings.near_ones())
    whole = held(task.histories, rows, len(task.catalogue))
    late = lag * task.catalogue.demand.length if lag else None
    found = near(task.catalogue.neighbours, view, whole, asked, most, late) if most else None
    return tensors(view, asked, near=found, fresh=fresh.place.shape[1], lag=lag)


@dataclass(frozen=True)
class StepBatches:
    """One process's part of one step.

    Attributes:
        step: From 0.
        epoch: From 0.
        batches: `(index in the epoch's plan, batch)`; of zero weight to pad.
        tokens: Events of the histories that they show, each once.
    """

    step: int
    epoch: int
    batches: list[tuple[int, Batch]]
    tokens: int

    def filled(self) -> int:
        """Positions of the batches that hold an event or a mask."""
        return sum(int(batch.lengths.sum()) for _, batch in self.batches)

    def positions(self) -> int:
        """Positions of the batches."""
        return sum(batch.items.numel() for _, batch in self.batches)


def work(
    task: TrainingData, first_step: int, total: int, accelerator: Accelerator
) -> Generator[StepBatches]:
    """Prepare this process's batches of each step, one step ahead in a background thread."""
    processes, rank = accelerator.num_processes, accelerator.process_index
    width = task.settings.accumulation * processes
    an_epoch = steps_per_epoch(task, processes)
    plans: dict[int, list[Ints]] = {}

    def prepare(step: int) -> StepBatches:
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
        tokens = sum(int(task.lengths_of(plans[epoch][index]).sum()) for index in mine)
        made = made or [(first, _weightless(task, plans[epoch][first]))]
        return StepBatches(step, epoch, made, tokens)

    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(prepare, first_step) if first_step < total else None
        for step in range(first_step, total):
            ready = ahead.result() if ahead else prepare(step)
            ahead = pool.submit(prepare, step + 1) if step + 1 < total else None
            yield ready


def _weightless(task: TrainingData, rows: Ints) -> Batch:
    """Let a process without a batch of its own take part in the step, to no effect."""
    batch = make_batch(task, rows, 0)
    batch.weight.zero_()
    return batch
