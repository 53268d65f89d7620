import json
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner, Result

from hhrec_cli import baseline, blend, evaluate
from stages.baselines.stage import BASELINES
from stages.interface.errors import HhrecError
from tests.worlds import scored_world
from tests.worlds.scored_world import World

app = typer.Typer()
app.command("evaluate")(evaluate.evaluate)
app.command("baseline")(baseline.baseline)
app.command("blend")(blend.blend)


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
        [part, name] for part in ("validation", "test") for name in ("model", *BASELINES)
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


@pytest.mark.usefixtures("world")
def test_baselines_may_be_chosen_and_each_has_the_models_lead() -> None:
    shown = json.loads(hhrec("evaluate", "--baselines", "last-viewed, item_knn", "--json").stdout)
    found = shown["parts"]["test"]
    assert list(found["scores"]) == ["model", "last_viewed", "item_knn"]
    for name, lead in found["differences"].items():
        scores = found["scores"]
        value = scores["model"]["metrics"]["MRR@100"] - scores[name]["metrics"]["MRR@100"]
        assert lead["MRR@100"]["value"] == pytest.approx(value)
        assert lead["MRR@100"]["low"] <= value <= lead["MRR@100"]["high"]
    table = hhrec("evaluate", "--baselines", "popular").stdout.splitlines()
    assert "model's lead" in table[0]
    assert [line.split()[1] for line in table[1:]] == ["model", "popular"] * 2


def test_two_files_are_compared_on_the_same_rows(world: World) -> None:
    hhrec("baseline", "popular")
    files = (world.predictions, "artifacts/baselines/popular.parquet")
    shown = json.loads(hhrec("evaluate", "--compare", *files, "--json").stdout)
    assert set(shown["differences"]) == {"MRR@100", "HR@10", "NDCG@10", "HR@100"}
    assert shown["first"]["MRR@100"] > shown["second"]["MRR@100"]
    assert shown["differences"]["MRR@100"]["above"] > 0.9
    assert set(shown["segments"]) == {"target", "frequency", "history", "user"}
    for cut in shown["segments"].values():
        assert sum(one["rows"] for one in cut.values()) == shown["rows"]
    table = hhrec("evaluate", "--compare", *files, "--labels", world.labels).stdout
    assert "target repeat" in table
    turned = json.loads(hhrec("evaluate", "--compare", *files[::-1], "--json").stdout)
    for name, lead in shown["differences"].items():
        assert turned["differences"][name]["value"] == pytest.approx(-lead["value"])


def test_validation_rows_are_compared_too_and_the_result_may_be_kept(world: World) -> None:
    hhrec("baseline", "popular", "--part", "validation")
    files = (world.validation_predictions, "artifacts/baselines/popular-validation.parquet")
    words = ("evaluate", "--compare", *files, "--part", "validation", "--out", "lead.json")
    shown = json.loads(hhrec(*words, "--json").stdout)
    assert shown == json.loads(Path("lead.json").read_text())
    assert shown["files"] == [str(file) for file in files]


def test_regions_and_schedules_come_from_the_catalogue(world: World) -> None:
    catalogue = pl.DataFrame(
        {
            "vacancy_id": [f"v{number}" for number in range(scored_world.ITEMS)],
            "area.regionId": [str(number % 3) for number in range(scored_world.ITEMS)],
            "workSchedule": ["remote"] * scored_world.ITEMS,
        }
    )
    catalogue.write_parquet(world.root / "raw" / "vacancies.parquet")
    shown = json.loads(hhrec("evaluate", "--predictions", world.predictions, "--json").stdout)
    assert sorted(shown["segments"]["region"]) == ["0", "1", "2"]
    assert list(shown["segments"]["schedule"]) == ["remote"]


def test_options_without_a_use_are_refused(world: World) -> None:
    files = (world.predictions, world.validation_predictions)
    assert failure("evaluate", "--compare", *files, "--baselines", "als").exit_code == 2
    assert failure("evaluate", "--compare", *files, "--predictions", files[0]).exit_code == 2
    assert failure("evaluate", "--predictions", files[0], "--baselines", "als").exit_code == 2
    assert failure("evaluate", "--baselines", "popular,oracle").exit_code == 2
    both = ("--predictions", files[0], "--validation-predictions", files[1])
    for part in ("test", "validation"):
        assert failure("evaluate", "--part", part).exit_code == 2
        assert "--part says whose rows" in failure("evaluate", *both, "--part", part).message


def test_files_are_blended_with_weights_tuned_on_validation(world: World) -> None:
    for part in ("test", "validation"):
        hhrec("baseline", "last_viewed", "--part", part)
    other = Path("artifacts/baselines/last_viewed.parquet")
    words = ("blend", world.predictions, other, "--out", "blend.parquet", "--json")
    tune = (
        "--tune",
        world.validation_predictions,
        "--tune",
        other.with_stem(f"{other.stem}-validation"),
    )
    report = json.loads(hhrec(*words, *tune).stdout)
    assert list(report["weights"]) == [str(world.predictions), str(other)]
    assert report["validation_mrr"] > 0
    scored = json.loads(hhrec("evaluate", "--predictions", "blend.parquet", "--json").stdout)
    assert scored["unpredicted"] == 0
    given = json.loads(hhrec(*words, "--weights", "1,0").stdout)
    assert list(given["weights"].values()) == [1, 0]
    assert pl.read_parquet("blend.parquet").equals(
        pl.read_parquet(world.predictions).sort("user_id")
    )


def test_blends_that_make_no_sense_are_refused(world: World) -> None:
    words = ("blend", world.predictions, world.validation_predictions, "--out", "x.parquet")
    for wrong in (["--weights", "1"], ["--weights", "1,x"], ["--weights", "0,0"]):
        assert failure(*words, *wrong).exit_code == 2
    assert failure(*words, "--tune", world.predictions).exit_code == 2
    assert failure("blend", world.predictions, "--out", "x.parquet").exit_code == 2
    assert not Path("x.parquet").exists()
