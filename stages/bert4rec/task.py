"""What to train on, and the batches of each step: a function of seed, epoch and place alone."""

import math
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from accelerate import Accelerator

from stages.bert4rec import batches, masking, questions
from stages.bert4rec.batch import Batch, tensors
from stages.bert4rec.histories import Histories, Ints, ends, window
from stages.bert4rec.items import Catalogue
from stages.bert4rec.near import held, near
from stages.bert4rec.tokens import FIRST_ITEM
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
        cumulated: Its cumulative sum, (V,) float64.
        settings: Parameters of training.
        max_length: Longest window of a history.
        seed: The user's seed.
        events: Events inside sessions that a row is asked for in one epoch.
    """

    histories: Histories
    rows: Ints
    catalogue: Catalogue
    share: torch.Tensor
    cumulated: torch.Tensor
    settings: TrainParams
    max_length: int
    seed: int
    events: int = 0

    def lengths(self) -> Ints:
        """Lengths of the rows' windows, (R,)."""
        return self.lengths_of(self.rows)

    def lengths_of(self, rows: Ints) -> Ints:
        """Lengths of the windows of some histories, (B,)."""
        return np.minimum(self.histories.lengths()[rows], self.max_length)

    def trained(self) -> int:
        """First item id without an id embedding."""
        return FIRST_ITEM + len(self.share)

    def plan(self, epoch: int) -> list[Ints]:
        """Batches of an epoch, as row numbers of `histories`."""
        seed = derive(self.seed, "plan", epoch)
        return [
            self.rows[part]
            for part in batches.plan(self.lengths(), self.settings.batch_tokens, seed)
        ]


def steps_per_epoch(task: Task, processes: int) -> int:
    """Optimiser steps of an epoch; every epoch has as many, since lengths decide the cuts."""
    return math.ceil(len(task.plan(0)) / (task.settings.accumulation * processes))


def padding(task: Task) -> float:
    """Share of an epoch's positions that hold no event."""
    lengths = np.zeros(len(task.histories), dtype=np.int64)
    lengths[task.rows] = task.lengths()
    return batches.padding_share(lengths, task.plan(0))


def drawn_lag(generator: np.random.Generator, periods: int) -> int:
    """Draw how far demand is out of date: not at all in half of the batches, else log-uniform."""
    octaves = math.log2(max(periods, 1))
    return int(2 ** generator.uniform(0, octaves)) if generator.random() > 0.5 else 0  # noqa: PLR2004


def make_batch(
    task: Task, rows: Ints, seed: int, *, at_end: bool = False, most: int | None = None
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
        asked = questions.joined(made.fresh, made.late)
        return tensors(made.view, asked, made.hidden, fresh=made.fresh.place.shape[1], lag=lag)
    fresh = questions.every_event(view, generator, task.trained())
    ahead = questions.next_sessions(view, generator, SESSIONS, task.trained())
    asked = questions.joined(fresh, questions.weighted(ahead, settings.ahead()))
    if task.events and settings.inside():
        within = questions.next_events(view, generator, task.events, task.trained())
        asked = questions.joined(asked, questions.weighted(within, settings.inside()))
    most = settings.near_ones() and (most or settings.near_ones())
    whole = held(task.histories, rows, len(task.catalogue))
    late = lag * task.catalogue.demand.length if lag else None
    found = near(task.catalogue.neighbours, view, whole, asked, most, late) if most else None
    return tensors(view, asked, near=found, fresh=fresh.place.shape[1], lag=lag)


@dataclass(frozen=True)
class Work:
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


def work(task: Task, first_step: int, total: int, accelerator: Accelerator) -> Generator[Work]:
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
        tokens = sum(int(task.lengths_of(plans[epoch][index]).sum()) for index in mine)
        made = made or [(first, _weightless(task, plans[epoch][first]))]
        return Work(step, epoch, made, tokens)

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
