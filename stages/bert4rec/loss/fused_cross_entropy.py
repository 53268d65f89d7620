"""Fused cross entropy over many candidates: logits are computed once, in blocks of questions.

The gradient of a sum of logits' functions is known as soon as the sum is, so the forward pass makes
it, and the backward pass only scales. Candidates are taken by tiles: the logits of a tile stay in
the caches from their product to their exponentials.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

NEVER = float("-inf")
TILE = 2_048  # candidates
TILE_OF_GPU = 8_192  # candidates: fewer and larger products
SPARE = 8  # columns behind a tile; their number keeps rows aligned
LOGITS = 2**25  # held at once, 128 MiB in fp32
LOGITS_OF_GPU = 2**27
LEAST_ROWS = 128  # of a part, however many candidates there are


class LogPartition(torch.autograd.Function):
    """Weighted sum over questions of log(sum over candidates of exp(logit) + exp(rest)).

    The softmax of Bridle (1990) over `states @ vectors.T`, with the rest of a question's candidates
    already added up in `rest`. Sums follow the greatest logit so far from tile to tile (online
    softmax, Milakov and Gimelshein, 2018).
    """

    @staticmethod
    def forward(
        ctx: Any, states: Tensor, vectors: Tensor, rest: Tensor, weight: Tensor, out: Tensor
    ) -> Tensor:
        """Add up.

        Args:
            ctx: Of autograd.
            states: Questions, (M, K), in the dtype of the products.
            vectors: Candidates, (C, K).
            rest: Log of what else is in the sum, finite, (M,).
            weight: Weight of each question, (M,).
            out: Columns that are no candidates of a question, C where there are fewer, (M, E).

        Returns:
            A scalar in fp32.
        """
        grads, total = _Grads(ctx, states, vectors), rest.new_zeros((), dtype=torch.float32)
        by_rest = torch.empty_like(rest)
        for part in _parts(len(states), len(vectors), gpu=not states.is_cpu):
            most = rest[part].to(states.dtype).float()  # always a number of the logits' precision
            sums = (rest[part] - most).exp()
            held = []
            for tile, logits in _tiles(states[part], grads.right, out[part]):
                before, most = most, torch.maximum(most, logits.amax(1).float())
                shares = logits.sub_(most.to(logits.dtype)[:, None]).exp_()
                sums = sums * (before - most).exp() + shares.sum(1, dtype=torch.float32)
                held.append((tile, shares, most))
            whole = most + sums.log()
            total += (weight[part] * whole).sum()
            by_rest[part] = weight[part] * (rest[part] - whole).exp()
            for tile, shares, top in held:
                grads.add(part, tile, shares, weight[part] * (top - whole).exp())
        return grads.kept(total, by_rest)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Scale what the forward pass found."""
        states, vectors, rest = _scaled(ctx, grads[0])
        return states, vectors, rest, None, None


class LogRefusals(torch.autograd.Function):
    """Weighted sum over questions and candidates of log(1 + exp(logit)): each is refused alone.

    The negatives' part of a binary cross-entropy. Arguments as in `LogPartition`, without `rest`.
    """

    @staticmethod
    def forward(ctx: Any, states: Tensor, vectors: Tensor, weight: Tensor, out: Tensor) -> Tensor:
        """Add up to a scalar in fp32."""
        grads, total = _Grads(ctx, states, vectors), weight.new_zeros((), dtype=torch.float32)
        for part in _parts(len(states), len(vectors), gpu=not states.is_cpu):
            for tile, logits in _tiles(states[part], grads.right, out[part]):
                sums = torch.nn.functional.softplus(logits).sum(1, dtype=torch.float32)
                total += (weight[part] * sums).sum()
                grads.add(part, tile, logits.sigmoid_(), weight[part])
        return grads.kept(total)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Scale what the forward pass found."""
        states, vectors = _scaled(ctx, grads[0])
        return states, vectors, None, None


class _Grads:
    """Gradients of a sum by states and vectors, in fp32, tile by tile."""

    def __init__(self, ctx: Any, states: Tensor, vectors: Tensor) -> None:
        self.ctx, self.left, self.right = ctx, states, vectors.to(states.dtype)
        self.wanted = any(ctx.needs_input_grad)
        if self.wanted:
            self.states = torch.zeros_like(states, dtype=torch.float32)
            self.vectors = torch.zeros_like(vectors, dtype=torch.float32)

    def add(self, part: slice, tile: slice, slope: Tensor, scale: Tensor) -> None:
        """Take the derivatives by the logits of a tile, (m, t) times the scale of each row (m,)."""
        if not self.wanted:
            return
        by_row = scale[:, None]
        self.states[part] += (slope @ self.right[tile]) * by_row
        heavy = (self.left[part] * by_row).to(slope.dtype)
        if slope.dtype == torch.float32:
            self.vectors[tile].addmm_(slope.T, heavy)
        else:
            self.vectors[tile] += slope.T @ heavy

    def kept(self, total: Tensor, *others: Tensor) -> Tensor:
        """Leave them, and others, to the backward pass."""
        if self.wanted:
            self.ctx.save_for_backward(self.states.to(self.left.dtype), self.vectors, *others)
        return total


def _scaled(ctx: Any, grad: Tensor) -> list[Tensor]:
    return [found.mul_(grad.to(found.dtype)) for found in ctx.saved_tensors]


def _parts(rows: int, width: int, *, gpu: bool = False) -> Iterator[slice]:
    most = LOGITS_OF_GPU if gpu else LOGITS
    step = max(most // max(width, 1), LEAST_ROWS)
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def _tiles(states: Tensor, vectors: Tensor, out: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Logits of questions (m, K), -inf where left out, (m, t) a tile of candidates."""
    return (_sorted_out if out.is_cpu else _scattered)(states, vectors, out)


def _scattered(states: Tensor, vectors: Tensor, out: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Tiles for a GPU, which is not waited for: what lies in no tile goes into a spare column."""
    tile_size = min(len(vectors), TILE_OF_GPU)
    for start in range(0, len(vectors), tile_size):
        tile = slice(start, min(start + tile_size, len(vectors)))
        size = tile.stop - start
        logits = states.new_empty(len(states), size + SPARE)
        torch.mm(states, vectors[tile].T, out=logits[:, :size])
        place = out - start
        place = torch.where((place >= 0) & (place < size), place, size)
        yield tile, logits.scatter_(1, place, NEVER)[:, :size]


def _sorted_out(states: Tensor, vectors: Tensor, out: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Tiles for a processor: few are left out, and those are found at once."""
    rows, nth = (out < len(vectors)).nonzero(as_tuple=True)
    columns, order = out[rows, nth].sort(stable=True)
    rows = rows[order]
    starts = range(0, len(vectors), TILE)
    ends = torch.searchsorted(columns, columns.new_tensor([*starts[1:], len(vectors)])).tolist()
    first = 0
    for start, last in zip(starts, ends, strict=True):
        tile = slice(start, min(start + TILE, len(vectors)))
        logits = states @ vectors[tile].T
        logits[rows[first:last], columns[first:last] - start] = NEVER
        yield tile, logits
        first = last
