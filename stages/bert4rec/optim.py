"""AdamW with weight decay where it belongs, and a learning rate that depends on the step alone."""

import torch
from torch import nn

MATRIX = 2  # dimensions


def adamw(model: nn.Module, lr: float, weight_decay: float) -> torch.optim.AdamW:
    """Decay matrices of the layers; leave biases, norms and embeddings alone."""
    tables = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for weight in model.parameters():
        if not weight.requires_grad:
            continue
        (decayed if weight.ndim == MATRIX and id(weight) not in tables else free).append(weight)
    groups = [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.98), fused=True)


def learning_rate(step: int, total: int, highest: float, warmup: float) -> float:
    """Rise linearly for `warmup * total` steps, then fall linearly to zero after `total`."""
    rising = max(1, round(warmup * total))
    if step < rising:
        return highest * (step + 1) / rising
    return highest * (total - step) / max(1, total - rising)


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every group the same rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr
