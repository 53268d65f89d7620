"""One batch of training: rows cut, masked and asked, and the neighbours of its questions."""

import math
from dataclasses import dataclass, replace

import numpy as np

from stages.bert4rec.batching.batch import Batch, tensors
from stages.bert4rec.examples import masking, training_examples
from stages.bert4rec.examples.histories import Ints, Window, ends, window
from stages.bert4rec.examples.training_examples import Questions
from stages.bert4rec.retrieval.candidate_generation import NeighbourCandidates, near
from stages.bert4rec.retrieval.line_sums import held
from stages.train.dataset import TrainingData

SESSIONS = 12  # sessions of a row asked for in one epoch


def drawn_lag(generator: np.random.Generator, periods: int) -> int:
    """Draw how far demand is out of date: not at all in half of the batches, else log-uniform."""
    octaves = math.log2(max(periods, 1))
    return int(2 ** generator.uniform(0, octaves)) if generator.random() > 0.5 else 0  # noqa: PLR2004


@dataclass(frozen=True)
class CutBatch:
    """Rows cut, masked and asked, before their neighbours are found.

    Attributes:
        rows: Row numbers of `histories`, (B,).
        view: What they show.
        asked: What they are asked.
        hidden: Events that are masked, (B, L); None where there are none.
        fresh: As in `Batch`.
        lag: As in `Batch`.
        most: Neighbours wanted for each question.
        late: Microseconds between what is known of neighbours and a question; None: nothing is late.
    """

    rows: Ints
    view: Window
    asked: Questions
    hidden: np.ndarray | None
    fresh: int
    lag: int
    most: int
    late: int | None

    def tensors(self, near: NeighbourCandidates | None = None) -> Batch:
        """Make the batch, without neighbours if none are given."""
        given = {"near": near, "fresh": self.fresh, "lag": self.lag}
        return tensors(self.view, self.asked, self.hidden, **given)  # type: ignore[arg-type]


def make_batch(
    task: TrainingData, rows: Ints, seed: int, *, at_end: bool = False, most: int | None = None
) -> Batch:
    """Cut, mask and ask, and find neighbours: one batch of the chosen objective; see `cut`."""
    made = cut(task, rows, seed, at_end=at_end, most=most)
    return finished(task, made)


def finished(task: TrainingData, made: CutBatch) -> Batch:
    """Find the neighbours of a batch that is cut, where the model has them."""
    if not made.most:
        return made.tensors()
    whole = held(task.histories, made.rows, len(task.catalogue))
    known = task.catalogue.neighbours
    return made.tensors(near(known, made.view, whole, made.asked, made.most, made.late))


def cut(
    task: TrainingData, rows: Ints, seed: int, *, at_end: bool = False, most: int | None = None
) -> CutBatch:
    """Cut, mask and ask.

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
        fresh = made.fresh.place.shape[1]
        return CutBatch(rows, made.view, asked, made.hidden, fresh, lag, most=0, late=None)
    early = training_examples.every_event(view, generator, task.trained())
    ahead = training_examples.next_sessions(view, generator, SESSIONS, task.trained())
    asked = training_examples.joined(early, training_examples.weighted(ahead, settings.ahead()))
    if task.events and settings.inside():
        within = training_examples.next_events(view, generator, task.events, task.trained())
        asked = training_examples.joined(
            asked, training_examples.weighted(within, settings.inside())
        )
    return CutBatch(
        rows,
        view,
        asked,
        None,
        early.place.shape[1],
        lag,
        most=settings.near_ones() and (most or settings.near_ones()),
        late=lag * task.catalogue.demand.length if lag else None,
    )


def weightless(made: CutBatch) -> CutBatch:
    """Let a process without a batch of its own take part in the step, to no effect."""
    weight = np.zeros_like(made.asked.weight)
    return replace(made, asked=replace(made.asked, weight=weight))
