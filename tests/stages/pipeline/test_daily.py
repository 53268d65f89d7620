"""A day from yesterday's artifacts: with its model as it is, and trained on from it."""

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import hhrec
from stages.core.model_files import read_chosen
from stages.interface.errors import HhrecError, MissingInputError, UsageError
from stages.interface.stage_report import Report
from stages.params import Params, validated
from stages.pipeline import daily, pipeline
from tests.helpers.trees import tree
from tests.worlds import daily as board

EXPIRED = {f"{trade}-1" for trade in board.TRADES}
NEW = set(map(board.new, board.TRADES))


def params(**train: Any) -> Params:
    settings = board.SETTINGS | {"train": board.SETTINGS["train"] | train}
    return validated(settings, where="test")


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw files of two days, and the artifacts of the first. Read it only."""
    root = tmp_path_factory.mktemp("days")
    for day in (1, 2):
        board.write(root / f"raw-{day}", day)
    for _ in pipeline.run(params(epochs=3), raw=root / "raw-1", artifacts=root / "monday"):
        pass
    return root


def run(days: Path, out: Path, **more: Any) -> dict[str, Report]:
    given = {"raw": days / "raw-2", "origin": days / "monday", **more}
    train = {"epochs": 2, "lr": 0.002} if more.get("train") else {}
    return dict(daily.run(params(**train), artifacts=out, **given))


@pytest.fixture(scope="module")
def tuesday(days: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("without") / "tuesday"
    run(days, out)
    return out


def recommended(artifacts: Path) -> set[str]:
    rows = pl.read_parquet(artifacts / "predictions.parquet")
    return set(rows["predictions"].explode(empty_as_null=False, keep_nulls=False))


def events(folder: Path) -> int:
    return len(pl.read_parquet(folder / "*.parquet"))


def test_new_vacancies_are_recommended_and_expired_ones_are_not(tuesday: Path) -> None:
    found = recommended(tuesday)
    assert found >= NEW
    assert not found & EXPIRED
    known = set(pl.read_parquet(tuesday / "vocab.parquet")["vacancy_id"])
    assert known >= EXPIRED | NEW  # the model's ids stay


def test_the_bundle_of_the_day_knows_what_expired_and_does_not_recommend_it(tuesday: Path) -> None:
    today = hhrec.load(tuesday / "bundle")
    found = set(today.recommend([], k=10_000)["vacancy_id"])
    assert found >= NEW
    assert not found & EXPIRED
    expired = min(EXPIRED)
    assert not set(today.similar(expired, 10_000)["vacancy_id"]) & EXPIRED
    with pytest.raises(HhrecError, match="no vacancy is left"):
        today.recommend([], allow=[expired])


def test_everybody_who_asks_is_answered_and_nothing_is_held_out(days: Path, tuesday: Path) -> None:
    asked = pl.read_parquet(days / "raw-2/test.parquet")
    rows = pl.read_parquet(tuesday / "predictions.parquet")
    assert set(rows["user_id"]) == set(asked["user_id"])
    train = pl.read_parquet(days / "raw-2/train.parquet")
    lengths = pl.concat([train, asked])["vacancy_id"].list.len()
    assert events(tuesday / "filtered") == lengths.sum()
    assert pl.read_parquet(tuesday / "sequences/validation/*.parquet").is_empty()


def test_everybody_is_asked_about_now_with_all_that_is_known(days: Path, tuesday: Path) -> None:
    rows = pl.read_parquet(tuesday / "sequences/test/*.parquet")
    assert rows["asked_at"].null_count() == len(rows)
    both = pl.concat(pl.read_parquet(days / f"raw-2/{name}.parquet") for name in ("train", "test"))
    lengths = both.group_by("user_id").agg(pl.col("vacancy_id").list.len().sum())
    found = dict(rows.select("user_id", pl.col("items").list.len()).iter_rows())
    assert found == dict(lengths.iter_rows())


def test_yesterday_is_only_read_and_todays_artifacts_are_whole(days: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(days / "monday", root / "monday")
    before = tree(root / "monday")
    run(days, root / "tuesday", origin=root / "monday")
    assert tree(root / "monday") == before
    shutil.rmtree(root / "monday")
    run(days, root / "wednesday", origin=root / "tuesday")
    assert recommended(root / "wednesday") == recommended(root / "tuesday")
    one, two = (root / name / "model/model.safetensors" for name in ("tuesday", "wednesday"))
    assert one.read_bytes() == two.read_bytes()


def test_expired_vacancies_may_be_kept(days: Path, tmp_path: Path) -> None:
    run(days, tmp_path / "out", keep_expired=True)
    assert recommended(tmp_path / "out") & EXPIRED


def test_training_starts_from_yesterday_is_validated_and_ends_on_everything(
    days: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tuesday"
    reports = run(days, out, train=True)
    first, second = (reports[name].model_dump() for name in ("validated train", "train"))
    assert first["started_from"]["kept"] == second["started_from"]["kept"] == 52
    assert first["best_epoch"] == second["epochs"] == read_chosen(out / "model").epoch
    assert second["best_mrr_100"] is None
    assert events(out / "filtered") > events(out / "validated/filtered")
    assert (out / "validated/metrics/summary.json").is_file()
    assert recommended(out) >= NEW
    assert not recommended(out) & EXPIRED
    assert list(reports)[-1] == "bundle"
    again = run(days, tmp_path / "wednesday", origin=out)  # it is a yesterday like any other
    assert again["model"].model_dump()["model"] == str(out / "model")


def test_the_final_fit_of_yesterday_is_started_from(days: Path, tmp_path: Path) -> None:
    shutil.copytree(days / "monday", tmp_path / "monday/final")
    assert daily.newest(tmp_path / "monday") == tmp_path / "monday/final"
    assert daily.newest(days / "monday") == days / "monday"


def test_tomorrow_starts_from_today_and_not_from_an_older_final_fit(
    days: Path, tmp_path: Path
) -> None:
    reused = tmp_path / "monday"  # of last week, after `hhrec run --final`
    shutil.copytree(days / "monday", reused)
    shutil.copytree(days / "monday/model", reused / "final/model")
    run(days, reused, force=True)
    assert daily.newest(reused) == reused
    assert not (reused / "final").exists()


@pytest.mark.parametrize("place", ["final", "validated", "final/final"])
def test_yesterday_inside_today_is_refused_and_stays(
    days: Path, tmp_path: Path, place: str
) -> None:
    shutil.copytree(days / "monday", tmp_path / "out" / place)
    before = tree(tmp_path)
    with pytest.raises(UsageError, match="holds yesterday's artifacts"):
        run(days, tmp_path / "out", origin=tmp_path / "out" / place)
    assert tree(tmp_path) == before


def test_what_does_not_fit_is_refused_before_any_work(days: Path, tuesday: Path) -> None:
    before = tree(tuesday)
    with pytest.raises(UsageError, match="holds yesterday's artifacts"):
        run(days, days / "monday")
    with pytest.raises(MissingInputError, match=r"config\.json"):
        run(days, tuesday, origin=days / "nowhere")
    with pytest.raises(HhrecError, match="other input files"):
        run(days, tuesday, raw=days / "raw-1")
    assert tree(tuesday) == before


def test_an_origin_without_books_is_refused(days: Path, tmp_path: Path) -> None:
    shutil.copytree(days / "monday/model", tmp_path / "half/model")
    with pytest.raises(MissingInputError, match="books"):
        run(days, tmp_path / "out", origin=tmp_path / "half")
