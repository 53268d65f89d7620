"""The learning rate of a step: a pure function of its number, so that a resumed run keeps to it."""

import math
from typing import Literal

import torch

Schedule = Literal["linear", "cosine", "constant"]


def learning_rate(
    step: int, total: int, highest: float, warmup: float, schedule: Schedule = "linear"
) -> float:
    """Rise linearly for `warmup * total` steps, then follow the schedule to `total`.

    Args:
        step: Steps done before this one, from 0.
        total: Steps of the whole training.
        highest: The rate at the end of the rise.
        warmup: Share of the steps in which the rate rises, 0 to 1.
        schedule: `linear` and `cosine` (half a wave; Loshchilov and Hutter, 2017, without
            restarts) fall to zero at `total`; `constant` stays.
    """
    rising = max(1, round(warmup * total))
    if step < rising:
        return highest * (step + 1) / rising
    left = (total - step) / max(1, total - rising)
    if schedule == "constant":
        return highest
    return highest * (left if schedule == "linear" else (1 - math.cos(math.pi * left)) / 2)


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every group the rate, or its own multiple of it."""
    for group in optimizer.param_groups:
        group["lr"] = lr * group.get("multiple", 1.0)
