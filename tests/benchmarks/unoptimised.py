"""The loop that one writes first: the same model and questions, and none of the speed-ups.

Batches of a fixed number of rows in any order, dropout by torch, AdamW with dense gradients and two
moments for every weight. The rest is settings: the whole softmax and fp32 (`SETTINGS`).
"""

from typing import Any

import numpy as np
import torch
from torch import nn

from stages.bert4rec.batching import batch_plan
from stages.bert4rec.network import sequence_encoder
from stages.train import parameter_groups

SETTINGS = ["train.loss=full", "train.precision=no"]


def any_order(lengths: np.ndarray, budget: int, seed: int) -> list[np.ndarray]:
    """Cut shuffled rows into batches of as many rows as fill the budget on average."""
    order = np.random.default_rng(seed).permutation(len(lengths))
    rows = max(1, round(budget / max(float(lengths.mean()), 1.0)))
    return np.split(order, range(rows, len(order), rows))


class DenseAdamW(torch.optim.AdamW):
    """AdamW that makes sparse gradients dense, so that a step passes over whole tables."""

    def step(self, closure: Any = None) -> Any:
        """Update every row of every weight."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None and weight.grad.is_sparse:
                    weight.grad = weight.grad.to_dense()
        return super().step(closure)


def dense(optimizers: Any) -> Any:
    """Let AdamW take the tables too, at the rate of `train.id_lr`."""

    def both(
        network: nn.Module, lr: float, weight_decay: float, id_lr: float = 1.0
    ) -> tuple[torch.optim.AdamW, DenseAdamW]:
        body, tables = optimizers(network, lr, weight_decay, id_lr)
        (group,) = tables.param_groups
        kept = {"params": group["params"], "multiple": group["multiple"], "weight_decay": 0.0}
        return body, DenseAdamW([kept], lr=lr * id_lr, betas=parameter_groups.BETAS)

    return both


def left_alone(network: nn.Module) -> None:
    """Keep torch's dropout."""
    del network


def loop() -> None:
    """Take the speed-ups out of this process."""
    batch_plan.plan = any_order
    sequence_encoder.use_bytes = left_alone
    parameter_groups.optimizers = dense(parameter_groups.optimizers)
