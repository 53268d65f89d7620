"""The exact k best of very many items for each row, with little more than one matrix product.

What decides is a score that no batch can change: `exact_scores` multiplies and adds element by
element in a fixed order, so a pair has the same bits whatever it is scored with. A matrix product is
faster but its last bits depend on its shape, and in bfloat16 its first ones too. So it only says
which items can still matter: with e, a bound on how far both can lie apart, and s, the k-th best
exact score found so far, an item whose product is below s - e cannot be among the k best. All others
(`hits`) are scored exactly, at once, and raise s. The result is that of a full sort, for any size of
blocks and batches and in either precision.

The search starts from a guess of s, by products with a sample of the items: what some number of
them reach, some more than k times the sample's share, k of all will. Few hits are made in vain then.
A row that ends without k candidates above its guess is searched again, from what k of the sample
reach.

The product computes `score - (s - e)`, so a hit is a number without a sign bit, and the largest of a
line of numbers, read as integers, says whether the line holds a hit.
"""

import numpy as np
import torch
from scipy import special  # type: ignore[import-untyped]
from torch import Tensor

from stages.bert4rec.ranking.exact_products import exact_products
from stages.bert4rec.ranking.exact_scores import PairScores
from stages.bert4rec.ranking.exclusions import ExcludedPairs
from stages.bert4rec.ranking.item_index import LINE, ItemMatrix
from stages.bert4rec.ranking.score_keys import NOTHING, keys, padded, top, unpacked

CHUNK = 1_024  # items of one product: its result stays in cache while it is looked through
CELLS = 2**28  # of one product on a GPU, for which few and large ones are fast
SAMPLE = 32_768  # items, about, that the first threshold is guessed from
SHORT = 16  # of them, of which only the greatest counts
CHANCE = 1e-4  # that a guess is too high, if the k best are spread at random
PAIRS, PAIRS_OF_GPU = 16_384, 2**20  # pairs scored exactly at once
PENDING = 32  # hits a row between two sortings in
LOOKS = 4  # at the lines with hits, between two sortings in


@exact_products()
def best(
    states: Tensor,
    own: Tensor,
    excluded: ExcludedPairs,
    items: ItemMatrix,
    k: int,
    *,
    sure: bool = False,
) -> Tensor:
    """Find the k best of all items and of what a row brings along.

    Args:
        states: Queries, (B, H) float32.
        own: Keys of candidates with scores of their own, (B, S); NOTHING where there is none.
        excluded: Places of items that a row must not get.
        items: The items.
        k: Candidates wanted.
        sure: Whether to start from a threshold that cannot be too high.

    Returns:
        Keys, best first, (B, k); NOTHING where candidates ran out.
    """
    search = Search(states, own, items, k)
    search.guess(excluded, sure=sure)
    bounds = bounds_of(len(items.wide), search.chunk)
    for start, gone in zip(bounds, excluded.cut(bounds), strict=False):
        search.scan(start, gone)
    search.take()
    search.sort_in()
    again = search.unsure()
    if len(again):
        left = excluded.of(again, len(states))
        search.found[again] = best(states[again], own[again], left, items, k, sure=True)
    return search.found


def rank_of_guess(k: int, share: float) -> int:
    """Which of a sample's items to guess from: fewer of the k best are in it, but for `CHANCE`.

    Of the k best, Binomial(k, share) are in the sample; r or more with the probability
    I_share(r, k - r + 1), the regularised incomplete beta function.
    """
    ranks = np.arange(1, k)
    return int((special.betainc(ranks, k - ranks + 1, share) > CHANCE).sum()) + 1


def chunk_of(device: torch.device, rows: int) -> int:
    """Items of one product with so many rows."""
    return CHUNK if device.type == "cpu" else max(CELLS // max(rows, 1) // LINE, 1) * LINE


def bounds_of(size: int, chunk: int) -> list[int]:
    """Cut places into chunks: the first of each, and the end."""
    return [*range(0, size, chunk), size]


class Search:
    """A search under way: what was found, (B, k) keys, and what is not sorted in yet."""

    def __init__(self, states: Tensor, own: Tensor, items: ItemMatrix, k: int) -> None:
        self.states, self.items, self.k = states, items, k
        self.found = top(own, k)
        self.score = PairScores(items.query(states), items.exact)
        self.asked = items.asking(states)
        self.chunk = chunk_of(states.device, len(states))
        self.pairs = PAIRS if states.is_cpu else PAIRS_OF_GPU
        self.room = self.asked.new_empty(len(states) * min(self.chunk, len(items.wide)))
        self.integer = torch.int16 if self.asked.dtype == torch.bfloat16 else torch.int32
        self.least = self.found[:, -1]
        self.threshold = -2 * items.sizes(states) - 1  # every item is above it
        self.guessed = torch.full_like(self.threshold, -torch.inf)
        self.lines: list[tuple[Tensor, Tensor, Tensor]] = []  # with hits; rows, places of the first
        self.held = 0
        self.pending: list[tuple[Tensor, Tensor]] = []  # rows and keys of hits
        self.waiting = 0

    def scan(self, start: int, excluded: tuple[Tensor, Tensor]) -> None:
        """Look for hits among the items of a chunk, and keep the lines of products that hold some."""
        out = self.multiply(self.items.wide[start : start + self.chunk], excluded)
        lines = out.view(self.integer).view(-1, LINE)
        hit = (lines.amax(dim=1) >= 0).nonzero()[:, 0]
        rows, line = _divided(hit, out.shape[1] // LINE)
        self.lines.append((lines.index_select(0, hit), rows, start + line * LINE))
        self.held += len(hit)
        if self.held * LOOKS > PENDING * len(self.asked):
            self.take()

    def guess(self, excluded: ExcludedPairs, *, sure: bool) -> None:
        """Find a first threshold: a score that some of a sample reach, by their groups' maxima."""
        stride = max(round(len(self.items) / SAMPLE), 1)
        size = len(self.items) // stride // SHORT * SHORT
        sample = self.items.wide[: size * stride : stride]
        rank = self.k if sure else rank_of_guess(self.k, 1 / stride)
        left, groups = excluded.sampled(stride), [self.asked.new_empty(len(self.asked), 0).float()]
        bounds = bounds_of(size, self.chunk)
        for start, gone in zip(bounds, left.cut(bounds), strict=False):
            out = self.multiply(sample[start : start + self.chunk], gone)
            groups.append(out.view(len(out), SHORT, -1).amax(1).float())
        tops = torch.cat(groups, dim=1)
        least = tops.new_full((len(tops),), -torch.inf)
        if tops.shape[1] >= rank:
            least = tops.topk(rank, dim=1).values[:, -1]
        self.guessed = least - self.lost(least) if rank == self.k else least  # k of them reach it
        self.raise_to(self.guessed)

    def unsure(self) -> Tensor:
        """Rows whose k-th best does not reach what was guessed, (R,): more may lie below."""
        least = unpacked(self.least)[0].masked_fill(self.least == NOTHING, -torch.inf)
        return (least < self.guessed).nonzero()[:, 0]

    def multiply(self, items: Tensor, excluded: tuple[Tensor, Tensor]) -> Tensor:
        """Multiply with some items (C, W), (B, C); excluded pairs come out as -inf."""
        out = self.room[: len(self.asked) * len(items)].view(-1, len(items))
        torch.mm(self.asked, items.T, out=out)
        if len(excluded[0]):
            out[excluded] = -torch.inf
        return out

    def lost(self, products: Tensor) -> Tensor:
        """Bound how far the exact scores behind raw products (B,) may lie below them, (B,)."""
        near = products.nan_to_num(neginf=0.0)
        error = self.items.error(self.asked, self.states, near)
        return error + 2.0**-7 * near.abs() if self.items.half else error

    def raise_to(self, least: Tensor) -> None:
        """Put the threshold so low that no item with an exact score of `least` (B,) stays below."""
        bound = self.items.error(self.asked, self.states, least.nan_to_num(neginf=0.0))
        self.threshold = torch.maximum(self.threshold, least - bound)
        self.items.aim(self.asked, self.threshold)

    def take(self) -> None:
        """Score the hits in the lines held exactly, and sort them in when there are many."""
        if not self.held:
            return
        lines, of_rows, firsts = (torch.cat(parts) for parts in zip(*self.lines, strict=True))
        self.lines, self.held = [], 0
        for line, inside in zip(*(part.split(self.pairs) for part in signless(lines)), strict=True):
            rows, places = of_rows.index_select(0, line), firsts.index_select(0, line) + inside
            packed = keys(self.score(rows, places), self.items.ids.index_select(0, places))
            self.pending.append((rows, packed))
            self.waiting += len(rows)
        if self.waiting > PENDING * len(self.asked):
            self.sort_in()

    def sort_in(self) -> None:
        """Merge what waits into the k best."""
        if not self.waiting:
            return
        rows = torch.cat([rows for rows, _ in self.pending])
        packed = torch.cat([keys for _, keys in self.pending])
        self.pending, self.waiting = [], 0
        table = padded(rows, packed, len(self.asked), NOTHING)
        self.found = top(torch.cat([self.found, table], dim=1), self.k)
        self.least = self.found[:, -1]
        self.raise_to(unpacked(self.least)[0].masked_fill(self.least == NOTHING, -torch.inf))


def signless(bits: Tensor) -> tuple[Tensor, Tensor]:
    """Where (n, LINE) integers are not negative: rows and columns; looked at 8 bytes at a time."""
    signs = -0x7FFF7FFF7FFF8000 if bits.dtype == torch.int16 else -0x7FFFFFFF80000000
    words = bits.view(torch.int64)
    rows, columns = ((words & signs) != signs).nonzero(as_tuple=True)
    parts = words[rows, columns][:, None].view(bits.dtype)
    which, part = (parts >= 0).nonzero(as_tuple=True)
    return rows[which], columns[which] * parts.shape[1] + part


def _divided(values: Tensor, by: int) -> tuple[Tensor, Tensor]:
    quotient = values.div(by, rounding_mode="floor")
    return quotient, values - quotient * by
