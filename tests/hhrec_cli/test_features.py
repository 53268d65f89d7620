from pathlib import Path

import pytest

from tests.helpers.command import Type
from tests.worlds.feature_world import IDS, VACANCIES, vacancy, write_catalogue, write_vocab


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a project directory with a catalogue and a vocabulary in their default places."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "artifacts/raw").mkdir(parents=True)
    write_catalogue(tmp_path / "artifacts/raw/vacancies.parquet", VACANCIES)
    write_vocab(tmp_path / "artifacts/vocab.parquet", IDS)
    (tmp_path / "params.yaml").write_text("raw: artifacts/raw\nfeatures: {tokens: 300}\n")
    return tmp_path / "artifacts"


@pytest.fixture
def built(project: Path, hhrec: Type) -> Path:
    assert hhrec("features", "build", "--quiet").code == 0
    return project


def test_build_reports_what_it_did(project: Path, hhrec: Type) -> None:
    typed = hhrec("features", "build", "--json")
    report = typed.json()
    assert typed.code == 0
    assert report["vacancies"] == 5
    assert report["codes"]["company_id"] == 5
    assert (project / "features/books/tokenizer.json").is_file()
    assert "vacancies" in hhrec("features", "build").out
    assert hhrec("features", "build", "--quiet").out == ""


def test_set_reaches_the_stage(project: Path, hhrec: Type) -> None:
    words = ("features", "build", "--json", "--set")
    assert hhrec(*words, "features.max_codes=1").json()["codes"]["company_id"] == 3 + 1_024
    assert hhrec(*words, "features.max_codes=0").code == 1
    assert (project / "features").is_dir()


def test_build_with_books_from_elsewhere(built: Path, hhrec: Type) -> None:
    new = [*VACANCIES, vacancy("v_6", name="Водитель", area_id="a9")]
    vacancies = write_catalogue(built / "new.parquet", new)
    vocab = write_vocab(built / "new_vocab.parquet", [*IDS, "v_6"])
    paths = ("--vacancies", vacancies, "--vocab", vocab, "--out", built / "new")
    typed = hhrec("features", "build", *paths, "--books", built / "features/books", "--json")
    assert typed.json()["frozen"]
    shown = hhrec(
        "features", "show", "v_6", "--features", built / "new", "--vocab", vocab, "--json"
    )
    assert shown.json()[0]["area_id"] == "?"
    assert shown.json()[0]["title_tokens"] == "водитель"


@pytest.mark.usefixtures("built")
def test_show_measures_the_columns(hhrec: Type) -> None:
    shown = hhrec("features", "show", "--json").json()
    columns = {row["column"]: row for row in shown["columns"]}
    assert columns["company_id"] == {
        "column": "company_id",
        "size": 5,
        "missing": 0.2,
        "unknown": 0.0,
        "hashed": 0.0,
    }
    assert columns["salary_bucket"]["missing"] == 0.6
    assert columns["title_tokens"]["missing"] == 0.2
    assert columns["text_tokens"]["missing"] == 1
    assert shown["salary_quartiles"]["salary_from"][1] in {50_000, 100_000}
    table = hhrec("features", "show").out
    assert "workExperience" in table
    assert "salary_to" in table


@pytest.mark.usefixtures("built")
def test_show_decodes_vacancies_in_the_order_asked(hhrec: Type) -> None:
    first, second = hhrec("features", "show", "v_1", "v_5", "--json").json()
    assert first == {
        "vacancy_id": "v_1",
        "item": 4,
        "company_id": "c1",
        "area_id": "a1",
        "area_regionId": "r1",
        "employment": "full",
        "workSchedule": None,
        "workExperience": None,
        "compensation_currencyCode": "RUR",
        "salary_from": 100_000,
        "salary_to": 200_000,
        "title_tokens": "python разработчик",
        "skill_tokens": "python s|q|l",  # one sql is too few for a token of its own
        "text_tokens": "",
    }
    assert second["salary_from"] is None
    assert "python разработчик" in hhrec("features", "show", "v_1").out


@pytest.mark.usefixtures("built")
def test_an_unknown_vacancy_is_named_with_the_next_command(hhrec: Type) -> None:
    typed = hhrec("features", "show", "v_1", "v_77")
    assert typed.code == 1
    assert "no vacancy v_77" in typed.said()
    assert "hhrec vocab lookup v_77" in typed.said()


def test_missing_and_broken_inputs(project: Path, hhrec: Type) -> None:
    assert hhrec("features", "show").code == 3
    assert hhrec("features", "build", "--vocab", "none.parquet").code == 3
    assert hhrec("features", "build", "--books", "none").code == 3
    (project / "raw/vacancies.parquet").write_text("not parquet")
    typed = hhrec("features", "build")
    assert typed.code == 1
    assert "vacancies.parquet" in typed.said()
