"""`hhrec data`: what is typed, printed, refused, and returned to the shell."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from hhrec_cli.data import app
from stages.interface.errors import HhrecError, MissingInputError, UsageError
from tests.worlds.planted_faults import PLANTS, good


def hhrec(*words: object) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, HhrecError | SystemExit):
        raise result.exception
    return result


def failure(*words: object) -> HhrecError:
    error = hhrec(*words).exception
    assert isinstance(error, HhrecError)
    return error


@pytest.fixture
def log(tmp_path: Path) -> Path:
    lines = [f"{user};{film};{1_700_000_000 + film}" for user in "uvw" for film in range(4)]
    (tmp_path / "seen.csv").write_text("\n".join(["who;film;when", *lines, ";1;5"]))
    (tmp_path / "films.csv").write_text("film;title;kinds\n1;Stalker;drama, sci-fi\n")
    return tmp_path / "seen.csv"


@pytest.fixture
def typed(log: Path) -> list[str]:
    columns = ["--user", "who", "--item", "film", "--time", "when", "--separator", ";"]
    return ["import", str(log), "--out", str(log.parent / "raw"), *columns]


def test_import_then_check(log: Path, typed: list[str]) -> None:
    films = ["--items", str(log.with_name("films.csv")), "--items-title", "title"]
    kinds = ["--items-field", "keySkills.keySkill=kinds", "--items-separator", ","]
    result = hhrec(*typed, *films, *kinds, "--json")
    report = json.loads(result.stdout)
    assert (report["rows"], report["rejected"], report["labels"]) == (13, {"null_user": 1}, 3)
    raw = log.parent / "raw"
    film = pl.read_parquet(raw / "vacancies.parquet").row(1, named=True)
    assert (film["name"], film["keySkills.keySkill"]) == ("Stalker", ["drama", "sci-fi"])
    checked = hhrec("check", raw, "--json")
    assert checked.exit_code == 0
    assert json.loads(checked.stdout)["findings"] == []


def test_import_shows_counts_and_the_next_command(log: Path, typed: list[str]) -> None:
    result = hhrec(*typed)
    assert "rejected.null_user" in result.stdout
    assert f"hhrec data check {log.parent / 'raw'}" in " ".join(result.stderr.split())
    assert hhrec(*typed, "--force", "--quiet").output == ""


def test_actions_and_a_time_cut(log: Path) -> None:
    rows = [
        f"u,{item},2024-01-0{item + 1},{kind}"
        for item, kind in enumerate(("see", "buy", "like", "buy"))
    ]
    log.write_text("\n".join(["user_id,item_id,timestamp,kind", *rows]))
    words = ["--action", "kind", "--view", "see", "--response", "buy", "--favourite", "like"]
    cut = ["--split", "time-cut", "--cut", "2024-01-03", "--session-gap", "60"]
    assert hhrec("import", log, "--out", log.parent / "raw", *words, *cut).exit_code == 0
    actions = [
        pl.read_parquet(log.parent / "raw" / f"{name}.parquet")["action_type"].explode().to_list()
        for name in ("train", "test")
    ]
    assert actions == [[2, 1], [3]]
    labels = pl.read_parquet(log.parent / "raw" / "labels.parquet")
    assert labels.rows() == [("u", "u-000002", "3")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--view", "see"], "no column holds them"),
        (["--session", "who", "--session-gap", "5"], "exclude each other"),
        (["--cut", "2024-01-01"], "only a time-cut has a cut"),
        (
            ["--split", "time-cut", "--cut", "2024-01-01", "--test-share", "0.1"],
            "exclude each other",
        ),
        (["--split", "time-cut", "--test-share", "2"], "expected a share between 0 and 1"),
        (["--items-title", "title"], "without an item table"),
        (["--items", "films.csv", "--items-field", "name"], "expected FIELD=COLUMN"),
        (["--nested", "events"], "goes with JSON lines"),
        (["--format", "xlsx"], "expected one of csv, tsv, parquet, jsonl"),
    ],
)
def test_what_makes_no_sense_is_refused(
    typed: list[str], log: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(log.parent)
    error = failure(*typed, *words)
    assert says in error.message
    assert (type(error), error.exit_code) == (UsageError, 2)


def test_missing_files_exit_3(tmp_path: Path) -> None:
    for words in (["import", tmp_path / "no.csv", "--out", tmp_path / "raw"], ["check", tmp_path]):
        error = failure(*words)
        assert (type(error), error.exit_code) == (MissingInputError, 3)
        assert error.hint


def test_a_column_that_is_not_there_is_named_beside_those_that_are(typed: list[str]) -> None:
    error = failure(*typed, "--user", "someone")
    assert "no column `someone`; found who, film, when" in error.message
    assert error.exit_code == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [("train | warn null_id", 0), ("test | stop null_id", 1), ("train | stop unusable_file", 1)],
)
def test_check_exits_1_on_what_stops_the_pipeline(tmp_path: Path, fault: str, code: int) -> None:
    tables = good()
    next(plant for name, plant in PLANTS.items() if name.startswith(fault))(tables)
    for name, rows in tables.items():
        rows.write_parquet(tmp_path / f"{name}.parquet")
    shown = hhrec("check", tmp_path)
    assert shown.exit_code == hhrec("check", tmp_path, "--json").exit_code == code
    assert shown.exit_code == hhrec("check", tmp_path, "--quiet").exit_code
    assert fault.rsplit(maxsplit=1)[-1] in shown.stdout
    assert ("stop the pipeline" in shown.stderr) == (code == 1)
    assert hhrec("check", tmp_path, "--quiet").stdout == ""


def test_sample_writes_what_check_accepts(tmp_path: Path) -> None:
    size = ["--sessions", "300", "--vacancies", "400", "--seed", "3"]
    assert hhrec("sample", "--out", tmp_path / "raw", *size, "--json").exit_code == 0
    assert hhrec("check", tmp_path / "raw").exit_code == 0
