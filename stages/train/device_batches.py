"""Batches on the device: with their candidates, and with all that a step would have to wait for."""

import threading
from dataclasses import dataclass, replace

import torch

from stages.bert4rec.batching.batch import ASKED, EVENTS, Batch
from stages.bert4rec.network.step_index import StepIndex, step_index
from stages.bert4rec.retrieval import device_neighbours
from stages.bert4rec.retrieval.candidate_generation import met_before
from stages.bert4rec.retrieval.device_tables import device_tables, near_questions
from stages.bert4rec.retrieval.line_sums import held
from stages.bert4rec.retrieval.negative_sampling import (
    Draws,
    StepCandidates,
    all_items,
    calibrated,
    drawn_items,
)
from stages.core.seeds import derive
from stages.train.batch_maker import CutBatch
from stages.train.dataset import TrainingData


@dataclass(frozen=True)
class ReadyBatch:
    """A batch on the device.

    Attributes:
        batch: The rows and questions.
        candidates: Items that all questions choose from.
        index: What of them depends on the data; None where the model may find it in the step.
    """

    batch: Batch
    candidates: StepCandidates
    index: StepIndex | None

    def tensors(self) -> list[torch.Tensor]:
        """All that lies on the device."""
        given = [getattr(self.batch, name) for name in (*EVENTS, *ASKED)]
        given += [self.candidates.items, self.candidates.log_chance]
        return given + (self.index.tensors() if self.index else [])


@dataclass(frozen=True)
class StepBatches:
    """One process's part of one step.

    Attributes:
        step: From 0.
        epoch: From 0.
        batches: `(index in the epoch's plan, batch)`; of zero weight to pad.
        tokens: Events of the histories that they show, each once.
        ready: The same on a GPU, in the same order; empty where they are yet to be brought there.
    """

    step: int
    epoch: int
    batches: list[tuple[int, Batch]]
    tokens: int
    ready: tuple[ReadyBatch, ...] = ()

    def weight(self) -> float:
        """Sum of the questions' weights, as single precision has it."""
        return float(self.weights(torch.device("cpu")))

    def weights(self, device: torch.device) -> torch.Tensor:
        """Sum of the questions' weights, a scalar on a device."""
        return torch.tensor(
            sum(float(batch.weight.sum()) for _, batch in self.batches), device=device
        )

    def filled(self) -> int:
        """Positions of the batches that hold an event or a mask."""
        return sum(int(batch.lengths.sum()) for _, batch in self.batches)

    def positions(self) -> int:
        """Positions of the batches."""
        return sum(batch.items.numel() for _, batch in self.batches)


def is_gpu(device: torch.device) -> bool:
    """Whether steps run on a device of their own, which goes on while the next is prepared."""
    return bool(device.type == "cuda")


def negatives(task: TrainingData, epoch: int, index: int) -> int:
    """Seed of a batch's candidates."""
    return derive(task.seed, "negatives", epoch, index)


def placed(
    task: TrainingData, batch: Batch, device: torch.device, *, full: bool, seed: int
) -> ReadyBatch:
    """Bring a batch to the device; where that is a GPU, find what its step would wait for."""
    there = batch.to(device)
    chosen = candidates(task, there, full, seed)
    index = step_index(there, chosen, task.catalogue.demand) if is_gpu(device) else None
    return ReadyBatch(there, chosen, index)


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


class Bringing:
    """Brings batches to a GPU from background threads, each by a stream of its own."""

    def __init__(self, task: TrainingData, device: torch.device, *, full: bool) -> None:
        self.task, self.device, self.full = task, device, full
        self.own = threading.local()
        self.exact = torch.float64 if task.settings.precision == "tf32" else torch.float32
        self.tables = None
        if task.settings.near_ones():
            self.tables = device_tables(task.catalogue.neighbours, device)

    def __call__(self, part: StepBatches, indices: list[int], cuts: list[CutBatch]) -> StepBatches:
        """Bring a step's batches there; when this returns, they are there."""
        if not hasattr(self.own, "stream"):
            self.own.stream = torch.cuda.Stream(self.device)
        batches = [made.tensors() for made in cuts]
        with torch.cuda.stream(self.own.stream):
            ready = tuple(
                self.placed(made, batch, negatives(self.task, part.epoch, index))
                for index, made, batch in zip(indices, cuts, batches, strict=True)
            )
            self.own.stream.synchronize()
        return replace(part, batches=list(zip(indices, batches, strict=True)), ready=ready)

    def placed(self, made: CutBatch, batch: Batch, seed: int) -> ReadyBatch:
        """Bring a batch there and find its neighbours there."""
        there = batch.to(self.device)
        if made.most and self.tables:
            whole = held(self.task.histories, made.rows, len(self.task.catalogue))
            before = met_before(made.view)
            asked = near_questions(made.view, made.asked, whole, before)
            found = device_neighbours.near(
                self.tables, asked.to(self.device), made.most, made.late, exact=self.exact
            )
            there = replace(there, near=found[0], near_score=found[1], near_stale=found[2])
        return placed(self.task, there, self.device, full=self.full, seed=seed)

    def hand_over(self, part: StepBatches) -> None:
        """Tell the memory that the main stream uses it now."""
        stream = torch.cuda.current_stream(self.device)
        for ready in part.ready:
            for tensor in ready.tensors():
                tensor.record_stream(stream)
