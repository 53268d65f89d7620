"""Refuse a training that does not fit into memory, and name settings that do."""

from collections.abc import Iterator
from typing import Any

import torch

from stages.interface.errors import HhrecError
from stages.params import Params
from stages.train import memory_model
from stages.train.dataset_stats import DatasetStats
from stages.train.loss_choice import takes_all
from stages.train.plan import PlanReport, expected

LEAST = {
    "train.batch_tokens": 128,
    "train.hidden_size": 16,
    "train.validation_rows": 500,
    "predict.batch_rows": 16,
}


def require(params: Params, found: DatasetStats, report: PlanReport) -> None:
    """Raise HhrecError unless the plan fits, with single settings that would make it fit."""
    if report.fits:
        return
    parts = sorted(report.memory.items(), key=lambda part: -part[1])[:3]
    largest = ", ".join(f"{name} {size / memory_model.MB:,.0f} MiB" for name, size in parts)
    remedies = [f"--set {name}={value}" for name, value in fitting(params, found, report)]
    raise HhrecError(
        f"training needs about {report.peak / memory_model.MB:,.0f} MiB more on {report.device}, found "
        f"{report.available / memory_model.MB:,.0f} MiB available (largest: {largest})",
        "any one of these fits: " + ", ".join(remedies)
        if remedies
        else "no single setting makes it fit: lower train.batch_tokens and train.hidden_size "
        "together, raise vocab.min_count, or take a machine with more memory",
    )


def fitting(params: Params, found: DatasetStats, report: PlanReport) -> Iterator[tuple[str, Any]]:
    """Yield each setting that alone makes the plan fit, with its largest value that does."""
    if takes_all(params.train, found.trained) and _fits(
        params, found, report, "train.loss", "sampled"
    ):
        yield "train.loss", "sampled"
    for name, least in LEAST.items():
        section, key = name.split(".")
        value = getattr(getattr(params, section), key) // 2
        while value >= least:
            divided = name != "train.hidden_size" or value % params.train.heads == 0
            if divided and _fits(params, found, report, name, value):
                yield name, value
                break
            value //= 2


def _fits(params: Params, found: DatasetStats, report: PlanReport, name: str, value: Any) -> bool:
    section, key = name.split(".")
    part = getattr(params, section).model_copy(update={key: value})
    changed = params.model_copy(update={section: part})
    device = torch.device(report.device)
    needed = expected(changed, found, device=device, processes=report.processes)
    return needed.peak() <= report.available
