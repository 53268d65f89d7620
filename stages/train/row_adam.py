"""Row-sparse Adam: a step reads and writes only the rows that have a gradient."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from stages.train import sparse_gradients


class RowAdam(torch.optim.Optimizer):
    """Adam without a first moment and with one second moment a row.

    In step t of a table, for each row w with a gradient g (Kingma and Ba, 2015, with b1 = 0; the
    square averaged over the row as in the row-wise Adagrad of Naumov et al., 2019):

        v <- b2 v + (1 - b2) mean(g^2)
        w <- w - lr * g / (sqrt(v / (1 - b2^t)) + eps)

    For a row without a gradient that formula leaves w alone and lets v fade. So it need not be
    touched: its v fades by b2 to the power of the steps missed when it has a gradient again. The
    result is the dense one, not an approximation of it. A rare row's step is up to
    1 / sqrt(1 - b2) times as long as a frequent row's, as far as Adam's momentum would carry it.
    State is two numbers a row, where Adam needs two a weight.

    Args:
        params: Tables (V, H) with sparse gradients, or groups of them.
        lr: Learning rate.
        beta: b2.
        eps: Added to the root.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter] | Iterable[dict[str, Any]],
        lr: float,
        beta: float = 0.98,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, {"lr": lr, "beta": beta, "eps": eps})
        self.found_inf: Tensor | None = None  # as torch's fused AdamW has it: above 0 skips a step

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Update the rows of each table's gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                if weight not in self.state:
                    self.state[weight] = start(weight)
                lr, beta, eps = group["lr"], group["beta"], group["eps"]
                update(weight, weight.grad, self.state[weight], lr, beta, eps, self.found_inf)
        return loss


def start(weight: Tensor) -> dict[str, Tensor]:
    """State before the first step: steps taken (), v (V, 1), step of a row's last gradient (V, 1)."""
    rows, device = len(weight), weight.device
    return {
        "step": torch.zeros((), dtype=torch.int32, device=device),
        "square": torch.zeros(rows, 1, device=device),
        "last": torch.zeros(rows, 1, dtype=torch.int32, device=device),
    }


def update(
    weight: Tensor,
    gradient: Tensor,
    state: dict[str, Tensor],
    lr: float,
    beta: float,
    eps: float,
    found_inf: Tensor | None = None,
) -> None:
    """Take one step with a sparse gradient, in place; none where `found_inf` is above 0."""
    gradient = sparse_gradients.coalesced(gradient)
    rows, gradient = gradient.indices()[0], gradient.values()  # (n,), (n, H)
    if found_inf is not None or not weight.is_cpu:
        skip = torch.zeros((), device=weight.device) if found_inf is None else found_inf
        gradient = torch.where(skip > 0, 0.0, gradient)
        state["step"].add_(skip <= 0)
        _update_where_not_zero(weight, rows, gradient, state, lr, beta, eps)
        return
    step = state["step"].add_(1)
    missed = step - state["last"].index_select(0, rows)
    square = state["square"].index_select(0, rows) * beta**missed
    square += (1 - beta) * gradient.square().mean(1, keepdim=True)
    state["square"].index_copy_(0, rows, square)
    state["last"].index_copy_(0, rows, step.expand_as(missed))
    size = (square / (1 - beta**step)).sqrt_().add_(eps)
    weight.index_add_(0, rows, gradient / size, alpha=-lr)


def _update_where_not_zero(
    weight: Tensor,
    rows: Tensor,
    gradient: Tensor,
    state: dict[str, Tensor],
    lr: float,
    beta: float,
    eps: float,
) -> None:
    """Take the step by adding differences: a row of zeros, which may stand twice, changes nothing."""
    found = gradient.square().mean(1, keepdim=True)
    there, step = found > 0, state["step"]
    before, last = (state[name].index_select(0, rows) for name in ("square", "last"))
    square = before * beta ** (step - last) + (1 - beta) * found
    state["square"].index_add_(0, rows, torch.where(there, square - before, 0.0))
    state["last"].index_add_(0, rows, torch.where(there, step - last, 0))
    size = (square / (1 - beta**step)).sqrt_().add_(eps)
    weight.index_add_(0, rows, torch.where(there, gradient / size, 0.0), alpha=-lr)
