"""Candidate generation on a GPU: what `candidate_generation.near` finds, by products of small matrices.

The events of a row that ask one table bring some lines of it; their distinct columns are the columns
of one small matrix, with a line an event. A matrix of weights, with a line a place and a column an
event, times that one gives the sums of all places of the row at once.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.retrieval.candidate_generation import LEAST, NEWEST, SHARES, WORTH
from stages.bert4rec.retrieval.device_tables import (
    DeviceTables,
    NearQuestions,
    best_of,
    matrix_of,
    ranks_of,
)
from stages.bert4rec.retrieval.line_sums import fitting
from stages.core.item_ids import FIRST_ITEM
from stages.core.time_units import DAY

CELLS = 2**26  # of all matrices at once, about


def near(
    known: DeviceTables,
    asked: NearQuestions,
    most: int,
    lag: int | None,
    *,
    exact: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor, Tensor]:
    """Neighbours of questions, as `candidate_generation.near` finds them.

    Sums are made in the type `exact`: float64 where products in float32 are set to be rough, since a
    rough sum less what the row itself says of its answer would tell the answer.

    Returns:
        Items (B, Q, E) int64, scores (B, Q, E) float32, days since they were counted (B, Q) float32.
    """
    when = torch.where(asked.when < 0, known.end, asked.when)
    chosen = torch.full_like(when, len(known.cuts))
    stale = (when - known.end).clamp_min(0)
    if lag is not None:
        chosen = torch.searchsorted(known.cuts, when - lag, right=True) - 1
        cuts = torch.cat([known.cuts, known.cuts.new_zeros(1)])
        stale = torch.where(chosen < 0, 0, when - cuts[chosen])
    rows, nth = ((asked.weight > 0) & (chosen >= 0)).nonzero(as_tuple=True)
    shape = (*asked.place.shape, most)
    items, scores = when.new_zeros(shape), asked.weight.new_zeros(shape)
    if len(rows):
        found = _answered(
            known, asked, (rows, nth), chosen[rows, nth], most, exact, own=lag is None
        )
        items[rows, nth], scores[rows, nth] = found
    return items, scores, (stale / DAY).to(torch.float32)


def _answered(
    known: DeviceTables,
    asked: NearQuestions,
    which: tuple[Tensor, Tensor],
    chosen: Tensor,
    most: int,
    exact: torch.dtype,
    *,
    own: bool,
) -> tuple[Tensor, Tensor]:
    """Neighbours of M questions by their tables `chosen` (M,): items and scores, (M, most) each."""
    rows, nth = which
    place, tables = asked.place[rows, nth], len(known.lines)
    groups, of = (rows * tables + chosen).unique(return_inverse=True)
    low = place.new_full((len(groups),), 2**40).scatter_reduce(0, of, place, "amin")
    high = place.new_zeros(len(groups)).scatter_reduce(0, of, place, "amax")
    later, number = _next_places(asked.items), torch.full_like(groups, -1)
    items = place.new_zeros(len(place), most + own)
    scores = asked.weight.new_zeros(items.shape)
    for part, width in _parts(known, (high - low + 1).cpu().numpy()):
        some = torch.from_numpy(part).to(place.device)
        number.fill_(-1)[some] = torch.arange(len(some), device=place.device)
        mine = (number[of] >= 0).nonzero()[:, 0]
        owner, lines = groups[some] // tables, known.lines[groups[some] % tables]
        best = _sums(known, asked, later, owner, lines, low[some], width, most + own, exact)
        at = number[of[mine]], (place - low[of])[mine]
        items[mine], scores[mine] = best[0][at], best[1][at]
    if own:
        lines = known.lines[chosen]
        items, scores = _without_own(known, asked, later, which, lines, items, scores)
    real = scores > LEAST
    return torch.where(real, items, 0)[:, :most], torch.where(real, scores, 0.0)[:, :most]


def _parts(known: DeviceTables, widths: Ints) -> Iterator[tuple[Ints, int]]:
    """Groups of like width that fit into `CELLS`, and the width that holds them."""
    order = np.argsort(widths, kind="stable")
    ordered = widths[order].astype(np.int64)
    events = ordered + NEWEST
    cells = (events + ordered) * np.minimum(events * known.longest, known.width)
    for start, stop in fitting(cells, CELLS):
        yield order[start:stop], int(ordered[stop - 1])


def _sums(
    known: DeviceTables,
    asked: NearQuestions,
    later: Tensor,
    owner: Tensor,
    lines: Tensor,
    low: Tensor,
    width: int,
    most: int,
    exact: torch.dtype,
) -> tuple[Tensor, Tensor]:
    """Best sums at `width` places from `low` (G,) on of rows `owner` (G,): (G, width, most) each."""
    device, last = low.device, asked.items.shape[1]
    places = low[:, None] + torch.arange(width, device=device)
    events = low[:, None] - NEWEST + torch.arange(width + NEWEST - 1, device=device)
    safe = events.clamp(0, last - 1)
    items = asked.items[owner[:, None], safe]
    there = (events >= 0) & (events < last) & (items >= FIRST_ITEM)
    back = places[:, :, None] - 1 - events[:, None, :]
    asks = there[:, None] & (back >= 0) & (back < NEWEST)
    asks &= later[owner[:, None], safe][:, None] >= places[:, :, None]
    shares = torch.from_numpy(SHARES).to(device)[back.clamp(0, NEWEST - 1)]
    columns, values, distinct = matrix_of(known, lines[:, None] + items, there)
    matrix = torch.zeros(*there.shape, distinct.shape[1], dtype=exact, device=device)
    matrix.scatter_(2, columns, values.to(exact))
    sums = (torch.where(asks, shares, 0.0).to(exact) @ matrix).to(torch.float32)
    del matrix  # as large as what follows
    rank = ranks_of(asked, owner[:, None] * known.width + distinct, distinct < known.width)
    before = asked.before[owner[:, None], places.clamp_max(last)]
    sums.masked_fill_(rank[:, None] < before[:, :, None], 0.0)
    short = most - sums.shape[2]
    if short > 0:
        sums = torch.nn.functional.pad(sums, (0, short))
        distinct = torch.nn.functional.pad(distinct, (0, short))
    return best_of(sums, distinct, most)


def _next_places(items: Tensor) -> Tensor:
    """Where each event's vacancy stands next in its row, L where nowhere, (B, L)."""
    ordered, order = items.sort(dim=1, stable=True)
    width = items.shape[1]
    after = torch.full_like(order, width)
    after[:, :-1] = torch.where(ordered[:, 1:] == ordered[:, :-1], order[:, 1:], width)
    return torch.empty_like(after).scatter_(1, order, after)


def _without_own(
    known: DeviceTables,
    asked: NearQuestions,
    later: Tensor,
    which: tuple[Tensor, Tensor],
    lines: Tensor,
    items: Tensor,
    scores: Tensor,
) -> tuple[Tensor, Tensor]:
    """Take from the answers of M questions what their own rows said; sort anew, (M, E) each."""
    rows, nth = which
    place, source = asked.place[rows, nth], asked.source[rows, nth]
    answer = torch.where(source >= 0, asked.target[rows, nth], 0)
    newest = place[:, None] - 1 - torch.arange(NEWEST, device=rows.device)
    safe = newest.clamp_min(0)
    events = asked.items[rows[:, None], safe]
    asks = (newest >= 0) & (events >= FIRST_ITEM)
    asks &= later[rows[:, None], safe] >= place[:, None]
    apart = asked.ranks[rows, source][:, None] - asked.ranks[rows[:, None], safe]
    paired = asks & (answer[:, None] > 0) & (apart > 0) & (apart < len(WORTH))
    worth = torch.from_numpy(WORTH).to(rows.device)[torch.where(paired, apart, 0)]
    share = torch.from_numpy(SHARES).to(rows.device).double()
    said = (share * worth / known.source[lines[:, None] + events]).sum(1)
    said = said / known.target[lines + answer]
    scores = (scores.double() - torch.where(items == answer[:, None], said[:, None], 0.0)).float()
    scores, order = scores.sort(dim=1, descending=True, stable=True)
    return items.gather(1, order), scores
