"""The events of a history that speak for a vacancy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
import torch

from stages.bert4rec.examples.histories import window
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.network.popularity_prior import WINDOWS, Demand, periods_of
from stages.bert4rec.ranking.query_rows import QueryRows
from stages.bert4rec.ranking.question import question
from stages.bert4rec.retrieval.candidate_generation import speaking
from stages.core.item_ids import FIRST_ITEM
from stages.core.time_units import DAY

LIKE = {"company.id": 4, "area.id": 2, "area.regionId": 2, "workSchedule": 1, "workExperience": 1}


@dataclass(frozen=True)
class Touch:
    """One event of a history."""

    item: int
    action: int
    time: datetime | None


def touches(rows: pl.DataFrame) -> list[Touch]:
    """All events of one row's history, oldest first."""
    columns = (rows[name][0].to_list() for name in ("items", "actions", "times"))
    return [Touch(*event) for event in zip(*columns, strict=True)]


def neighbours(
    model: HhrecModel, catalogue: ItemInputs, rows: QueryRows, item: int
) -> list[tuple[int, float]]:
    """Say which vacancies of the only row's history are followed by an item, and how much each says.

    The weights add up to the similarity that the model is told of (`Batch.near_score`).

    Returns:
        Item ids and weights, the greatest first.
    """
    if not model.config.neighbours:
        return []
    batch = question(model, catalogue, rows, np.zeros(1, dtype=np.int64))
    if not bool((batch.near == item).any()):
        return []
    view = window(rows.histories, np.zeros(1, dtype=np.int64), rows.max_length)
    place = np.array([int(view.lengths[0])])
    items, _, share = speaking(view, np.zeros(1, dtype=np.int64), place)
    table = catalogue.neighbours.whole.table
    said = [
        (int(one), float(weight) * float(table[int(one), item]))
        for one, weight in zip(items[0], share[0], strict=True)
        if weight > 0
    ]
    return sorted((pair for pair in said if pair[1] > 0), key=lambda pair: (-pair[1], pair[0]))


def title(item: int, facts: pl.DataFrame | None) -> str | None:
    """Give the title of a vacancy, if the catalogue has one."""
    if facts is None or "name" not in facts.columns:
        return None
    return facts["name"][item - FIRST_ITEM]  # type: ignore[no-any-return]


def alike(
    item: int, history: Sequence[Touch], facts: pl.DataFrame | None
) -> tuple[int, list[str]] | None:
    """Find the vacancy of a history that has most in common with an item: it, and in what fields.

    None where no one has its employer or its region; of equals the newest.
    """
    if facts is None:
        return None
    fields = [name for name in LIKE if name in facts.columns]
    own = facts.row(item - FIRST_ITEM, named=True)
    best: tuple[int, int, list[str]] | None = None
    for touch in history:
        if touch.item < FIRST_ITEM or touch.item == item:
            continue
        other = facts.row(touch.item - FIRST_ITEM, named=True)
        same = [name for name in fields if own[name] is not None and own[name] == other[name]]
        worth = sum(LIKE[name] for name in same)
        if worth > 1 and (best is None or worth >= best[0]):
            best = worth, touch.item, same
    if best is None or not {"company.id", "area.regionId", "area.id"} & set(best[2]):
        return None
    return best[1], best[2]


@dataclass(frozen=True)
class Demanded:
    """How often a vacancy was met.

    Attributes:
        days: Length of the windows, days.
        counts: Events in each, before the question.
        ever: Events before it.
    """

    days: tuple[int, ...]
    counts: tuple[int, ...]
    ever: int


def demanded(item: int, asked_at: int, demand: Demand) -> Demanded:
    """Count what was known of an item's demand when a question was asked."""
    _, known = periods_of(torch.tensor([[asked_at]]), demand, 0)
    period, before = int(known), demand.before[item]
    ever = int(before[period])
    return Demanded(
        tuple(round(window * demand.length / DAY) for window in WINDOWS),
        tuple(ever - int(before[max(period - window, 0)]) for window in WINDOWS),
        ever,
    )
