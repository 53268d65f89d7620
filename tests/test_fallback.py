"""Where a plain recommender ranks the validation rows better than the model, it answers, and is named."""

import json
from pathlib import Path

import polars as pl
import pytest

from stages import predict
from stages.baselines import stage as baselines
from stages.params import Params, validated
from stages.pipeline import pipeline
from tests.worlds import known
from tests.worlds.lives import write_raw


def settings(**chosen: str) -> Params:
    """Defaults, but for the tracker and fewer resamples."""
    given = {"train": {"tracker": "none"}, "evaluate": {"bootstrap": 100}, "predict": chosen}
    return validated(given, where="test")


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on thirty people whose answers are draws from one law: too few to learn it from."""
    root = tmp_path_factory.mktemp("lost")
    lives, _ = known.popularity(users=30, vacancies=60)
    raw = write_raw(lives, root / "raw")
    for name, report in pipeline.run(settings(), raw=raw, artifacts=root):
        if name == "train":
            assert report.answers == "popular"
            assert "the baseline is better" in report.remarks()[0]
    return root


def where(root: Path) -> dict[str, Path]:
    return {"sequences": root / "sequences", "vocab": root / "vocab.parquet"}


def test_predictions_are_the_baselines(lost: Path, tmp_path: Path) -> None:
    out = tmp_path / "popular.parquet"
    baselines.run(settings(), name="popular", part="test", out=out, **where(lost))
    found = pl.read_parquet(lost / "predictions.parquet").sort("user_id")
    assert found.equals(pl.read_parquet(out).sort("user_id"))


def test_the_report_counts_the_vacancies_of_the_catalogue(lost: Path, tmp_path: Path) -> None:
    report = predict.run(
        settings(),
        model=lost / "model",
        features=lost / "features",
        out=tmp_path / "fallen.parquet",
        **where(lost),
    )
    assert report.candidates == report.catalogue
    assert report.answered_by == {"popular": 30}


def test_the_metrics_and_the_first_sentence_of_the_page_say_so(lost: Path) -> None:
    scores = json.loads((lost / "metrics/test.json").read_text())
    assert scores["protocol"]["answered_by"] == "popular"
    assert scores["scores"]["model"]["metrics"] == scores["scores"]["popular"]["metrics"]
    text = (lost / "report.html").read_text()
    first = text[text.index('class="lead"') :]
    assert "they are those of popular" in first[: first.index("</p>")]


def test_never_answers_with_the_model_alone(lost: Path, tmp_path: Path) -> None:
    report = predict.run(
        settings(fallback="never"),
        model=lost / "model",
        features=lost / "features",
        out=tmp_path / "own.parquet",
        **where(lost),
    )
    assert report.answered_by == {"model": 30}
    assert not report.remarks()
    own, fallen = (
        pl.read_parquet(p) for p in (tmp_path / "own.parquet", lost / "predictions.parquet")
    )
    assert not own.equals(fallen)


def test_where_candidates_are_restricted_the_baseline_answers_from_among_them(
    lost: Path, tmp_path: Path
) -> None:
    (tmp_path / "allowed.txt").write_text("vacancy-001\nvacancy-002\n")
    report = predict.run(
        settings(),
        model=lost / "model",
        features=lost / "features",
        out=tmp_path / "some.parquet",
        allow=tmp_path / "allowed.txt",
        **where(lost),
    )
    assert report.answered_by == {"popular": 30}
    assert report.most == report.candidates == 2
    found = pl.read_parquet(tmp_path / "some.parquet")["predictions"]
    assert set(found.explode(empty_as_null=False)) == {"vacancy-001", "vacancy-002"}
