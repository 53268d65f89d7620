"""The training dataset: histories, catalogue, item frequencies, batches of an epoch."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from stages.bert4rec.batching import batch_plan
from stages.bert4rec.examples.histories import Histories, Ints
from stages.bert4rec.network.item_tower import ItemInputs
from stages.core.item_ids import FIRST_ITEM
from stages.core.seeds import derive
from stages.params import TrainParams


@dataclass(frozen=True)
class TrainingData:
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
    catalogue: ItemInputs
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
            for part in batch_plan.plan(self.lengths(), self.settings.batch_tokens, seed)
        ]


def steps_per_epoch(task: TrainingData, processes: int) -> int:
    """Optimiser steps of an epoch; every epoch has as many, since lengths decide the cuts."""
    return math.ceil(len(task.plan(0)) / (task.settings.accumulation * processes))


def padding(task: TrainingData) -> float:
    """Share of an epoch's positions that hold no event."""
    lengths = np.zeros(len(task.histories), dtype=np.int64)
    lengths[task.rows] = task.lengths()
    return batch_plan.padding_share(lengths, task.plan(0))
