"""The best plain recommender: the lists of `hhrec baseline`."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from stages.baselines import stage as baselines
from stages.bundle.content import Content
from stages.params import SeenParams
from stages.recommend import heuristic
from stages.recommend.history import of_row
from stages.recommend.recommender import Recommender
from tests.worlds.little_model import served, settings


@pytest.fixture(scope="module")
def content(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Content:
    root = served(small_artifacts, tmp_path_factory.mktemp("heuristic") / "artifacts")
    return Recommender.load(root, params=settings()).content


def test_the_best_on_the_validation_rows(content: Content) -> None:
    name = heuristic.best(content)
    found = content.loaded.calibration
    assert found is not None
    assert name is not None
    known = {name: one["mrr_100"] for name, one in found.baselines.items()}
    assert known[name] == max(known.values())
    assert heuristic.best(replace(content, learned=None)) is None


@pytest.mark.parametrize("name", ["popular", "last_viewed", "last_viewed_then_als"])
def test_lists_are_those_of_the_baseline(
    content: Content, small_artifacts: Path, name: str
) -> None:
    rows = pl.read_parquet(small_artifacts / "sequences" / "test" / "*.parquet").head(40)
    train = pl.scan_parquet(small_artifacts / "sequences" / "train" / "*.parquet")
    vocab, params = content.loaded.names, settings()
    recommender = baselines.learn([name], train=train, vocab=vocab, params=params)[name]
    found = content.loaded.calibration
    assert found is not None
    seen = SeenParams.model_validate(found.baselines[name]["seen"])
    expected = baselines.as_vacancies(recommender(rows, 20, seen), vocab)["predictions"]
    histories = [of_row(row) for row in rows.iter_slices(1)]
    assert heuristic.lists(content, name, histories, 20) == expected.to_list()
    assert heuristic.lists(replace(content, learned=None), name, histories, 20) == [[]] * 40
