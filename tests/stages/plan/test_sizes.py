"""Bytes of later artifacts grow with what they hold."""

from dataclasses import replace

import numpy as np
import pytest

from stages.plan.sizes import bundle, model_size, predictions
from stages.train.dataset_stats import DatasetStats

FOUND = DatasetStats(
    lengths=np.full(100, 5),
    asked=np.full(10, 5),
    trained=200,
    vacancies=1_000,
    words=4,
    periods=3,
    code_sizes=(5, 5),
    word_count=50,
    has_salary=False,
    text_width=0,
)
PARAMETERS = {"item table": 200 * 17, "items": 4_000, "encoder": 6_000}


def test_weights_are_four_bytes_each_and_two_checkpoints_stay() -> None:
    found = model_size(PARAMETERS, FOUND, 5_000.0)
    assert found.weights == 4 * (200 * 17 + 10_000)
    assert found.model == found.weights + 1_000  # a fifth of the vocabulary is trained
    whole = 3 * found.weights + 2 * found.optimizer
    assert found.checkpoints(0, 0) == whole
    assert found.checkpoints(1_000, 10) == whole + 25_160


def test_lists_are_no_longer_than_the_catalogue() -> None:
    assert predictions(10, 100, 1_000, 2.5, 8.0) == 10 * 258
    assert predictions(10, 100, 4, 2.5, 8.0) == 10 * 18


def test_a_bundle_of_a_large_log_holds_no_neighbours_of_item_knn() -> None:
    model = model_size(PARAMETERS, FOUND, 5_000.0)
    small = bundle(model, FOUND, 16, 5_000_000)
    large = bundle(model, FOUND, 16, 5_000_001)
    assert model.model < large < small
    more = bundle(model, replace(FOUND, vacancies=2_000), 16, 5_000_000)
    assert more - small == pytest.approx(1_000 * (4 * 18 + 500))
