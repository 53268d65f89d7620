import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from hhrec_cli import baseline, evaluate
from stages.errors import HhrecError
from tests import scored_world
from tests.scored_world import World

app = typer.Typer()
app.command("evaluate")(evaluate.evaluate)
app.command("baseline")(baseline.baseline)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Stand in a project directory whose artifacts and raw files have their default names."""
    monkeypatch.chdir(tmp_path)
    world = scored_world.build(tmp_path / "artifacts")
    Path("params.yaml").write_text("raw: artifacts/raw\nevaluate: {bootstrap: 100}\n")
    return world


def hhrec(*words: object) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, HhrecError | SystemExit):
        raise result.exception
    return result


def failure(*words: object) -> HhrecError:
    error = hhrec(*words).exception
    assert isinstance(error, HhrecError)
    return error


@pytest.mark.usefixtures("world")
def test_evaluate_prints_the_model_beside_the_baselines() -> None:
    result = hhrec("evaluate")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split()[:2] == ["part", "rows"]
    assert [line.split()[:2] for line in lines[1:]] == [
        [part, name]
        for part in ("validation", "test")
        for name in ("model", "popular", "last_viewed")
    ]
    assert Path("artifacts/metrics/test.json").is_file()


def test_json_is_one_object_and_quiet_prints_nothing(world: World) -> None:
    words = ("evaluate", "--predictions", world.predictions, "--labels", world.labels)
    shown = json.loads(hhrec(*words, "--json").stdout)
    assert 0 < shown["metrics"]["MRR@100"] < 1
    assert set(shown["protocol"]["data"]) == {"labels.parquet"}
    assert hhrec(*words, "--quiet").output == ""
    assert "frequency 8+" in hhrec(*words).stdout


def test_labels_default_to_those_of_raw(world: World) -> None:
    out = Path("score.json")
    result = hhrec("evaluate", "--predictions", world.predictions, "--out", out, "--json")
    assert json.loads(result.stdout) == json.loads(out.read_text())
    world.labels.unlink()
    error = failure("evaluate", "--predictions", world.predictions)
    assert error.exit_code == 3
    assert "labels.parquet" in error.message


@pytest.mark.parametrize("part", ["test", "validation"])
@pytest.mark.usefixtures("world")
def test_a_baseline_is_written_and_scored_like_in_the_comparison(part: str) -> None:
    written = json.loads(hhrec("baseline", "last-viewed", "--part", part, "--json").stdout)
    name = "last_viewed.parquet" if part == "test" else "last_viewed-validation.parquet"
    assert written["out"] == f"artifacts/baselines/{name}"
    one = hhrec("evaluate", "--predictions", written["out"], "--part", part, "--json")
    whole = json.loads(hhrec("evaluate", "--json").stdout)
    score = whole["parts"][part]["scores"]["last_viewed"]
    assert json.loads(one.stdout)["metrics"] == score["metrics"]


def test_both_prediction_files_may_be_named(world: World) -> None:
    moved = world.predictions.rename(world.root / "mine.parquet")
    assert failure("evaluate").exit_code == 3
    words = ("--predictions", moved, "--validation-predictions", world.validation_predictions)
    assert list(json.loads(hhrec("evaluate", *words, "--json").stdout)["parts"]) == [
        "validation",
        "test",
    ]


@pytest.mark.usefixtures("world")
def test_mistakes_have_their_exit_codes() -> None:
    assert failure("baseline", "oracle").exit_code == 2
    assert failure("baseline", "popular", "--vocab", "no.parquet").exit_code == 3
    assert failure("evaluate", "--labels", "no.parquet").exit_code == 3
    assert failure("evaluate", "--set", "evaluate.bootstrap=1").exit_code == 1
    assert hhrec("baseline", "popular", "--part", "train").exit_code == 2
