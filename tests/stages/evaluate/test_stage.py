import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from stages.baselines import stage as baselines
from stages.core import tables
from stages.core.keys import KEYS
from stages.core.schema import PREDICTIONS, VALIDATION_SEQUENCES
from stages.evaluate import stage as evaluate
from stages.evaluate.report_schema import EvaluateReport, FileReport
from stages.params import EvaluateParams, Params
from tests.oracles import recommendations as oracles
from tests.worlds import scored_world
from tests.worlds.scored_world import World

PARAMS = Params(evaluate=EvaluateParams(bootstrap=100))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return scored_world.build(tmp_path)


def run(world: World, out: str = "metrics", **changed: Any) -> EvaluateReport:
    return evaluate.run(PARAMS, **{**world.inputs(), "out": world.root / out, **changed})


def one(world: World, **changed: Any) -> FileReport:
    given = {
        name: world.inputs()[name]
        for name in ("predictions", "labels", "sequences", "vocab", "raw")
    }
    return evaluate.score_file(PARAMS, **{**given, "part": "test", "out": None, **changed})


def oracle(predictions: Path, labels: Path) -> dict[str, float]:
    found = {row[:2]: row[2] for row in pl.read_parquet(predictions).iter_rows()}
    truth = pl.read_parquet(labels).select(*KEYS, "vacancy_id").rows()
    rows = [oracles.metrics(true, found.get((user, session), [])) for user, session, true in truth]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def test_one_file_agrees_with_the_oracle(world: World) -> None:
    report = one(world, out=world.root / "score.json")
    expected = oracle(world.predictions, world.labels)
    assert {name: report.metrics[name] for name in expected} == pytest.approx(expected)
    assert 0.05 < report.metrics["MRR@100"] < 0.5
    assert all(
        low <= report.metrics[name] <= high for name, (low, high) in report.intervals.items()
    )
    written = json.loads((world.root / "score.json").read_text())
    assert written == report.model_dump(mode="json")
    assert written["protocol"]["rows"] == report.rows == scored_world.ROWS


def test_progress_names_what_is_learnt_and_ends_with_all_rows(world: World) -> None:
    told: list[tuple[int, int, str]] = []

    def progress(done: int, total: int, note: str = "", **_: float) -> None:
        told.append((done, total, note))

    run(world, progress=progress)
    done, totals, notes = zip(*told, strict=True)
    assert list(done) == sorted(done)
    assert set(totals) == {done[-1]}
    assert notes.index("learning als") < notes.index("policy of als") < notes.index("ranking")


def test_segments_are_a_partition_of_the_rows(world: World) -> None:
    report = one(world)
    for cut, segments in report.segments.items():
        assert sum(found.rows for found in segments.values()) == report.rows, cut
        mean = sum(found.rows * found.metrics["HR@10"] for found in segments.values()) / report.rows
        assert mean == pytest.approx(report.metrics["HR@10"])
    assert set(report.segments["target"]) == {"repeat", "new"}
    assert set(report.segments["frequency"]) == {"never", "1-7", "8+"}


def test_the_model_stands_beside_the_baselines_on_both_parts(world: World) -> None:
    report = run(world)
    assert list(report.parts) == ["validation", "test"]
    for part, found in report.parts.items():
        assert list(found.scores) == ["model", *baselines.BASELINES]
        assert found.protocol["part"] == part
    test = report.parts["test"].scores
    assert test["model"].metrics == one(world).metrics
    for name in baselines.BASELINES:
        out = world.root / f"{name}.parquet"
        baselines.run(
            PARAMS, name=name, part="test", sequences=world.sequences, vocab=world.vocab, out=out
        )
        assert one(world, predictions=out).metrics == test[name].metrics


def test_the_order_of_rows_changes_no_figure(world: World) -> None:
    before = run(world)
    hashes = before.parts["test"].protocol["data"]
    for file in [world.predictions, world.labels, *world.sequences.glob("*/*.parquet")]:
        pl.read_parquet(file).sample(fraction=1, shuffle=True, seed=3).write_parquet(file)
    after = run(world)
    assert after.parts["test"].protocol["data"] != hashes
    for part, found in before.parts.items():
        assert after.parts[part].scores == found.scores


def test_without_labels_only_validation_is_scored(world: World) -> None:
    world.predictions.unlink()
    report = run(world, labels=evaluate.found_labels(world.root))
    assert list(report.parts) == ["validation"]
    assert report.notes == ["test: no labels, not scored"]
    assert not (world.root / "metrics" / "test.json").exists()


def test_without_validation_rows_the_rest_is_scored(world: World) -> None:
    file = world.sequences / "validation" / "bucket-00000.parquet"
    tables.write(pl.read_parquet(file).clear(), file, VALIDATION_SEQUENCES)
    report = run(world)
    assert list(report.parts) == ["test"]
    assert report.notes == ["validation: no labels, not scored"]


def test_rows_without_predictions_count_zero_and_are_reported(world: World) -> None:
    whole = one(world)
    tables.write(pl.read_parquet(world.predictions).head(10), world.predictions, PREDICTIONS)
    report = one(world)
    assert (report.rows, report.unpredicted) == (whole.rows, whole.rows - 10)
    assert report.metrics["MRR@100"] == pytest.approx(
        oracle(world.predictions, world.labels)["MRR@100"]
    )
    assert "have no predictions and count 0" in report.notes[0]


def test_a_file_of_unknown_rows_is_scored_without_segments(world: World, tmp_path: Path) -> None:
    absent = one(world, sequences=tmp_path / "nowhere")
    assert absent.segments == {}
    assert "coverage" not in absent.metrics
    assert "nowhere" in absent.notes[0]
    other = one(world, part="validation")
    assert other.segments == {}
    assert "none of the labelled rows" in other.notes[0]
    assert other.metrics["MRR@100"] == one(world).metrics["MRR@100"]


def test_validation_labels_come_from_the_sequences(world: World) -> None:
    report = one(world, predictions=world.validation_predictions, labels=None, part="validation")
    assert report.metrics == run(world).parts["validation"].scores["model"].metrics


def test_null_predictions_mean_none(world: World) -> None:
    empty = pl.read_parquet(world.predictions).with_columns(
        predictions=pl.lit(None, dtype=pl.List(pl.String))
    )
    empty.write_parquet(world.predictions)
    report = one(world)
    assert report.unpredicted == report.rows
    assert set(report.metrics.values()) == {0.0}


def test_labels_are_those_given_or_those_of_the_raw_files() -> None:
    given, raw = Path("mine.parquet"), Path("raw")
    assert evaluate.labels_of(raw, "test", given) == given
    assert evaluate.labels_of(raw, "test", None) == raw / "labels.parquet"
    assert evaluate.labels_of(raw, "validation", given) == given
    assert evaluate.labels_of(raw, "validation", None) is None
