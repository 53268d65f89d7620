import numpy as np
import pytest
import torch

from stages.bert4rec.histories import Histories
from stages.bert4rec.items import Catalogue
from stages.bert4rec.model import HhrecConfig, HhrecModel
from stages.bert4rec.tokens import FIRST_ITEM
from stages.bert4rec.trends import Demand, demand

ITEMS = 30  # vacancies of the little catalogue; the first 20 are trained
TRAINED = 20


def make_histories(lengths: list[int], seed: int = 0) -> Histories:
    generator = np.random.default_rng(seed)
    total = sum(lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    sessions = [np.sort(generator.integers(0, max(1, n // 3), n)) for n in lengths]
    times = [np.sort(generator.integers(0, 10**12, n)) for n in lengths]
    empty = np.zeros(0, dtype=np.int64)
    return Histories(
        items=generator.integers(1, FIRST_ITEM + ITEMS, total).astype(np.int32),
        actions=generator.integers(0, 4, total).astype(np.int8),
        times=np.concatenate([*times, empty]),
        sessions=np.concatenate([*sessions, empty]).astype(np.int32),
        offsets=offsets,
    )


def make_demand(rows: int) -> Demand:
    generator = np.random.default_rng(8)
    return demand(
        generator.integers(FIRST_ITEM, rows, 200), generator.integers(0, 10**12, 200), rows
    )


@pytest.fixture
def histories() -> Histories:
    return make_histories([5, 1, 12, 8, 0, 3])


@pytest.fixture
def catalogue() -> Catalogue:
    generator = torch.Generator().manual_seed(3)
    rows = FIRST_ITEM + ITEMS
    codes = torch.randint(0, 5, (rows, 2), generator=generator, dtype=torch.int32)
    words = torch.randint(0, 9, (rows, 4), generator=generator, dtype=torch.int32)
    salary = torch.rand(rows, 2, generator=generator)
    return Catalogue(codes, salary, words, make_demand(rows))


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
    )
    return HhrecModel(config).eval()
