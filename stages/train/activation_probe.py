"""Measure the activation memory of a training step on a few short rows of the real model.

Formulas of activations go wrong whenever the model changes; this counts what it really allocates.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from stages.bert4rec.examples.histories import Histories, meetings
from stages.bert4rec.loss.fused_cross_entropy import LEAST_ROWS, LOGITS
from stages.bert4rec.network.config import HhrecConfig
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.network.popularity_prior import Demand
from stages.bert4rec.retrieval.cooccurrence import nobody
from stages.core.item_ids import FIRST_ITEM
from stages.core.time_units import DAY
from stages.params import TrainParams
from stages.train.batch_maker import make_batch
from stages.train.dataset import TrainingData
from stages.train.device_batches import candidates
from stages.train.live_bytes import LiveBytes, peak_of

ROWS = 16  # most rows of a probe
MOST_ITEMS = 8_192  # most vocabulary items of a probe
CLOSE = 5  # distinct neighbours an event of a batch, of 1.1 million vacancies; of fewer, fewer


@dataclass(frozen=True)
class ProbeShape:
    """A training step: B rows of L events, V trained items, periods of demand, words an item.

    `most` are the logits held at once.
    """

    rows: int
    length: int
    trained: int
    periods: int
    words: int
    most: int = LOGITS


@dataclass(frozen=True)
class StepBytes:
    """Bytes of a step's tensors at their peak.

    Attributes:
        activations: What grows with the rows, in blocks that malloc keeps.
        candidates: What grows with the items of the whole softmax, in large blocks.
        logits: What grows with both.
    """

    activations: int
    candidates: int
    logits: int


def step_bytes(
    config: HhrecConfig, settings: TrainParams, shape: ProbeShape, *, full: bool
) -> StepBytes:
    """Bytes that the forward and backward pass of the given step will hold at their peak.

    The peak of a step of B rows and V items is taken for a + b B + v V + d B V, whose four numbers
    four small steps give: d counts logits, which belong to a row and an item. Beyond the probes,
    logits are capped as `stages.bert4rec.loss.fused_cross_entropy` caps them (on a GPU at another
    number). Drawn candidates do not grow with V: for
    them two steps give a + b B.
    """
    rows = (max(1, shape.rows // 8), max(1, shape.rows // 4))
    rows = (min(rows[0], ROWS // 2), min(rows[1], ROWS))
    most = min(shape.trained, MOST_ITEMS)
    other = most // 2 or 2  # of a single item: twice as many
    measured = [
        [
            _measured(config, settings, replace(shape, rows=one, trained=items), full=full)
            for one in rows
        ]
        for items in ((most, other) if full else (most,))
    ]
    if rows[0] == rows[1]:  # a step of very few rows: measured as it is
        return StepBytes(measured[0][1], 0, 0)
    a, b = _line(rows, measured[0])
    if not full:
        close = _close(config, shape) if settings.near_ones() else 0
        return StepBytes(int(a + b * shape.rows) + close, 0, 0)
    half_a, half_b = _line(rows, measured[1])
    items = most - other
    d, v = max((b - half_b) / items, 0.0), max((a - half_a) / items, 0.0)
    cap = max(shape.most, LEAST_ROWS * shape.trained) * shape.rows / _questions(settings, shape)
    return StepBytes(
        activations=int(a - v * most + (b - d * most) * shape.rows),
        candidates=int(v * shape.trained),
        logits=int(d * min(shape.rows * shape.trained, cap)),
    )


def _close(config: HhrecConfig, shape: ProbeShape) -> int:
    """Bytes of the vectors of a step's neighbours and of what makes them; a probe has none."""
    few, more = 256, 512
    small = HhrecConfig(**(config.to_dict() | {"trained": more}))
    model = HhrecModel(small).train()
    catalogue = _blank(small, more + FIRST_ITEM, shape)

    def made(count: int) -> int:
        with LiveBytes() as held, torch.enable_grad():
            kept = model.tower(torch.arange(FIRST_ITEM, FIRST_ITEM + count), catalogue)
            return held.now + sum(one.nbytes for one in kept)  # their gradients are as large

    events = shape.rows * shape.length
    return (made(more) - made(few)) * max(min(CLOSE * events, shape.trained - events), 0) // few


def _line(rows: tuple[int, int], found: list[int]) -> tuple[float, float]:
    """Start and slope of the line through two measurements."""
    slope = (found[1] - found[0]) / (rows[1] - rows[0])
    return found[0] - slope * rows[0], slope


def _questions(settings: TrainParams, shape: ProbeShape) -> float:
    """Questions of the step, about: each event's, or the masked ones."""
    return settings.share_asked() * shape.rows * shape.length


def _measured(config: HhrecConfig, settings: TrainParams, shape: ProbeShape, *, full: bool) -> int:
    """Peak of a step on made-up rows, all of the full length, asked in every period of demand."""
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        small = HhrecConfig(**(config.to_dict() | {"trained": shape.trained}))
        model = HhrecModel(small).train()
        task = made_up(config, settings, shape)
        batch = make_batch(task, np.arange(shape.rows), 0)
        chosen = candidates(task, batch, full, 0)
        return peak_of(lambda: model(batch, task.catalogue, chosen).backward())


def made_up(config: HhrecConfig, settings: TrainParams, shape: ProbeShape) -> TrainingData:
    """B rows of L random events, two a session, spread over all periods."""
    generator = np.random.default_rng(0)
    count, total = shape.trained + FIRST_ITEM, shape.rows * shape.length
    times = np.linspace(0, shape.periods * DAY - 1, total).astype(np.int64)
    items = generator.integers(FIRST_ITEM, count, total).astype(np.int32)
    offsets = np.arange(shape.rows + 1) * shape.length
    ranks, met = meetings(items, offsets)
    histories = Histories(
        items=items,
        actions=generator.integers(1, 4, total).astype(np.int8),
        times=times,
        sessions=np.tile(np.arange(shape.length) // 2, shape.rows).astype(np.int32),
        ranks=ranks,
        met=met,
        offsets=offsets,
    )
    share = torch.full((shape.trained,), 1 / shape.trained)
    return TrainingData(
        histories=histories,
        rows=np.arange(shape.rows),
        catalogue=_blank(config, count, shape),
        share=share,
        cumulated=share.double().cumsum(0),
        settings=settings,
        max_length=shape.length,
        seed=0,
    )


def _blank(config: HhrecConfig, count: int, shape: ProbeShape) -> ItemInputs:
    """A catalogue of so many rows that says nothing, in the sizes of a real one."""
    demand = Demand(
        torch.zeros(count, shape.periods + 1, dtype=torch.int32),
        torch.zeros(count, dtype=torch.int64),
        0,
        DAY,
    )
    return ItemInputs(
        torch.zeros(count, len(config.code_sizes), dtype=torch.int32),
        torch.zeros(count, 2),
        torch.ones(count, shape.words, dtype=torch.int32),
        demand,
        nobody(count),
        torch.zeros(count, config.text_width, dtype=torch.float16),
    )
