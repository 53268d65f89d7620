"""Candidates of rows with their features: one table of numbers."""

from collections.abc import Iterator, Sized
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.network import score_parts
from stages.bert4rec.ranking.query_rows import EncodedRows, QueryRows
from stages.bert4rec.ranking.ranked import Ranked
from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration.conditional_logit import Floats
from stages.calibration.heuristics import Ranks

FIRST = 200  # candidates of a row that the model's own score chooses


@dataclass(frozen=True)
class CandidateTable:
    """P candidates of some rows, sorted by row and item, with F numbers each.

    Attributes:
        rows: Row numbers, (P,) int64.
        items: Item ids, (P,) int64.
        values: In the order of `names`, (P, F) float32.
    """

    rows: Ints
    items: Ints
    values: Floats


class Describes(Protocol):
    """What a table asks of a ranker."""

    @property
    def catalogue(self) -> Sized:
        """The vacancies."""

    def parts(self, encoded: EncodedRows, owner: Tensor, items: Tensor) -> Tensor:
        """Say what scores are sums of: see `Ranker.parts`."""

    def eligible(self, items: Tensor) -> Tensor:
        """Whether vacancies (P,) may be returned."""


def names(heuristics: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the numbers: parts of the model's score, counts, and ranks in lists.

    A list says something else of a vacancy that the history holds (`own_`) than of a new one.
    """
    lists = [f"{kind}{name}" for kind in ("rank_", "own_rank_") for name in heuristics]
    return (*score_parts.PARTS, "count", "own_count", *lists)


def start(heuristics: tuple[str, ...]) -> Floats:
    """Weights as the model was trained: 1 for its parts, 0 for what it does not know."""
    return np.array([float(name in score_parts.START) for name in names(heuristics)])


def tables(
    ranker: Ranker, rows: QueryRows, ranks: Ranks, counts: Floats, share: tuple[int, int] = (0, 1)
) -> Iterator[tuple[Ranked, CandidateTable]]:
    """Rank rows (process n of m its share) and describe the best candidates of each batch.

    Args:
        ranker: Made with parts, for at least `FIRST` candidates or all there are.
        rows: The rows.
        ranks: What heuristics say of them.
        counts: Train events by item id, (N,).
        share: n and m.
    """
    for ranked in ranker.rank(rows, share):
        yield ranked, table(ranker, ranked, rows, ranks, counts)


@torch.inference_mode()
def table(
    ranker: Describes, ranked: Ranked, rows: QueryRows, ranks: Ranks, counts: Floats
) -> CandidateTable:
    """Describe the candidates of a batch: the ranker's, the row's own, and those of the lists."""
    owner, items = _candidates(ranker, ranked, rows, ranks)
    device = ranked.encoded.states.device
    told = ranker.parts(
        ranked.encoded, torch.from_numpy(owner).to(device), torch.from_numpy(items).to(device)
    )
    own = told[:, [score_parts.column("in_history")]].cpu().numpy()
    listed = -np.log(ranks.of(ranked.rows[owner], items))
    count = np.log1p(counts[items])[:, None]
    both = np.concatenate([count, listed], axis=1)
    split = np.concatenate([both * (1 - own), both * own], axis=1)
    size = both.shape[1]  # count, lists, own count, own lists
    order = [0, size, *range(1, size), *range(size + 1, 2 * size)]
    values = np.concatenate([told.cpu().numpy(), split[:, order]], axis=1).astype(np.float32)
    return CandidateTable(ranked.rows[owner].astype(np.int64), items, values)


def _candidates(
    ranker: Describes, ranked: Ranked, rows: QueryRows, ranks: Ranks
) -> tuple[Ints, Ints]:
    """Pairs of row (place in the batch) and item, sorted, each once."""
    width = len(ranker.catalogue)
    found = ranked.items.cpu().numpy()
    first = np.nonzero(found)
    kept = ranked.kept.nonzero()[:, 0]
    own = (ranked.encoded.owner * width + ranked.encoded.items).cpu().numpy()
    owner, listed = ranks.pairs(ranked.rows)
    keys = owner.astype(np.int64) * width + listed
    may = ranker.eligible(torch.from_numpy(listed.astype(np.int64)).to(ranked.kept.device))
    hidden = [part.numpy() for part in rows.hidden_pairs(ranked.rows)]
    out = np.sort(np.concatenate([own, hidden[0] * width + hidden[1], [-1]]))  # below any key
    gone = out[np.searchsorted(out, keys, side="right") - 1] == keys
    keys = keys[may.cpu().numpy() & ~gone]
    every = [first[0].astype(np.int64) * width + found[first], own[kept.cpu().numpy()], keys]
    pairs = np.unique(np.concatenate(every))
    return pairs // width, pairs % width


def joined(found: list[CandidateTable], width: int) -> CandidateTable:
    """Put the tables of batches together, sorted by row and item."""
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return CandidateTable(none, none, np.zeros((0, width), dtype=np.float32))
    rows, items = (np.concatenate([getattr(t, name) for t in found]) for name in ("rows", "items"))
    order = np.lexsort((items, rows))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    values = np.empty((len(order), width), dtype=np.float32)
    stops = np.cumsum([len(part.rows) for part in found])[:-1]
    for part, places in zip(found, np.split(place, stops), strict=True):
        values[places] = part.values  # they are most of it: never held a third time
    return CandidateTable(rows[order], items[order], values)
