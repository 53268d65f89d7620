"""Gradients of large tables: the rows of a step only, over any number of processes.

An embedding made with `sparse=True` gets a gradient of (row, vector) pairs. Nothing here or in
`RowAdam` makes it dense, so a step costs as much for two million vacancies as for two thousand.
"""

from collections.abc import Iterable

import torch
from accelerate import Accelerator
from accelerate.utils import pad_across_processes
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

NOBODY = -1  # row that fills up the shorter lists of rows


def tables(model: nn.Module) -> dict[str, nn.Parameter]:
    """Weights of the embeddings with sparse gradients, by name."""
    sparse = {
        id(module.weight)
        for module in model.modules()
        if isinstance(module, nn.Embedding) and module.sparse
    }
    return {name: weight for name, weight in model.named_parameters() if id(weight) in sparse}


def leave_to_merge(model: nn.Module) -> None:
    """Keep `DistributedDataParallel` off the tables, whose gradients `merge` exchanges.

    It would exchange them itself over gloo, but NCCL adds up dense tensors only. To be called
    before the model is prepared.
    """
    DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(  # noqa: SLF001
        model, list(tables(model))
    )


def merge(weights: Iterable[nn.Parameter], accelerator: Accelerator) -> None:
    """Put one gradient in every process: each touched row once, averaged over the processes.

    Rows come in ascending order and are added up in the order of processes and batches, so the
    result does not depend on threads.
    """
    for weight in weights:
        if accelerator.num_processes > 1:
            weight.grad = _exchanged(weight, accelerator)
        if weight.grad is not None:
            weight.grad = coalesced(weight.grad)


def coalesced(gradient: Tensor) -> Tensor:
    """Add up the pairs of each row; in place of those that this saves, a GPU keeps zeros.

    `Tensor.coalesce` has to know how many rows there are, and waits for a GPU to tell.
    """
    if gradient.is_cpu or gradient.is_coalesced():
        return gradient.coalesce()
    return summed_in_place(gradient)


def summed_in_place(gradient: Tensor) -> Tensor:
    """Add up the pairs of each row without knowing their number; what is left is a row of zeros.

    Rows are ascending; behind them stands the last one again, with zeros.
    """
    rows, order = gradient._indices()[0].sort(stable=True)  # noqa: SLF001  it is not coalesced yet
    values = gradient._values()  # noqa: SLF001  likewise
    new = torch.ones_like(rows, dtype=torch.bool)
    new[1:] = rows[1:] != rows[:-1]
    place = new.cumsum(0) - 1
    added = torch.zeros_like(values).index_add_(0, place, values[order])
    kept = rows[-1:].expand(len(rows)).clone().scatter_(0, place, rows)
    return torch.sparse_coo_tensor(
        kept[None], added, gradient.shape, is_coalesced=True, check_invariants=False
    )


def _exchanged(weight: nn.Parameter, accelerator: Accelerator) -> Tensor:
    """Gather the pairs of all processes; a process without a gradient gives none."""
    ids = torch.zeros(0, dtype=torch.int64, device=weight.device)
    values = weight.new_zeros(0, *weight.shape[1:])
    if weight.grad is not None:
        mine = weight.grad.coalesce()
        ids, values = mine.indices()[0], mine.values()
    ids = accelerator.gather(pad_across_processes(ids, pad_index=NOBODY))
    values = accelerator.gather(pad_across_processes(values))
    real = ids != NOBODY
    values = values[real] / accelerator.num_processes
    return torch.sparse_coo_tensor(ids[real][None], values, weight.shape, check_invariants=False)


@torch.no_grad()
def clip_(weights: Iterable[nn.Parameter], highest: float) -> Tensor:
    """Scale all gradients down together until their norm is at most `highest`.

    Equals `torch.nn.utils.clip_grad_norm_`, but takes sparse gradients too, coalesced ones: a row
    that stood twice would count as two shorter vectors.

    Returns:
        The norm before, a scalar.
    """
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    held = [found.values() if found.is_sparse else found for found in gradients]
    norm = nn.utils.get_total_norm(held)
    scale = (highest / (norm + 1e-6)).clamp_max(1.0)  # torch's own guard against zero
    if held:
        torch._foreach_mul_(held, scale)
    return norm
