"""What is told of a small catalogue's columns, against counts by hand; vacancies decoded."""

from pathlib import Path

import pytest

from stages.inspect import features
from stages.interface.errors import HhrecError, MissingInputError
from tests.worlds.feature_world import IDS, VACANCIES, build, vacancy


@pytest.fixture
def built(tmp_path: Path) -> Path:
    build(tmp_path, VACANCIES, IDS)
    return tmp_path / "features"


def test_shares_are_counted_over_vacancies(built: Path) -> None:
    found = {one["column"]: one for one in features.coverage(built)}
    assert found["company_id"]["missing"] == 1 / 5
    assert found["employment"]["missing"] == 2 / 5
    assert found["workSchedule"]["missing"] == 1
    assert found["salary_bucket"]["missing"] == 3 / 5
    assert found["title_tokens"]["missing"] == 1 / 5
    assert found["text_tokens"]["missing"] == 1
    assert {one["hashed"] for one in found.values()} == {0}


def test_rare_values_are_told_apart_as_hashed(tmp_path: Path) -> None:
    rows = [vacancy(f"v_{n}", company_id=f"c{n // 2}") for n in range(9)]
    build(tmp_path, rows, [f"v_{n}" for n in range(9)], max_codes=2, hash_codes=3)
    found = {one["column"]: one for one in features.coverage(tmp_path / "features")}
    assert found["company_id"]["hashed"] == pytest.approx(5 / 9)
    assert found["company_id"]["size"] == 7


def test_quartiles_are_of_known_salaries_in_roubles(built: Path) -> None:
    found = features.salary_quartiles(built)
    assert set(found) == {"salary_from", "salary_to"}
    assert {round(value, -3) for value in found["salary_from"]} <= {50_000, 100_000}
    assert max(found["salary_to"]) == pytest.approx(200_000, rel=0.01)


def test_vacancies_are_decoded_in_the_order_asked(tmp_path: Path, built: Path) -> None:
    second, first = features.describe(built, tmp_path / "vocab.parquet", ["v_2", "v_1"])
    assert (second["vacancy_id"], second["company_id"]) == ("v_2", "c2")
    assert second["title_tokens"].replace("|", "") == "водитель категории е"
    assert second["salary_from"] is None
    assert (first["company_id"], first["area_regionId"]) == ("c1", "r1")
    assert (first["salary_from"], first["salary_to"]) == (100_000, 200_000)


def test_unknown_vacancies_and_missing_features_are_named(tmp_path: Path, built: Path) -> None:
    vocab = tmp_path / "vocab.parquet"
    with pytest.raises(HhrecError, match="no vacancy v_8, v_9") as caught:
        features.describe(built, vocab, ["v_8", "v_1", "v_9"])
    assert "hhrec vocab lookup v_8" in caught.value.hint
    with pytest.raises(MissingInputError):
        features.coverage(tmp_path / "nowhere")
