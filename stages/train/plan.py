"""Plan a training: steps, tokens and memory, without training."""

import os
from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
import torch

from stages.bert4rec.batching import batch_plan
from stages.bert4rec.loss.fused_cross_entropy import LOGITS_OF_GPU
from stages.bert4rec.network.config import HhrecConfig
from stages.bert4rec.network.model import HhrecModel
from stages.interface.stage_report import Report
from stages.params import Params
from stages.train import activation_probe, fitting_memory, memory_model
from stages.train.dataset_stats import DatasetStats
from stages.train.device_batches import is_gpu
from stages.train.gpu_memory import on_gpu, step_of
from stages.train.loss_choice import loss_name, takes_all
from stages.train.model_config import Content, model_config
from stages.train.widest_batch import chosen, to_rank, widest


class PlanReport(Report):
    """What `hhrec train` would do; bytes are of one process."""

    parameters: dict[str, int]
    trained_items: int
    loss: str
    batch_tokens: int
    lr: float
    id_lr: float
    dropout: float
    id_dropout: float
    epochs: int
    histories: int
    tokens_per_epoch: int
    padding: float
    steps_per_epoch: int
    steps: int
    device: str
    processes: int
    memory: dict[str, int]
    peak: int
    available: int
    fits: bool

    def figures(self) -> Iterator[tuple[str, Any]]:
        """Yield `(name, value)`, bytes as MiB."""
        for name, value in super().figures():
            in_bytes = name.startswith("memory.") or name in {"peak", "available"}
            yield name, f"{value / memory_model.MB:,.1f} MiB" if in_bytes else value


CHOSEN = {"batch_tokens", "lr", "id_lr", "dropout", "id_dropout", "epochs"}  # by `sized`
PARTS = {  # by what the names of their weights start with, the narrower first
    "tower.ids": "item table",
    "tower.id_bias": "item table",
    "tower": "items",
    "streams.encoder": "encoder",
}


def config_of(params: Params, found: DatasetStats) -> HhrecConfig:
    """The model that these tables give, of books yet to be hashed."""
    content = Content(found.code_sizes, found.word_count, found.has_salary, found.text_width, "")
    return model_config(params, found.trained, content)


def parameters(config: HhrecConfig) -> dict[str, int]:
    """Weights by part of the model, counted without making them."""
    with torch.device("meta"):
        model = HhrecModel(config)
    counts: dict[str, int] = {}
    for name, weight in model.named_parameters():
        starts = (start for start in PARTS if name.startswith(start))
        part = PARTS.get(next(starts, ""), "questions and repeats")
        counts[part] = counts.get(part, 0) + weight.numel()
    return counts


def expected(
    params: Params, found: DatasetStats, *, device: torch.device, processes: int = 1
) -> memory_model.Memory:
    """Memory of the device that training with these parameters will hold, by part."""
    if not is_gpu(device):
        return _on_cpu(params, found, widest(params, found), processes)
    shape = replace(widest(params, found), most=LOGITS_OF_GPU)
    return on_gpu(_on_cpu(params, found, shape, processes), step_of(params, found, shape))


def _on_cpu(
    params: Params, found: DatasetStats, shape: activation_probe.ProbeShape, processes: int
) -> memory_model.Memory:
    """Memory of a process, by part."""
    settings, config = params.train, config_of(params, found)
    counts = parameters(config)
    table = counts["item table"]
    body = sum(counts.values()) - table
    full = takes_all(settings, found.trained)
    step = activation_probe.step_bytes(_small(config), settings, shape, full=full)
    events = int(found.lengths.sum())
    near = events if settings.near_ones() else 0
    rows, names = to_rank(params, found), fitting_memory.names_of(found)
    neighbours, counting = memory_model.neighbour_bytes(near, found.vacancies)
    return memory_model.Memory(
        item_table=memory_model.FLOAT * table,
        body=memory_model.FLOAT * body,
        optimizer=memory_model.optimizer_bytes(found.trained, body),
        catalogue=memory_model.catalogue_bytes(
            found.vacancies, len(found.code_sizes), found.words, found.periods
        ),
        histories=memory_model.history_bytes(events),
        gradients=memory_model.gradient_bytes(
            body, accumulation=settings.accumulation, processes=processes
        ),
        activations=step.activations,
        candidates=step.candidates,
        logits=step.logits,
        neighbours=neighbours,
        recommenders=fitting_memory.recommender_bytes(names, found, rows.rows, params.baseline),
        counting=counting,
        fitting=fitting_memory.fitting_bytes(names, found, rows.rows, params),
        allocator=memory_model.allocator_bytes(step.activations + step.logits),
        ranking=memory_model.ranking_bytes(
            rows,
            found.vacancies,
            settings.hidden_size,
            params.predict.batch_rows,
            fitting_memory.table_bytes(rows.rows, found.vacancies, names),
            half=params.predict.precision != "no",
        ),
        libraries=memory_model.LIBRARIES,
    )


def _small(config: HhrecConfig) -> HhrecConfig:
    """The same model with small tables of codes and words: those are counted, not probed."""
    codes = [min(size, 64) for size in config.code_sizes]
    changes = {"code_sizes": codes, "word_count": min(config.word_count, 64)}
    return HhrecConfig(**(config.to_dict() | changes))


def planned(
    params: Params, found: DatasetStats, *, device: torch.device, processes: int = 1
) -> PlanReport:
    """Work the plan out for tables of these sizes."""
    lengths = chosen(params, found)
    cuts = batch_plan.cut(lengths, params.train.batch_tokens)
    needed = expected(params, found, device=device, processes=processes)
    an_epoch = ceil(len(cuts) / (params.train.accumulation * processes))
    available = memory_model.room(device) // _neighbours(device, processes)
    return PlanReport(
        parameters=parameters(config_of(params, found)),
        trained_items=found.trained,
        loss=loss_name(params.train, found.trained),
        **params.train.model_dump(include=CHOSEN),
        histories=len(lengths),
        tokens_per_epoch=int(lengths.sum()),
        padding=round(batch_plan.padding_share(lengths, [np.arange(*cut) for cut in cuts]), 4),
        steps_per_epoch=an_epoch,
        steps=an_epoch * params.train.epochs,
        device=str(device),
        processes=processes,
        memory=needed.parts(),
        peak=needed.peak(),
        available=available,
        fits=needed.peak() <= available,
    )


def _neighbours(device: torch.device, processes: int) -> int:
    """Processes that share this memory: on CPUs all of this machine."""
    return 1 if device.type == "cuda" else int(os.environ.get("LOCAL_WORLD_SIZE", processes))
