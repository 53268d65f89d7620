"""Parameter groups: the optimiser and weight decay of each weight."""

import torch
from torch import nn

from stages.train import sparse_gradients
from stages.train.row_adam import RowAdam

MATRIX = 2  # dimensions
BETAS = (0.9, 0.98)


def optimizers(
    model: nn.Module, lr: float, weight_decay: float, id_lr: float = 1.0
) -> tuple[torch.optim.AdamW, RowAdam]:
    """AdamW for the body of a model, `RowAdam` for its tables with sparse gradients.

    Matrices of the layers decay; biases, norms and embeddings are left alone. The tables learn at
    `id_lr` times the rate of the body.
    """
    lookups = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    tables = list(sparse_gradients.tables(model).values())
    apart = {id(weight) for weight in tables}
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for weight in model.parameters():
        if not weight.requires_grad or id(weight) in apart:
            continue
        (decayed if weight.ndim == MATRIX and id(weight) not in lookups else free).append(weight)
    groups = [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    body = torch.optim.AdamW(groups, lr=lr, betas=BETAS, fused=True)
    return body, RowAdam([{"params": tables, "multiple": id_lr}], lr=lr * id_lr, beta=BETAS[1])
