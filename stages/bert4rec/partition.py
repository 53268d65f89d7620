"""Sums over many candidates and their gradients in one pass: the logits are never all held.

The gradient of a sum of logits' functions is known as soon as the logits are, so the forward pass
of each part makes it, in memory that the next part uses again; the backward pass only scales.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

NEVER = float("-inf")
LOGITS = 2**22  # logits held at once, 16 MiB in fp32: about what the caches and malloc reuse

LEAST_ROWS = 128  # of a part, however many candidates there are


class LogPartition(torch.autograd.Function):
    """Weighted sum over questions of log(sum over candidates of exp(logit) + exp(rest)).

    The softmax of Bridle (1990) over `states @ vectors.T`, with the rest of a question's candidates
    already added up in `rest`.
    """

    @staticmethod
    def forward(
        ctx: Any, states: Tensor, vectors: Tensor, rest: Tensor, weight: Tensor, out: Tensor
    ) -> Tensor:
        """Add up.

        Args:
            ctx: Of autograd.
            states: Questions, (M, K).
            vectors: Candidates, (C, K).
            rest: Log of what else is in the sum, finite, (M,).
            weight: Weight of each question, (M,).
            out: Columns that are no candidates of a question, C where there are fewer, (M, E).

        Returns:
            A scalar in fp32.
        """
        wide, total = _widened(vectors), rest.new_zeros((), dtype=torch.float32)
        grads = _Grads(ctx, states, wide, rest)
        for part in _parts(len(states), len(wide)):
            logits = states[part] @ wide.T
            logits.scatter_(1, out[part], NEVER)
            logits[:, -1] = rest[part]
            share = torch.softmax(logits, 1)
            sums = logits.amax(1).float() - share.amax(1).float().log()
            total += (weight[part] * sums).sum()
            grads.add(part, share, weight[part])
        return grads.kept(total)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Scale what the forward pass found."""
        return _scaled(ctx, grads[0])


class LogRefusals(torch.autograd.Function):
    """Weighted sum over questions and candidates of log(1 + exp(logit)): each is refused alone.

    The negatives' part of a binary cross-entropy. Arguments as in `LogPartition`, without `rest`.
    """

    @staticmethod
    def forward(ctx: Any, states: Tensor, vectors: Tensor, weight: Tensor, out: Tensor) -> Tensor:
        """Add up to a scalar in fp32."""
        wide, none = _widened(vectors), weight
        total = weight.new_zeros((), dtype=torch.float32)
        grads = _Grads(ctx, states, wide, none)
        for part in _parts(len(states), len(wide)):
            logits = states[part] @ wide.T
            logits.scatter_(1, out[part], NEVER)
            logits[:, -1] = NEVER
            sums = torch.nn.functional.softplus(logits).sum(1, dtype=torch.float32)
            total += (weight[part] * sums).sum()
            grads.add(part, logits.sigmoid_(), weight[part])
        return grads.kept(total)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Scale what the forward pass found."""
        states, vectors, _, weight, out = _scaled(ctx, grads[0])
        return states, vectors, weight, out


class _Grads:
    """Gradients of a sum by states, vectors and rest, part by part."""

    def __init__(self, ctx: Any, states: Tensor, wide: Tensor, rest: Tensor) -> None:
        self.ctx, self.all_states, self.wide = ctx, states, wide
        self.wanted = any(ctx.needs_input_grad)
        if self.wanted:
            self.states, self.rest = torch.empty_like(states), torch.empty_like(rest)
            self.vectors = torch.zeros(wide.shape, dtype=torch.float32, device=wide.device)

    def add(self, part: slice, slope: Tensor, weight: Tensor) -> None:
        """Take the derivatives (m, C + 1) by the logits of a part, before weights (m,)."""
        if not self.wanted:
            return
        scale = weight[:, None]
        self.states[part] = (slope @ self.wide) * scale
        self.rest[part] = slope[:, -1] * weight
        heavy = (self.all_states[part] * scale).to(slope.dtype)
        if slope.dtype == torch.float32:
            self.vectors.addmm_(slope.T, heavy)
        else:
            self.vectors += slope.T @ heavy

    def kept(self, total: Tensor) -> Tensor:
        """Leave them to the backward pass."""
        if self.wanted:
            self.ctx.save_for_backward(self.states, self.vectors[:-1], self.rest)
        return total


def _scaled(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
    states, vectors, rest = ctx.saved_tensors
    return states * grad.to(states.dtype), vectors.mul_(grad), rest * grad, None, None


def _widened(vectors: Tensor) -> Tensor:
    """Append a column that is no candidate: a place for `rest`, and for what `out` pads with."""
    return torch.cat([vectors, vectors.new_zeros(1, vectors.shape[1])])


def _parts(rows: int, width: int) -> Iterator[slice]:
    step = max(1, min(rows, max(LOGITS // width, LEAST_ROWS)))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))
