"""All item vectors as one matrix, laid out so that one product gives `score - threshold`."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

LINE = 128  # the rows are filled up to a multiple of it
OUT = -3e38  # bias of the rows that fill up
TINY = 1e-30  # keeps a threshold strictly below its score
UNIT = 2.0**-24  # half a step of float32 beside 1
SLICE = 65_536  # items looked at together


@dataclass(frozen=True)
class ItemMatrix:
    """C items by ascending id, filled up with rows that no query wants.

    Attributes:
        ids: Item ids, (C,) int64.
        exact: Vector, bias, 1: (C + filling, H + 2) float32.
        wide: What is multiplied, (C + filling, W): `exact` itself, or its bfloat16 twin with the
            bias in two parts and two ones.
        longest: Largest norm of a vector.
        lost: Largest norm of what a vector loses in `wide`; 0 for float32.
        heaviest: Largest absolute bias.
    """

    ids: Tensor
    exact: Tensor
    wide: Tensor
    longest: float = 0.0
    lost: float = 0.0
    heaviest: float = 0.0

    def __len__(self) -> int:
        """Return C."""
        return len(self.ids)

    @property
    def half(self) -> bool:
        """Whether products are made in bfloat16."""
        return self.wide is not self.exact

    def measured(self, *, half: bool) -> "ItemMatrix":
        """Return the matrix with its norms, and its bfloat16 twin if asked for."""
        wide = _twin(self.exact) if half else self.exact
        norms, losses = [0.0], [0.0]
        for start in range(0, len(self), SLICE):
            vectors = self.exact[start : start + SLICE, :-2]
            norms.append(float(vectors.norm(dim=1).max()))
            if half:
                rest = vectors - wide[start : start + SLICE, :-4].float()
                losses.append(float(rest.norm(dim=1).max()))
        heaviest = _heaviest(self.exact[: len(self), -2])
        return replace(
            self, wide=wide, longest=max(norms), lost=max(losses) * 1.001, heaviest=heaviest
        )

    def with_biases(self, biases: Tensor) -> "ItemMatrix":
        """Return the matrix with other biases (C,); it shares its memory, so the old one is spent."""
        self.exact[: len(self), -2] = biases
        if self.half:
            _split(biases, self.wide[: len(self), -4:-2])
        return replace(self, heaviest=_heaviest(biases))

    def narrowed(self, kept: Tensor) -> "ItemMatrix":
        """Return the items that a mask (C,) keeps, in memory of their own."""
        smaller = empty(self.ids[kept], self.exact.shape[1] - 2)
        smaller.exact[: len(smaller)] = self.exact[: len(self)][kept]
        return smaller.measured(half=self.half)

    def query(self, states: Tensor) -> Tensor:
        """Lay states out for exact scores, (B, H) -> (B, H + 2)."""
        return _extended(states, [1.0, 0.0])

    def asking(self, states: Tensor) -> Tensor:
        """Lay states out for products, with a threshold of 0, (B, H) -> (B, W)."""
        ends = [1.0, 1.0, 0.0, 0.0] if self.half else [1.0, 0.0]
        return _extended(states, ends).to(self.wide.dtype)

    def sizes(self, states: Tensor) -> Tensor:
        """Bound of the absolute score of any item, (B,)."""
        return states.norm(dim=1) * self.longest + self.heaviest

    def error(self, asked: Tensor, states: Tensor, score: Tensor) -> Tensor:
        """Bound how far an exact score and a product can lie apart near `score`, (B,).

        For item vector v, state s and their rounded twins v' and s',
        |s v - s' v'| <= |s - s'| |v| + |s'| |v - v'| by Cauchy and Schwarz; and a float32 sum of n
        products is off by at most n units of the sum of their sizes, in any order, with or without
        fused steps (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1).
        The factor 4 covers both ways of adding up and bfloat16 units that truncate.
        """
        size = self.sizes(states) + score.abs()
        bound = 4 * (states.shape[1] + 16) * UNIT * size + TINY
        if self.half:
            kept = asked[:, :-4].float()
            bound += (states - kept).norm(dim=1) * self.longest * 1.001
            bound += kept.norm(dim=1) * self.lost + 2.0**-15 * size  # biases in two parts
        return bound

    def aim(self, asked: Tensor, threshold: Tensor) -> None:
        """Make products of `asked` come out as `score - threshold`, in place."""
        if self.half:
            _split(-threshold, asked[:, -2:])
        else:
            asked[:, -1] = -threshold


def empty(ids: Tensor, width: int) -> ItemMatrix:
    """Lay out room for the vectors of items (C,), to be written into `exact`."""
    rows = max(-(-len(ids) // LINE), 1) * LINE
    exact = torch.zeros(rows, width + 2, device=ids.device)
    exact[:, -1] = 1.0
    exact[len(ids) :, -2] = OUT
    return ItemMatrix(ids, exact, exact)


def _extended(states: Tensor, ends: list[float]) -> Tensor:
    return torch.cat([states, states.new_tensor(ends).expand(len(states), -1)], dim=1)


def _heaviest(biases: Tensor) -> float:
    return float(biases.abs().max()) if len(biases) else 0.0


def _split(values: Tensor, into: Tensor) -> None:
    """Write float32 values (n,) as two bfloat16 parts, (n, 2)."""
    into[:, 0] = values
    into[:, 1] = values - into[:, 0].float()


def _twin(exact: Tensor) -> Tensor:
    wide = exact.new_ones(len(exact), exact.shape[1] + 2, dtype=torch.bfloat16)
    wide[:, :-4] = exact[:, :-2]
    _split(exact[:, -2], wide[:, -4:-2])
    return wide
