"""Artifacts of two logs, or of one log before and after a rebuild, are not believed together."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.helpers.command import Type
from tests.worlds.project import finish

A = "artifacts/"
READ = {
    "features build": {"--vocab": "vocab.parquet", "--vacancies": "../raw/vacancies.parquet"},
    "sequences build": {
        "--events": "events",
        "--filtered": "filtered",
        "--vocab": "vocab.parquet",
    },
    "train": {"--sequences": "sequences", "--features": "features", "--vocab": "vocab.parquet"},
    "predict": {
        "--sequences": "sequences",
        "--features": "features",
        "--vocab": "vocab.parquet",
        "--model": "model",
    },
    "baseline popular": {"--sequences": "sequences", "--vocab": "vocab.parquet"},
    "evaluate": {
        "--sequences": "sequences",
        "--vocab": "vocab.parquet",
        "--model": "model",
        "--raw": "../raw",
        "--predictions": "predictions.parquet",
        "--validation-predictions": "validation_predictions.parquet",
    },
    "report": {"--raw": "../raw"},
}
OF_EVALUATE = {
    "--predictions": A + "predictions.parquet",
    "--validation-predictions": A + "validation_predictions.parquet",
}


@pytest.fixture(scope="module")
def other(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of another log: people, catalogue and responses differ in part."""
    root = tmp_path_factory.mktemp("other")
    shutil.copytree(finished / "raw", root / "raw")
    for name in ("train", "vacancies"):
        file = root / f"raw/{name}.parquet"
        rows = pl.read_parquet(file)
        rows.head(len(rows) - 6).write_parquet(file)
    test = root / "raw/test.parquet"
    pl.read_parquet(test).reverse().write_parquet(test)
    return finish(root)


@pytest.mark.parametrize(
    ("stage", "option"), [(stage, option) for stage, options in READ.items() for option in options]
)
@pytest.mark.usefixtures("project")
def test_one_input_of_another_log_is_refused(
    other: Path, hhrec: Type, stage: str, option: str
) -> None:
    given = OF_EVALUATE if stage == "evaluate" else {}
    words = [
        word
        for pair in (given | {option: str(other / A / READ[stage][option])}).items()
        for word in pair
    ]
    found = hhrec(*stage.split(), *words)
    assert found.code == 1, (found.out, found.err)
    said = found.said()
    assert "made from another" in said or "mean other vacancies" in said or "trained with" in said
    assert " next " in said


@pytest.mark.parametrize(
    "name",
    ["events", "filtered", "sequences", "metrics", "vocab.parquet", "predictions.parquet"],
)
def test_a_report_of_two_logs_is_refused(
    project: Path, other: Path, hhrec: Type, name: str
) -> None:
    copied(other / A / name, project / A / name)
    found = hhrec("report")
    assert found.code == 1
    assert "made from another" in found.said()


def copied(source: Path, target: Path) -> None:
    """Copy an artifact over another with its manifests, as `cp -r` of all would."""
    for place in (target,):
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
    for file in (source.parent / ".hhrec").glob(f"{source.name}.*.json"):
        shutil.copy2(file, target.parent / ".hhrec" / file.name)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("late", ["sequences build", "train", "predict", "evaluate", "report"])
def test_a_vocabulary_built_anew_makes_what_follows_stale(hhrec: Type, late: str) -> None:
    assert hhrec("filter", "--set", "filter.min_item_events=4").code == 0
    if late == "sequences build":
        found = hhrec("sequences", "build")  # before the vocabulary is counted anew
    else:
        assert hhrec("vocab", "build").code == 0
        found = hhrec(*late.split())
    assert found.code == 1, found.out
    assert "made from another" in found.said()
    assert "run `hhrec" in found.said().partition(" next ")[2]


@pytest.mark.usefixtures("project")
def test_whatever_is_named_to_run_next_mends_it(hhrec: Type) -> None:
    assert hhrec("filter", "--set", "filter.min_item_events=2").code == 0
    for _ in range(12):
        found = hhrec("report", "--quiet")
        if not found.code:
            break
        command = found.said().partition("run `hhrec ")[2].partition("`")[0]
        again = hhrec(*command.split(), "--quiet")
        while again.code:
            command = again.said().partition("run `hhrec ")[2].partition("`")[0]
            assert command, again.err
            again = hhrec(*command.split(), "--quiet")
        if command == "predict":
            assert hhrec("predict", "--part", "validation", "--quiet").code == 0
    assert found.code == 0, found.err


@pytest.mark.usefixtures("project")
def test_a_blend_of_test_and_validation_rows_is_refused(hhrec: Type) -> None:
    found = hhrec(
        "blend",
        A + "predictions.parquet",
        A + "validation_predictions.parquet",
        "--out",
        "b.parquet",
    )
    assert found.code == 1
    assert "expected predictions of part test, found validation" in found.said()


@pytest.mark.usefixtures("project")
def test_predictions_for_one_part_are_not_scored_as_the_other(hhrec: Type) -> None:
    words = ["evaluate", "--predictions", A + "validation_predictions.parquet"]
    found = hhrec(*words, "--validation-predictions", A + "predictions.parquet")
    assert found.code == 1
    assert "found validation" in found.said()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("more", [[], ["--compare", A + "validation_predictions.parquet"]])
def test_predictions_for_another_part_are_not_scored_without_a_file_of_scores_either(
    hhrec: Type, more: list[str]
) -> None:
    first = [] if more else ["--predictions", A + "validation_predictions.parquet"]
    found = hhrec("evaluate", *first, *more, *([A + "predictions.parquet"] if more else []))
    assert found.code == 1
    assert "expected predictions of part test, found validation" in found.said()


@pytest.fixture
def in_three(project: Path, hhrec: Type) -> Path:
    """A project whose events lie in three buckets."""
    assert hhrec("explode", "--set", "explode.buckets=3").code == 0
    return project / "artifacts/events"


def test_a_lost_bucket_is_noticed(in_three: Path, hhrec: Type) -> None:
    (in_three / "bucket-00002.parquet").unlink()
    found = hhrec("filter")
    assert found.code == 3
    assert (
        "artifacts/events: not as `hhrec explode` wrote it: lost artifacts/events/bucket-00002"
        in found.said()
    )
    assert "run `hhrec explode`" in found.said()


@pytest.mark.parametrize("name", ["bucket-00003.parquet", "bucket-00001 (copy).parquet"])
def test_a_copy_of_a_bucket_is_noticed(in_three: Path, hhrec: Type, name: str) -> None:
    shutil.copy2(in_three / "bucket-00001.parquet", in_three / name)
    found = hhrec("filter")
    assert found.code == 1
    assert f"too many artifacts/events/{name}" in found.said()


@pytest.mark.parametrize("name", ["bucket-00001.parquet", "bucket-00001 (copy).parquet"])
def test_a_gap_or_a_copy_is_noticed_without_a_manifest(
    in_three: Path, hhrec: Type, name: str
) -> None:
    shutil.rmtree(in_three.parent / ".hhrec")
    if (in_three / name).exists():
        (in_three / name).unlink()
    else:
        shutil.copy2(in_three / "bucket-00001.parquet", in_three / name)
    found = hhrec("filter")
    assert found.code == 1
    assert "expected buckets numbered from 0 on" in found.said()


@pytest.mark.parametrize("manifests", [True, False])
def test_a_model_without_its_vocabulary_is_refused(
    project: Path, hhrec: Type, *, manifests: bool
) -> None:
    (project / "artifacts/model/vocabulary.parquet").unlink()
    if not manifests:
        shutil.rmtree(project / "artifacts/.hhrec")
    found = hhrec("predict")
    assert found.code == 3
    assert "vocabulary.parquet" in found.said()


@pytest.mark.usefixtures("project")
def test_contexts_of_another_length_than_trained_are_refused(hhrec: Type) -> None:
    found = hhrec("predict", "--set", "sequences.max_length=4096")
    assert found.code == 1
    assert "sequences.max_length: 4096, but artifacts/model was trained with 64" in found.said()


def test_all_moved_together_still_fits(project: Path, hhrec: Type) -> None:
    (project / "artifacts").rename(project / "elsewhere")
    found = hhrec("report", "--artifacts", "elsewhere", "--raw", "raw")
    assert found.code == 0, found.err


def test_a_content_that_comes_back_finds_its_manifest(project: Path, hhrec: Type) -> None:
    """As DVC puts an older version of an artifact back from its cache."""
    kept = shutil.copytree(project / "artifacts/filtered", project / "cache")
    assert hhrec("filter", "--set", "filter.min_item_events=4").code == 0
    assert hhrec("sequences", "build").code == 1
    shutil.rmtree(project / "artifacts/filtered")
    shutil.copytree(kept, project / "artifacts/filtered")
    assert hhrec("sequences", "build").code == 0
