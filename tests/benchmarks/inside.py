"""The two things that no stage offers: a model with random weights, and the batches of training."""

from pathlib import Path

import numpy as np
import torch

from stages import train
from stages.bert4rec.model import HhrecModel
from stages.bert4rec.task import make_batch
from stages.params import Params
from stages.training.inputs import Inputs, config, make_task, read
from tests.benchmarks.ours import Task


def inputs_of(task: Task, settings: Params) -> Inputs:
    """Read what training reads."""
    artifacts = Path(task.artifacts)
    return read(
        settings,
        train.start(),
        artifacts / "sequences",
        artifacts / "features",
        artifacts / "vocab.parquet",
        Path(task.out) / "checkpoints",
    )


def untrained(task: Task, settings: Params) -> dict[str, object]:
    """Write a model with random weights: how fast it predicts does not depend on them."""
    torch.manual_seed(1)
    model = HhrecModel(config(settings, inputs_of(task, settings)))
    model.save_pretrained(Path(task.out) / "model")
    return {"parameters": sum(weight.numel() for weight in model.parameters())}


def batches(task: Task, settings: Params) -> dict[str, object]:
    """Write the first batches of an epoch of `mlm`, (B, L) each, as any masked model wants them."""
    work = make_task(settings, inputs_of(task, settings))
    for number, rows in enumerate(work.plan(0)[: task.steps]):
        batch = make_batch(work, rows, number)
        labels = torch.full_like(batch.items, -100)
        row, _ = real = (batch.weight > 0).nonzero(as_tuple=True)
        labels[row, batch.place[real]] = batch.target[real]
        inside = torch.arange(batch.items.shape[1]) < batch.lengths[:, None]
        np.savez(
            Path(task.out) / f"batch-{number:03d}.npz",
            input_ids=batch.items.numpy(),
            attention_mask=inside.long().numpy(),
            labels=labels.numpy(),
        )
    return {"rows": len(work.catalogue)}
