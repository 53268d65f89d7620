"""What no stage offers: a model with random weights, the batches of training, scores by the minute."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from stages.bert4rec.network.model import HhrecModel
from stages.core import model_files
from stages.params import Params
from stages.pipeline import pipeline
from stages.train import stage as train
from stages.train.batch_maker import make_batch
from stages.train.callbacks import Watch
from stages.train.dataset import TrainingData
from stages.train.inputs import Inputs, make_task, read
from stages.train.model_config import content_of, model_config
from stages.train.validation import Scored
from tests.benchmarks.ours import Task

SHUFFLED = 128  # rows


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
    inputs = inputs_of(task, settings)
    model = HhrecModel(model_config(settings, len(inputs.share), content_of(inputs)))
    model.config.precision = settings.train.precision  # as training leaves it
    model.save_pretrained(Path(task.out) / "model")
    known = pl.read_parquet(Path(task.artifacts) / "vocab.parquet").sort("item").filter("trained")
    model_files.write_names(Path(task.out) / "model", known["vacancy_id"])
    return {"parameters": sum(weight.numel() for weight in model.parameters())}


def batches(task: Task, settings: Params) -> dict[str, object]:
    """Write batches of `mlm`, (B, L) each, as any masked model wants them.

    `same` holds the first of an epoch; `shuffled` as many of `SHUFFLED` rows in any order, which is
    what a loader makes that does not look at lengths.
    """
    work = make_task(settings, inputs_of(task, settings))
    order = np.random.default_rng(1).permutation(work.rows)
    shuffled = [order[start : start + SHUFFLED] for start in range(0, len(order), SHUFFLED)]
    for name, plan in (("same", work.plan(0)), ("shuffled", shuffled)):
        write(work, plan[: task.steps], Path(task.out) / name)
    return {"rows": len(work.catalogue)}


def write(work: TrainingData, plan: list[Any], out: Path) -> None:
    """Write the batches of a plan."""
    out.mkdir(parents=True, exist_ok=True)
    for number, rows in enumerate(plan):
        batch = make_batch(work, rows, number)
        labels = torch.full_like(batch.items, -100)
        row, _ = real = (batch.weight > 0).nonzero(as_tuple=True)
        labels[row, batch.place[real]] = batch.target[real]
        inside = torch.arange(batch.items.shape[1]) < batch.lengths[:, None]
        np.savez(
            out / f"batch-{number:03d}.npz",
            input_ids=batch.items.numpy(),
            attention_mask=inside.long().numpy(),
            labels=labels.numpy(),
        )


def curve(task: Task, settings: Params) -> dict[str, object]:
    """Run all stages; the validation score of each epoch, and when: seconds without validation."""
    validate, curve, validating = Watch.validate, [], 0.0

    def timed(watching: Watch) -> Scored:
        nonlocal validating
        began = time.perf_counter()
        scored = validate(watching)
        seconds = watching.metrics.seconds
        curve.append({"seconds": seconds, "cpu": time.process_time(), "score": scored.mrr})
        validating += time.perf_counter() - began
        return scored

    Watch.validate = timed  # type: ignore[method-assign]
    reports: dict[str, Any] = {}
    started = time.perf_counter()
    for name, report in pipeline.run(
        settings, raw=Path(task.artifacts), artifacts=Path(task.out), force=True
    ):
        reports[name] = report.model_dump(mode="json")
    taken = time.perf_counter() - started
    return {"curve": curve, "seconds": taken, "validating": validating, "report": reports["train"]}
