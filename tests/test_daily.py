"""The second day, typed as docs/daily.md says: new vacancies without training, then a warm start."""

import shutil
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import TypeAlias

import polars as pl
import pytest
import yaml

from stages.params import validated
from stages.pipeline import pipeline
from tests.helpers.command import Type
from tests.worlds import daily
from tests.worlds.text_world import static_model

Board: TypeAlias = Path
Describe: TypeAlias = Callable[[pl.DataFrame], pl.DataFrame]
RANKED_ANEW = (
    "features build --books artifacts/features/books",
    "sequences build --now",
    "predict --allow raw-2/vacancies.parquet",
)
WITHOUT_TRAINING = (
    "explode --set split.kind=none",
    "filter --set split.kind=none",
    "vocab build --extend artifacts/vocab.parquet",
    *RANKED_ANEW,
)


@pytest.fixture(scope="module")
def first_evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory after day 1, today's raw files beside it."""
    root = tmp_path_factory.mktemp("board")
    settings = validated({**daily.SETTINGS, "raw": "raw-2"}, where="test")
    (root / "params.yaml").write_text(yaml.safe_dump(settings.model_dump()))
    daily.write(root / "raw-2", 2)
    for _ in pipeline.run(
        settings, raw=daily.write(root / "raw-1", 1), artifacts=root / "artifacts"
    ):
        pass
    return root


@pytest.fixture
def board(first_evening: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """A copy of that directory, to stand in."""
    shutil.copytree(first_evening, tmp_path / "board")
    monkeypatch.chdir(tmp_path / "board")
    return tmp_path / "board"


def typed(hhrec: Type, *lines: str) -> None:
    for line in lines:
        found = hhrec(*line.split(), "--quiet")
        assert found.code == 0, found.err


def places(board: Board, vacancy_id: str) -> dict[str, float]:
    """Mean place of a vacancy in the recommendations to the people of each trade."""
    rows = pl.read_parquet(board / "artifacts/predictions.parquet")
    found: dict[str, list[int]] = {trade: [] for trade in daily.TRADES}
    for user, names in rows.select("user_id", "predictions").iter_rows():
        found[daily.trade_of(user)].append(names.index(vacancy_id))
    return {trade: mean(values) for trade, values in found.items()}


def redescribe(board: Board, changed: Describe) -> None:
    """Change the catalogue of day 2."""
    file = board / "raw-2/vacancies.parquet"
    changed(pl.read_parquet(file)).write_parquet(file)


def test_a_vacancy_added_after_training_is_recommended_to_those_it_suits(
    board: Board, hhrec: Type
) -> None:
    before = pl.read_parquet("artifacts/vocab.parquet")
    typed(hhrec, *WITHOUT_TRAINING)
    after = pl.read_parquet("artifacts/vocab.parquet")
    kept = ["vacancy_id", "item", "trained"]
    assert after.head(len(before)).select(kept).equals(before.select(kept))
    assert after["vacancy_id"].tail(4).to_list() == sorted(map(daily.new, daily.TRADES))
    names = set(pl.read_parquet("artifacts/predictions.parquet")["predictions"].explode())
    assert not names & {f"{trade}-1" for trade in daily.TRADES}  # expired
    for trade in daily.TRADES:
        own, *others = sorted(places(board, daily.new(trade)).items(), key=lambda pair: pair[1])
        assert own[0] == trade
        assert own[1] < daily.EACH  # beside those of their trade
        assert own[1] < others[0][1] - 1


@pytest.mark.parametrize("column", ["name", "company.id"])
def test_another_title_or_employer_changes_the_rank_of_a_cold_vacancy(
    board: Board, hhrec: Type, column: str
) -> None:
    """The cook's new vacancy comes to say what a driver's says: drivers see it higher."""
    typed(hhrec, *WITHOUT_TRAINING)
    before = places(board, "cook-new")
    driver = daily.vacancy("cook-new", "driver")[column]
    redescribe(
        board,
        lambda rows: rows.with_columns(
            pl.when(pl.col("vacancy_id") == "cook-new")
            .then(pl.lit(driver, dtype=rows.schema[column]))
            .otherwise(pl.col(column))
            .alias(column)
        ),
    )
    typed(hhrec, *WITHOUT_TRAINING[2:])
    after = places(board, "cook-new")
    assert after["driver"] < before["driver"]
    assert after["cook"] > before["cook"]


def test_one_epoch_from_yesterday_beats_one_from_nothing(board: Board, hhrec: Type) -> None:
    """By loss; by rank they are level, for nothing starts from the log's own habit of repeats."""
    typed(hhrec, "explode", "filter", "vocab build", *RANKED_ANEW[:2])
    assert hhrec("predict").code == 1  # the ids are today's, the model is yesterday's
    words = ("train", "--json", "--set", "train.epochs=1")
    cold = hhrec(*words, "--out", "cold", "--checkpoints", "cold-checkpoints").json()
    warm = hhrec(*words, "--from", "artifacts/model", "--set", "train.lr=0.002").json()
    assert warm["started_from"] == {"kept": 52, "new": 0, "gone": 4}
    assert cold["started_from"] == {}
    assert warm["final_loss"] < cold["final_loss"]
    assert warm["best_mrr_100"] > 0.9 * cold["best_mrr_100"]
    assert hhrec("predict").code == 0
    names = set(pl.read_parquet("artifacts/predictions.parquet")["predictions"].explode())
    assert not names & {f"{trade}-1" for trade in daily.TRADES}  # expired
    assert set(map(daily.new, daily.TRADES)) <= names
    assert (board / "artifacts/model/vocabulary.parquet").is_file()


@pytest.mark.usefixtures("board")
def test_a_warm_start_takes_an_extended_vocabulary_too(hhrec: Type) -> None:
    typed(hhrec, *WITHOUT_TRAINING[:-1])
    warm = hhrec("train", "--json", "--from", "artifacts/model", "--set", "train.epochs=1").json()
    assert warm["started_from"] == {"kept": 56, "new": 0, "gone": 0}
    assert hhrec("predict").code == 0


@pytest.mark.usefixtures("board")
def test_new_books_are_refused_with_the_command_that_mends_it(hhrec: Type) -> None:
    typed(
        hhrec,
        "vocab build --extend artifacts/vocab.parquet",
        "features build --set features.tokens=200",
        "sequences build",
    )
    for line in ("train --from artifacts/model", "predict"):
        refused = hhrec(*line.split())
        assert refused.code == 1
        assert "trained with" in refused.said()
        assert "hhrec features build --books DIR" in refused.said()


def test_predict_refuses_another_text_model(board: Board, hhrec: Type) -> None:
    models = [static_model(board / name, key) for name, key in
              (("one", "embeddings"), ("two", "embedding.weight"))]  # fmt: skip
    build = "features build --vacancies raw-1/vacancies.parquet --set features.text_model={}"
    fast = "--set train.epochs=1"
    typed(hhrec, build.format(models[0]), f"train {fast}", "predict")
    typed(hhrec, build.format(models[1]))
    refused = hhrec("predict")
    assert refused.code == 1
    assert "was trained with" in refused.said()
    typed(hhrec, build.format(models[0]), "predict")
