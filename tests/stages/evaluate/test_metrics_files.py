import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stages import evaluate
from stages.baselines import stage as baselines
from stages.evaluate.report_schema import EvaluateReport
from stages.interface.errors import MissingInputError
from stages.params import EvaluateParams, Params
from tests.worlds import scored_world
from tests.worlds.scored_world import World

PARAMS = Params(evaluate=EvaluateParams(bootstrap=100))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return scored_world.build(tmp_path)


def run(world: World, out: str = "metrics", **changed: Any) -> EvaluateReport:
    return evaluate.run(PARAMS, **{**world.inputs(), "out": world.root / out, **changed})


def test_the_metrics_directory_is_whole(world: World) -> None:
    report, out = run(world), world.root / "metrics"
    assert sorted(file.name for file in out.iterdir()) == [
        "comparison.csv",
        "summary.json",
        "test.baseline.parquet",
        "test.json",
        "validation.baseline.parquet",
        "validation.json",
    ]
    scores = {name: one.metrics["MRR@100"] for name, one in report.parts["test"].scores.items()}
    best = report.parts["test"].best_baseline
    assert scores[best] == max(value for name, value in scores.items() if name != "model")
    lists = pl.read_parquet(out / "test.baseline.parquet")
    assert lists["predictions"].list.len().max() <= 10
    summary = json.loads((out / "summary.json").read_text())
    assert summary["test"] == report.parts["test"].scores["model"].metrics
    with (out / "comparison.csv").open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert list(lines[0]) == ["part", "model", "metric", "value", "low", "high"]
    models, metrics = 1 + len(baselines.BASELINES), 9
    assert len(lines) == 2 * models * metrics
    value = next(line["value"] for line in lines if line["model"] == "popular")
    assert float(value) == report.parts["validation"].scores["popular"].metrics["MRR@100"]


def test_a_failed_run_leaves_the_old_metrics(world: World) -> None:
    run(world)
    before = (world.root / "metrics" / "summary.json").read_bytes()
    world.predictions.unlink()
    with pytest.raises(MissingInputError, match=r"predictions\.parquet"):
        run(world)
    assert (world.root / "metrics" / "summary.json").read_bytes() == before
    assert not list(world.root.glob(".metrics*"))
