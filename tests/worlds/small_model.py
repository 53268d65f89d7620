import numpy as np
import pytest
import torch

from stages.bert4rec.examples.histories import Histories, Window, meetings, window
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecConfig, HhrecModel
from stages.bert4rec.network.popularity_prior import Demand, demand
from stages.bert4rec.retrieval.cooccurrence import Neighbours, neighbours
from stages.core.item_ids import FIRST_ITEM, MASK, UNK
from stages.core.time_units import HOUR

ITEMS = 30  # vacancies of the little catalogue; the first 20 are trained
TRAINED = 20


def make_histories(lengths: list[int], seed: int = 0) -> Histories:
    generator = np.random.default_rng(seed)
    total = sum(lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    sessions = [np.sort(generator.integers(0, max(1, n // 3), n)) for n in lengths]
    times = [np.sort(generator.integers(0, 10**12, n)) for n in lengths]
    empty = np.zeros(0, dtype=np.int64)
    items = generator.integers(1, FIRST_ITEM + ITEMS, total).astype(np.int32)
    items[items == MASK] = UNK  # no event of a log is a mask
    ranks, met = meetings(items, offsets)
    return Histories(
        items=items,
        actions=generator.integers(0, 4, total).astype(np.int8),
        times=np.concatenate([*times, empty]),
        sessions=np.concatenate([*sessions, empty]).astype(np.int32),
        ranks=ranks,
        met=met,
        offsets=offsets,
    )


def told(
    items: list[list[int]],
    actions: list[list[int]] | None = None,
    sessions: list[list[int]] | None = None,
    times: list[list[int]] | None = None,
) -> Histories:
    """Histories as they are written down: all views of one session and an hour apart if not said."""
    offsets = np.cumsum([0, *map(len, items)])

    def flat(values: list[list[int]], kind: type) -> np.ndarray:
        return np.array([value for row in values for value in row], dtype=kind)

    listed = flat(items, np.int32)
    ranks, met = meetings(listed, offsets)
    hours = [[place * HOUR for place in range(len(row))] for row in items]
    return Histories(
        items=listed,
        actions=flat(actions or [[2] * len(row) for row in items], np.int8),
        times=flat(times or hours, np.int64),
        sessions=flat(sessions or [[0] * len(row) for row in items], np.int32),
        ranks=ranks,
        met=met,
        offsets=offsets,
    )


def seen(*args: list[list[int]] | None, **given: list[list[int]]) -> Window:
    """The whole of such histories, as a window."""
    histories = told(*args, **given)
    return window(histories, np.arange(len(histories)), 64)


def make_demand(rows: int) -> Demand:
    generator = np.random.default_rng(8)
    return demand(
        generator.integers(FIRST_ITEM, rows, 200), generator.integers(0, 10**12, 200), rows
    )


def make_neighbours(rows: int) -> Neighbours:
    return neighbours(make_histories([9] * 12, seed=4), rows)


@pytest.fixture
def histories() -> Histories:
    return make_histories([5, 1, 12, 8, 0, 3])


@pytest.fixture
def catalogue() -> ItemInputs:
    generator = torch.Generator().manual_seed(3)
    rows = FIRST_ITEM + ITEMS
    codes = torch.randint(0, 5, (rows, 2), generator=generator, dtype=torch.int32)
    words = torch.randint(0, 9, (rows, 4), generator=generator, dtype=torch.int32)
    salary = torch.rand(rows, 2, generator=generator)
    return ItemInputs(codes, salary, words, make_demand(rows), make_neighbours(rows))


def make_model(objective: str, backbone: str = "bert") -> HhrecModel:
    torch.manual_seed(0)
    config = HhrecConfig(
        backbone=backbone,
        objective=objective,
        hidden_size=16,
        layers=2,
        heads=2,
        dropout=0.0,
        history_length=16,
        trained=TRAINED,
        code_sizes=(5, 5),
        word_count=9,
        id_dropout=0.0,
        neighbours=0 if objective == "mlm" else 5,
    )
    return HhrecModel(config).eval()
