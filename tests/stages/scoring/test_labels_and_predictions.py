from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from stages.interface.errors import HhrecError, MissingInputError
from stages.scoring.labels_and_predictions import (
    check_overlap,
    held_out,
    read_labels,
    read_predictions,
)
from tests.worlds import scored_world
from tests.worlds.scored_world import World

FAULTS = {
    "labels twice": ("labels", lambda rows: pl.concat([rows, rows.head(1)]), "other rows have too"),
    "no labels": ("labels", lambda rows: rows.clear(), "at least one labelled row"),
    "null label": (
        "labels",
        lambda rows: rows.with_columns(vacancy_id=pl.lit(None, dtype=pl.String)),
        "column `vacancy_id`: expected no nulls, found 40",
    ),
    "label column": ("labels", lambda rows: rows.drop("vacancy_id"), "column `vacancy_id`"),
    "predictions twice": (
        "predictions",
        lambda rows: pl.concat([rows, rows.head(2)]),
        r"4 row\(s\) with a \(user_id, session_id\) that other rows have too",
    ),
    "repeated id": (
        "predictions",
        lambda rows: rows.with_columns(pl.col("predictions").list.concat(pl.lit(["v1", "v1"]))),
        "a vacancy twice",
    ),
    "null id": (
        "predictions",
        lambda rows: rows.with_columns(predictions=pl.lit([None], dtype=pl.List(pl.String))),
        "a null among",
    ),
    "text": (
        "predictions",
        lambda rows: rows.with_columns(pl.col("predictions").list.join(" ")),
        "column `predictions`: expected List",
    ),
    "other keys": (
        "predictions",
        lambda rows: rows.with_columns(session_id=pl.lit("x")).unique("user_id"),
        "session_id='x'",
    ),
}


def read_both(world: World) -> None:
    labels = read_labels(world.labels)
    check_overlap(labels, read_predictions(world.predictions), world.predictions)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_with_its_file_and_a_next_step(tmp_path: Path, fault: str) -> None:
    world = scored_world.build(tmp_path)
    name, change, message = FAULTS[fault]
    file = world.inputs()[name]
    change(pl.read_parquet(file)).write_parquet(file)
    with pytest.raises(HhrecError, match=message) as caught:
        read_both(world)
    assert str(file) in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("read", [read_labels, read_predictions])
def test_absent_files_are_missing_input_and_broken_ones_are_not(
    tmp_path: Path, read: Callable[[Path], pl.DataFrame]
) -> None:
    file = tmp_path / "x.parquet"
    with pytest.raises(MissingInputError) as caught:
        read(file)
    assert caught.value.hint
    file.write_text("not parquet")
    with pytest.raises(HhrecError, match="not a readable Parquet file") as caught:
        read(file)
    assert caught.value.exit_code == 1


def test_labels_of_validation_rows_are_in_their_sequences(tmp_path: Path) -> None:
    world = scored_world.build(tmp_path)
    rows = pl.read_parquet(world.sequences / "validation" / "*.parquet")
    found = held_out(world.sequences / "validation")
    assert found.columns == ["user_id", "session_id", "vacancy_id"]
    assert found.rows() == rows.select("user_id", "session_id", "label").rows()
    with pytest.raises(HhrecError, match="label"):
        held_out(world.sequences / "test")
    with pytest.raises(MissingInputError):
        held_out(tmp_path / "nowhere")
