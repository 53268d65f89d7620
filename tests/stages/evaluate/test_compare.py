"""Two predictions files on the same rows, against a loop; segments; what is kept on disk."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stages.evaluate import compare
from stages.evaluate.report_schema import CompareReport
from stages.interface.errors import HhrecError
from stages.params import EvaluateParams, Params
from tests.oracles import recommendations as oracles
from tests.worlds import scored_world
from tests.worlds.scored_world import World

PARAMS = Params(evaluate=EvaluateParams(bootstrap=100))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return scored_world.build(tmp_path)


@pytest.fixture
def other(world: World) -> Path:
    """Predictions that are the model's without its best three."""
    path = world.root / "other.parquet"
    rows = pl.read_parquet(world.predictions)
    rows.with_columns(pl.col("predictions").list.slice(3)).write_parquet(path)
    return path


def run(world: World, *files: Path, **changed: Any) -> CompareReport:
    given = {name: world.inputs()[name] for name in ("labels", "sequences", "vocab", "raw")}
    first, second = files
    return compare.run(
        PARAMS, files=(first, second), **{**given, "part": "test", "out": None, **changed}
    )


def slow(world: World, file: Path, name: str) -> float:
    found = {row[:2]: row[2] for row in pl.read_parquet(file).iter_rows()}
    labels = pl.read_parquet(world.labels).select("user_id", "session_id", "vacancy_id")
    scores = [
        oracles.metrics(true, found[user, session])[name] for user, session, true in labels.rows()
    ]
    return sum(scores) / len(scores)


def test_scores_and_their_difference_are_those_of_a_loop(world: World, other: Path) -> None:
    report = run(world, world.predictions, other)
    for name in ("MRR@100", "HR@10", "NDCG@10", "HR@100"):
        first, second = slow(world, world.predictions, name), slow(world, other, name)
        assert report.first[name] == pytest.approx(first)
        assert report.second[name] == pytest.approx(second)
        lead = report.differences[name]
        assert lead.value == pytest.approx(first - second)
        assert lead.low <= lead.value <= lead.high
    assert report.rows == scored_world.ROWS
    assert report.files == (str(world.predictions), str(other))


def test_a_file_is_no_better_than_itself(world: World) -> None:
    report = run(world, world.predictions, world.predictions)
    assert {(one.value, one.low, one.high) for one in report.differences.values()} == {(0, 0, 0)}


def test_segments_add_up_and_are_left_out_where_contexts_are_unknown(
    world: World, other: Path
) -> None:
    report = run(world, world.predictions, other)
    assert {"target", "history", "user"} <= set(report.segments)
    for parts in report.segments.values():
        assert sum(part.rows for part in parts.values()) == report.rows
        first = sum(part.rows * part.first["MRR@100"] for part in parts.values()) / report.rows
        assert first == pytest.approx(report.first["MRR@100"])
    bare = run(world, world.predictions, other, vocab=world.root / "none.parquet")
    assert bare.segments == {}
    assert bare.notes
    assert bare.differences == report.differences


def test_the_file_holds_the_report(world: World, other: Path) -> None:
    out = world.root / "lead.json"
    report = run(world, world.predictions, other, out=out)
    assert json.loads(out.read_text()) == report.model_dump(mode="json")


def test_predictions_for_other_rows_are_refused(world: World) -> None:
    with pytest.raises(HhrecError, match="none of its"):
        run(world, world.predictions, world.validation_predictions)
