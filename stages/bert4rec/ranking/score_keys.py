"""Score and item id packed in one integer whose order is the total order of candidates."""

import torch
from torch import Tensor

NOTHING = torch.iinfo(torch.int64).min  # below the key of any item


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


def padded(rows: Tensor, values: Tensor, count: int, filling: int) -> Tensor:
    """Lay values (P,) of rows (P,) out as a table (count, most of any row), order kept."""
    rows, order = rows.sort(stable=True)
    counts = rows.bincount(minlength=count)
    column = torch.arange(len(rows), device=rows.device) - (counts.cumsum(0) - counts)[rows]
    table = values.new_full((count, int(counts.max()) if len(counts) else 0), filling)
    table[rows, column] = values[order]
    return table


def top(packed: Tensor, k: int) -> Tensor:
    """The k greatest keys of each row, best first, (B, S) -> (B, k), filled up with NOTHING."""
    if packed.shape[1] < k:
        packed = torch.nn.functional.pad(packed, (0, k - packed.shape[1]), value=NOTHING)
    return packed.topk(k, dim=1).values
