"""The exact k best of very many items for each row, with little more than one matrix product.

What decides is a score that no batch can change: `exact_scores` multiplies and adds element by
element in a fixed order, so a pair has the same bits whatever it is scored with. A matrix product is
faster but its last bits depend on its shape, and in bfloat16 its first ones too. So it only says
which items can still matter: with e, a bound on how far both can lie apart, and s, the k-th best
exact score found so far, an item whose product is below s - e cannot be among the k best. All others
(`hits`) are scored exactly, at once, and raise s. The result is that of a full sort, for any size of
blocks and batches and in either precision.

The product computes `score - (s - e)`, so a hit is a number without a sign bit, and the largest of a
line of numbers, read as integers, says whether the line holds a hit.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from stages.bert4rec.matrix import LINE, ItemMatrix

CHUNK = 1_024  # items of one product: its result stays in cache while it is looked through
BLOCK = 8  # chunks between two looks at the hits
SEED = 32  # chunks, those of the most frequent items, that give the first threshold
SHORT = 16  # numbers of them that give one candidate for it
PAIRS = 16_384  # pairs scored exactly at once
PENDING = 32  # hits a row between two sortings in
NOTHING = torch.iinfo(torch.int64).min  # below the key of any item


@dataclass(frozen=True)
class Pairs:
    """Some (row, item place) pairs, sorted by place: rows (P,), places (P,)."""

    rows: Tensor
    places: Tensor

    def cut(self, start: int, width: int, chunks: int) -> list[tuple[Tensor, Tensor]]:
        """Return the pairs of each of some chunks, places counted from the chunk's start."""
        starts = [start + width * chunk for chunk in range(chunks + 1)]
        ends = torch.searchsorted(self.places, self.places.new_tensor(starts)).tolist()
        return [
            (self.rows[low:high], self.places[low:high] - begin)
            for begin, low, high in zip(starts, ends, ends[1:], strict=False)
        ]


def pairs(rows: Tensor, places: Tensor) -> Pairs:
    """Sort pairs by place; those without a place (-1) are left out."""
    inside = places >= 0
    places, order = places[inside].sort(stable=True)
    return Pairs(rows[inside][order], places)


def keys(scores: Tensor, ids: Tensor) -> Tensor:
    """One integer a candidate that orders by score, then by ascending id: int64, same shape."""
    bits = (scores + 0.0).view(torch.int32)  # + 0.0: no negative zero
    ordered = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    return (ordered.to(torch.int64) << 32) + (0xFFFFFFFF - ids)


def unpacked(packed: Tensor) -> tuple[Tensor, Tensor]:
    """Scores (float32) and ids (int64) of keys."""
    ordered = (packed >> 32).to(torch.int32)
    return (ordered ^ ((ordered >> 31) & 0x7FFFFFFF)).view(torch.float32), 0xFFFFFFFF - (
        packed & 0xFFFFFFFF
    )


def exact_scores(queries: Tensor, items: Tensor) -> Tensor:
    """Inner products of pairs (P, W) and (P, W) -> (P,), by halves: bits depend on the pair alone."""
    total = queries * items
    while total.shape[1] > 1:
        half = total.shape[1] // 2
        if total.shape[1] % 2:
            total[:, 0] += total[:, -1]
        total = total[:, :half].add_(total[:, half : 2 * half])
    return total[:, 0]


def best(states: Tensor, own: Tensor, excluded: Pairs, items: ItemMatrix, k: int) -> Tensor:
    """Find the k best of all items and of what a row brings along.

    Args:
        states: Queries, (B, H) float32.
        own: Keys of candidates with scores of their own, (B, S); NOTHING where there is none.
        excluded: Places of items that a row must not get.
        items: The items.
        k: Candidates wanted.

    Returns:
        Keys, best first, (B, k); NOTHING where candidates ran out.
    """
    search = Search(states, own, items, k)
    first = min(CHUNK, len(items.wide))
    search.seed(excluded.cut(0, first, min(SEED, len(items.wide) // first)), first)
    for start, chunks, width in spans(len(items.wide)):
        search.scan(start, width, excluded.cut(start, width, chunks))
    search.sort_in()
    return search.found


def spans(size: int) -> list[tuple[int, int, int]]:
    """Cut places into blocks of chunks: (first place, chunks, places of a chunk)."""
    whole, rest = divmod(size, CHUNK)
    blocks = [(CHUNK * at, min(BLOCK, whole - at), CHUNK) for at in range(0, whole, BLOCK)]
    return blocks + ([(CHUNK * whole, 1, rest)] if rest else [])


class Search:
    """A search under way: what was found, (B, k) keys, and what is not sorted in yet."""

    def __init__(self, states: Tensor, own: Tensor, items: ItemMatrix, k: int) -> None:
        self.states, self.items, self.k = states, items, k
        self.found = top(own, k)
        self.exact = items.query(states)
        self.asked = items.asking(states)
        width = min(CHUNK, len(items.wide))
        self.room = self.asked.new_empty(BLOCK, len(states) * width)
        self.integer = torch.int16 if self.asked.dtype == torch.bfloat16 else torch.int32
        self.least = self.found[:, -1]
        self.threshold = -2 * items.sizes(states) - 1  # every item is above it
        self.pending: list[tuple[Tensor, Tensor]] = []
        self.waiting = 0

    def scan(self, start: int, width: int, excluded: list[tuple[Tensor, Tensor]]) -> None:
        """Look for hits among the items of some chunks."""
        bits = self.room[: len(excluded), : len(self.asked) * width].view(self.integer)
        most = bits.new_empty(len(excluded), bits.shape[1] // LINE)
        for chunk, pairs in enumerate(excluded):
            self.multiply(start + chunk * width, width, pairs, chunk)
            torch.amax(bits[chunk].view(-1, LINE), dim=1, out=most[chunk])
        lines = (most.flatten() >= 0).nonzero()[:, 0]
        for some in lines.split(PAIRS):
            self.take(bits.view(-1, LINE), some, start, width)
        if self.waiting > PENDING * len(self.asked):
            self.sort_in()

    def seed(self, excluded: list[tuple[Tensor, Tensor]], width: int) -> None:
        """Find a first threshold in the products of the first items: a k-th best of group maxima."""
        groups = []
        for chunk, pairs in enumerate(excluded):
            out = self.multiply(chunk * width, width, pairs, 0)
            groups.append(out.view(len(out), SHORT, -1).amax(1).float())
        tops = torch.cat(groups, dim=1)
        least = tops.new_full((len(tops),), -torch.inf)
        if tops.shape[1] >= self.k:
            least = tops.topk(self.k, dim=1).values[:, -1]
        near = least.nan_to_num(neginf=0.0)
        error = self.items.error(self.asked, self.states, near)  # these are products
        self.raise_to(least, error + 2.0**-7 * near.abs() if self.items.half else error)

    def multiply(
        self, start: int, width: int, excluded: tuple[Tensor, Tensor], chunk: int
    ) -> Tensor:
        """Multiply with the items of a chunk, (B, width); excluded pairs come out as -inf."""
        out = self.room[chunk, : len(self.asked) * width].view(-1, width)
        torch.mm(self.asked, self.items.wide[start : start + width].T, out=out)
        if len(excluded[0]):
            out[excluded] = -torch.inf
        return out

    def raise_to(self, least: Tensor, error: Tensor | float = 0.0) -> None:
        """Put the threshold below scores (B,) that k candidates of the row reach, less `error`."""
        bound = self.items.error(self.asked, self.states, least.nan_to_num(neginf=0.0))
        self.threshold = torch.maximum(self.threshold, least - bound - error)
        self.items.aim(self.asked, self.threshold)

    def take(self, bits: Tensor, lines: Tensor, start: int, width: int) -> None:
        """Score the hits of some lines exactly and keep those above the k-th best."""
        which, inside = signless(bits.index_select(0, lines))
        line = lines[which]
        chunk, line = _divided(line, len(self.asked) * (width // LINE))
        rows, line = _divided(line, width // LINE)
        places = start + chunk * width + line * LINE + inside
        scores = exact_scores(
            self.exact.index_select(0, rows), self.items.exact.index_select(0, places)
        )
        packed = keys(scores, self.items.ids[places])
        kept = (packed >= self.least[rows]).nonzero()[:, 0]
        self.pending.append((rows[kept], packed[kept]))
        self.waiting += len(kept)

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


def padded(rows: Tensor, values: Tensor, count: int, filling: int) -> Tensor:
    """Lay values (P,) of rows (P,) out as a table (count, most of any row), order kept."""
    rows, order = rows.sort(stable=True)
    counts = rows.bincount(minlength=count)
    column = torch.arange(len(rows), device=rows.device) - (counts.cumsum(0) - counts)[rows]
    table = values.new_full((count, int(counts.max()) if len(counts) else 0), filling)
    table[rows, column] = values[order]
    return table


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


def top(packed: Tensor, k: int) -> Tensor:
    """The k greatest keys of each row, best first, (B, S) -> (B, k), filled up with NOTHING."""
    if packed.shape[1] < k:
        packed = torch.nn.functional.pad(packed, (0, k - packed.shape[1]), value=NOTHING)
    return packed.topk(k, dim=1).values
