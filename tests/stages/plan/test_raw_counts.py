"""Counts of raw files, against the rows themselves."""

from pathlib import Path

import polars as pl
import pytest

from stages.interface.errors import MissingInputError
from stages.plan import raw_counts


@pytest.fixture(scope="module")
def raw(small_artifacts: Path) -> Path:
    return small_artifacts / "raw"


def test_counts_are_those_of_the_rows(raw: Path) -> None:
    found = raw_counts.read(raw)
    train, test = (pl.read_parquet(raw / f"{name}.parquet") for name in ("train", "test"))
    assert (found.sessions, found.asked) == (len(train), len(test))
    assert found.events == train["vacancy_id"].list.len().sum()
    assert found.asked_events == test["vacancy_id"].list.len().sum()
    assert found.every == found.events + found.asked_events
    assert found.vacancies == 300
    assert raw_counts.of_people(raw) == (found.every, found.asked)


def test_a_catalogue_that_is_not_there_is_named(raw: Path, tmp_path: Path) -> None:
    for name in ("train.parquet", "test.parquet"):
        (tmp_path / name).symlink_to(raw / name)
    with pytest.raises(MissingInputError, match="the catalogue was expected there"):
        raw_counts.read(tmp_path)


def test_people_are_sampled_whole(raw: Path, tmp_path: Path) -> None:
    raw_counts.sample_people(raw, tmp_path / "some", 3)
    whole, some = (pl.read_parquet(path / "train.parquet") for path in (raw, tmp_path / "some"))
    users = some["user_id"].unique()
    assert 0 < len(users) < whole["user_id"].n_unique()
    assert len(some) == len(whole.filter(pl.col("user_id").is_in(users.implode())))


def test_a_sample_of_the_catalogue_has_its_rows(raw: Path) -> None:
    some = raw_counts.sample_catalogue(raw, 300, 80)
    assert len(some) == 80
    assert some["vacancy_id"].n_unique() == 80
    assert len(raw_counts.sample_catalogue(raw, 300, 300)) == 300


def test_trained_vacancies_are_those_with_enough_events(
    raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = raw_counts.read(raw)
    met = pl.read_parquet(raw / "train.parquet")["vacancy_id"].explode().value_counts()
    many = int((met["count"] >= 2).sum())
    assert raw_counts.trained(raw, counts, 2, 1.0) == many
    assert raw_counts.trained(raw, counts, 2, 0.5) < many
    monkeypatch.setattr(raw_counts, "MANY", 1)
    monkeypatch.setattr(raw_counts, "CHECKED", 4)
    assert raw_counts.trained(raw, counts, 2, 1.0) == pytest.approx(many, rel=0.4)


def test_values_of_columns_are_counted(raw: Path) -> None:
    found = raw_counts.values(raw)
    catalogue = pl.read_parquet(raw / "vacancies.parquet")
    assert found["company_id"] == catalogue["company.id"].n_unique()
