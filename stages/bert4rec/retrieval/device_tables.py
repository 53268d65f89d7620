"""Tables of neighbours on a GPU, and what is asked of them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from stages.bert4rec.examples.histories import Ints, Window
from stages.bert4rec.examples.training_examples import Questions
from stages.bert4rec.retrieval.cooccurrence import Neighbours
from stages.bert4rec.retrieval.line_sums import LATE, HistoryItems

LOW = 0xFFFFFFFF  # the lower half of 64 bits


@dataclass(frozen=True)
class DeviceTables:
    """The tables of `Neighbours` on a device, one behind the other.

    Attributes:
        lines: First line of each table, the past ones first, (T,).
        starts: Where each line begins, (X,).
        sizes: Its entries, (X,).
        columns: Items, and a 0, (n + 1,) int32.
        values: Similarities, and a 0, (n + 1,) float32.
        source: What each line was divided by, (X,) float64.
        target: What each column was divided by, by line, (X,) float64.
        cuts: As in `Neighbours`, (T - 1,).
        end: As there.
        width: Item ids.
        longest: Most entries of a line.
    """

    lines: Tensor
    starts: Tensor
    sizes: Tensor
    columns: Tensor
    values: Tensor
    source: Tensor
    target: Tensor
    cuts: Tensor
    end: int
    width: int
    longest: int


class NearQuestions(NamedTuple):
    """What is to be asked, on one device: B rows of L events, Q questions a row, h items held.

    See `Window`, `Questions` and `HistoryItems`; `before` is (B, L + 1): the distinct vacancies met
    before each place.
    """

    items: Tensor
    ranks: Tensor
    before: Tensor
    place: Tensor
    source: Tensor
    target: Tensor
    weight: Tensor
    when: Tensor
    keys: Tensor
    key_ranks: Tensor

    def to(self, device: torch.device) -> "NearQuestions":
        """Return the same on a device."""
        gpu = device.type == "cuda"
        pinned = (part.pin_memory() if gpu and part.numel() else part for part in self)
        return NearQuestions(*(part.to(device, non_blocking=True) for part in pinned))


def device_tables(known: Neighbours, device: torch.device) -> DeviceTables:
    """Bring the tables to a device, where they stay as long as `known` lives."""
    there: dict[str, DeviceTables] = vars(known).setdefault("on_devices", {})
    name = str(torch.empty(0, device=device).device)  # with its number
    if name not in there:
        with torch.inference_mode(mode=False):
            there[name] = _brought(known, device)
    return there[name]


def _brought(known: Neighbours, device: torch.device) -> DeviceTables:
    """Bring each table once, however often it stands there."""
    tables = {id(one): one for one in (*known.past, known.whole)}
    places = {key: number for number, key in enumerate(tables)}
    count = known.whole.table.shape[0]
    starts, done = [], 0
    for one in tables.values():
        starts.append(one.table.indptr[:-1].astype(np.int64) + done)
        done += one.table.nnz
    sizes = np.concatenate([np.diff(one.table.indptr) for one in tables.values()])

    def on(*parts: np.ndarray) -> Tensor:
        return torch.cat([torch.from_numpy(np.asarray(part)).to(device) for part in parts])

    every = list(tables.values())
    one_more = np.zeros(1, dtype=np.int32), np.zeros(1, dtype=np.float32)  # where all else is empty
    return DeviceTables(
        lines=torch.tensor([count * places[id(one)] for one in (*known.past, known.whole)]).to(
            device
        ),
        starts=on(*starts),
        sizes=on(sizes),
        columns=on(*(one.table.indices.astype(np.int32, copy=False) for one in every), one_more[0]),
        values=on(*(one.table.data.astype(np.float32, copy=False) for one in every), one_more[1]),
        source=on(*(one.source.astype(np.float64) for one in every)),
        target=on(*(one.target.astype(np.float64) for one in every)),
        cuts=on(known.cuts),
        end=known.end,
        width=count,
        longest=int(sizes.max(initial=1)),
    )


def near_questions(
    view: Window, asked: Questions, held: HistoryItems, before: Ints
) -> NearQuestions:
    """Put together what `near` wants to know."""
    whole = (view.items, view.ranks, before, asked.place, asked.source, asked.target)
    items, ranks, before_, place, source, target = map(_whole, whole)
    weight, when = torch.from_numpy(np.ascontiguousarray(asked.weight)), _whole(asked.when)
    return NearQuestions(
        items,
        ranks,
        before_,
        place,
        source,
        target,
        weight,
        when,
        _whole(held.keys),
        _whole(held.ranks),
    )


def _whole(values: Ints) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values).astype(np.int64))


def matrix_of(known: DeviceTables, lines: Tensor, there: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Entries of lines (G, N) where `there`.

    Returns:
        The column of each entry among the distinct ones of its group, (G, N, K), its value, 0 where
        there is none, and the items of those columns, ascending, (G, U), `known.width` for none.
    """
    step = torch.arange(known.longest, device=lines.device)
    inside = there[..., None] & (step < known.sizes[lines][..., None])
    place = torch.where(inside, known.starts[lines][..., None] + step, 0)
    item = torch.where(inside, known.columns[place].to(torch.int64), known.width)
    values = torch.where(inside, known.values[place], 0.0)
    group = torch.arange(len(lines), device=lines.device)[:, None]
    keys = (group * (known.width + 1) + item.flatten(1)).flatten()
    ordered, order = keys.sort()
    ordered = ordered.view(len(lines), -1)
    new = torch.ones_like(ordered, dtype=torch.bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    local = new.cumsum(1) - 1
    distinct = keys.new_full((len(lines), int(local[:, -1].max()) + 1), known.width)
    distinct.scatter_(1, local, ordered - group * (known.width + 1))
    columns = torch.empty_like(keys).scatter_(0, order, local.flatten())
    return columns.view_as(item), values, distinct


def ranks_of(asked: NearQuestions, keys: Tensor, real: Tensor) -> Tensor:
    """Rank of items in the histories of rows, `LATE` where they do not stand there, as `keys`."""
    if not len(asked.keys):
        return torch.full_like(keys, LATE)
    place = torch.searchsorted(asked.keys, keys).clamp_max(len(asked.keys) - 1)
    return torch.where((asked.keys[place] == keys) & real, asked.key_ranks[place], LATE)


def best_of(sums: Tensor, distinct: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Items and values of the greatest sums (G, N, U), those of equal size by ascending item.

    They are packed into whole numbers that are all different, as `topk` takes any of equals.
    """
    packed = sums.view(torch.int32).to(torch.int64)
    packed <<= 32
    packed |= (LOW - distinct)[:, None]
    found = packed.topk(most, dim=2).values
    return LOW - (found & LOW), (found >> 32).to(torch.int32).view(torch.float32)
