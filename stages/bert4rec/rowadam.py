"""Adam for large tables: a step reads and writes the rows that have a gradient, and no others."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn


class RowAdam(torch.optim.Optimizer):
    """Lazy Adam with one second moment a row.

    For a row w with gradient g, in its own t-th step (Kingma and Ba, 2015, with the second moment
    averaged over the row as in the row-wise Adagrad of Naumov et al., 2019):

        m <- b1 m + (1 - b1) g
        v <- b2 v + (1 - b2) mean(g^2)
        w <- w - lr * m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps)

    Rows without a gradient keep w, m, v and t: neither does old momentum move them, nor does it
    fade, so a rare row's first steps are as long as a frequent one's were. With one column this is
    Adam. State is fp32: H + 2 numbers for a row of H, beside Adam's 2 H.

    Args:
        params: Tables (V, H) with sparse gradients.
        lr: Learning rate.
        betas: b1 and b2.
        eps: Added to the root.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.98),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(list(params), {"lr": lr, "betas": betas, "eps": eps})

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
                lr, betas, eps = group["lr"], group["betas"], group["eps"]
                update(weight, weight.grad, self.state[weight], lr, betas, eps)
        return loss


def start(weight: Tensor) -> dict[str, Tensor]:
    """State before the first step: m (V, H), v (V, 1), t (V, 1)."""
    rows = len(weight)
    return {
        "mean": torch.zeros_like(weight),
        "square": weight.new_zeros(rows, 1),
        "steps": torch.zeros(rows, 1, dtype=torch.int32, device=weight.device),
    }


def update(
    weight: Tensor,
    gradient: Tensor,
    state: dict[str, Tensor],
    lr: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """Take one step with a sparse gradient, in place."""
    gradient = gradient.coalesce()
    rows, gradient = gradient.indices()[0], gradient.values()  # (n,), (n, H)
    mean = state["mean"].index_select(0, rows).lerp_(gradient, 1 - betas[0])
    square = state["square"].index_select(0, rows)
    square.lerp_(gradient.square().mean(1, keepdim=True), 1 - betas[1])
    steps = state["steps"].index_select(0, rows) + 1
    for name, value in (("mean", mean), ("square", square), ("steps", steps)):
        state[name].index_copy_(0, rows, value)
    size = (square / (1 - betas[1] ** steps)).sqrt_().add_(eps)
    weight.index_add_(0, rows, mean / (size * (1 - betas[0] ** steps)), alpha=-lr)
