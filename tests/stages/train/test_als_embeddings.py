"""Id embeddings start where ALS puts the vacancies: who is met by the same people is close."""

import numpy as np
import polars as pl
import pytest
import torch

from stages.calibration import heuristics
from stages.core.item_ids import FIRST_ITEM
from stages.params import validated
from stages.train.als_embeddings import start_items
from tests.worlds.small_model import TRAINED, make_model

HALF = TRAINED // 2
VOCAB = pl.DataFrame({"item": range(FIRST_ITEM, FIRST_ITEM + TRAINED)})


def two_tastes() -> pl.LazyFrame:
    """People who meet vacancies of the first half only, and others of the second half only."""
    generator = np.random.default_rng(0)
    rows = [
        (FIRST_ITEM + HALF * (user % 2) + generator.choice(HALF, 5, replace=False)).tolist()
        for user in range(80)
    ]
    return pl.LazyFrame(
        {
            "user_id": [f"{user:03}" for user in range(len(rows))],
            "items": rows,
            "actions": [[1] * 5] * len(rows),
            "sessions": [[0] * 5] * len(rows),
        },
        schema_overrides={
            "items": pl.List(pl.Int32), "actions": pl.List(pl.Int8), "sessions": pl.List(pl.Int32)
        },
    )  # fmt: skip


def started(*, described=False, **train):
    model = make_model("prefix")
    model.tower.described = described
    before = model.tower.ids.weight.detach().clone()
    given = {"hidden_size": before.shape[1], "heads": 2} | train
    params = validated({"train": given}, where="test")
    count = start_items(model, params, train=two_tastes(), vocab=VOCAB)
    return count, before, model.tower.ids.weight.detach()


def test_vacancies_of_one_taste_start_close_and_of_a_mean_length_of_one():
    count, before, after = started()
    assert count == TRAINED
    rows = after[FIRST_ITEM:]
    assert float((rows**2).sum(1).mean()) == pytest.approx(1, rel=1e-4)
    alike = torch.nn.functional.normalize(rows) @ torch.nn.functional.normalize(rows).T
    assert alike[:HALF, :HALF].mean() > alike[:HALF, HALF:].mean() + 0.3
    assert (after[:FIRST_ITEM] == before[:FIRST_ITEM]).all()


def test_equal_seeds_start_equally():
    assert (started()[2] == started()[2]).all()


def test_described_vacancies_start_at_random_unless_told_otherwise():
    count, before, after = started(described=True)
    assert count == 0
    assert (after == before).all()
    assert started(described=True, item_start="factors")[0] == TRAINED


def test_random_and_logs_too_large_for_als_keep_random_numbers(monkeypatch):
    count, before, after = started(item_start="random")
    assert count == 0
    assert (after == before).all()
    monkeypatch.setattr(heuristics, "MOST_EVENTS", 10)
    count, before, after = started()
    assert count == 0
    assert (after == before).all()
