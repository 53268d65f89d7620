"""Blend: which files and weights make sense, and what is written for the rows of all files."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stages.blend import stage as blend
from stages.blend.stage import BlendReport
from stages.core import tables
from stages.core.schema import PREDICTIONS, VALIDATION_SEQUENCES
from stages.interface.errors import HhrecError, UsageError
from stages.params import Params, PredictParams

A, B, C = Path("a"), Path("b"), Path("c")


def predictions(path: Path, **lists: list[str]) -> Path:
    """Write a row a user, of session `s`."""
    rows = [(user, "s", ids) for user, ids in lists.items()]
    tables.write(pl.DataFrame(rows, schema=dict(PREDICTIONS), orient="row"), path, PREDICTIONS)
    return path


def labelled(root: Path, **labels: str) -> Path:
    """Write validation sequences of which only the labels are of interest."""
    rows = [(user, "s", [], [], [], [], None, label, 1) for user, label in labels.items()]
    table = pl.DataFrame(rows, schema=dict(VALIDATION_SEQUENCES), orient="row")
    bucket = root / "sequences" / "validation" / "bucket-00000.parquet"
    tables.write(table, bucket, VALIDATION_SEQUENCES)
    return root / "sequences"


def run(root: Path, files: list[Path], **given: Any) -> tuple[BlendReport, dict[str, list[str]]]:
    settings = {"weights": None, "tune": (), "sequences": root / "sequences", **given}
    report = blend.run(
        Params(predict=PredictParams(k=3)), files=files, out=root / "out.parquet", **settings
    )
    rows = pl.read_parquet(root / "out.parquet")
    return report, dict(rows.select("user_id", "predictions").iter_rows())


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return [
        predictions(tmp_path / "one.parquet", ann=["v1", "v2"], bob=["v1"]),
        predictions(tmp_path / "two.parquet", ann=["v3", "v2", "v4"], eve=["v9"]),
    ]


def test_every_row_of_any_file_is_answered(tmp_path: Path, files: list[Path]) -> None:
    report, lists = run(tmp_path, files)
    assert lists == {"ann": ["v2", "v1", "v3"], "bob": ["v1"], "eve": ["v9"]}
    assert (report.rows, report.recommendations, report.validation_mrr) == (3, 5, None)
    assert report.weights == {str(file): 1.0 for file in files}


def test_given_weights_are_taken(tmp_path: Path, files: list[Path]) -> None:
    report, lists = run(tmp_path, files, weights=(0, 2))
    assert lists["ann"] == ["v3", "v2", "v4"]
    assert list(report.weights.values()) == [0, 2]


def test_tuned_weights_favour_who_knows_the_labels(tmp_path: Path, files: list[Path]) -> None:
    right = predictions(tmp_path / "right.parquet", x=["v1", "v2"], y=["v2", "v1"])
    wrong = predictions(tmp_path / "wrong.parquet", x=["a3", "a1"], y=["a3", "a1"])
    sequences = labelled(tmp_path, x="v1", y="v2")
    report, _ = run(tmp_path, files, tune=(wrong, right), sequences=sequences)
    assert report.validation_mrr == 1
    first, second = report.weights.values()
    assert first < second


def test_without_labels_nothing_can_be_tuned(tmp_path: Path, files: list[Path]) -> None:
    sequences = labelled(tmp_path)
    with pytest.raises(HhrecError, match="expected labels to tune on, found none") as caught:
        blend.tuned(files, sequences)
    assert "--weights" in caught.value.hint


@pytest.mark.parametrize(
    ("files", "weights", "tune", "said"),
    [
        ([A], None, (), "two or more different files, found 1"),
        ([A, A], None, (), "two or more different files"),
        ([A, B], (1, 1), (A, B), "both weights and files"),
        ([A, B], None, (A,), "one file of validation rows for each of 2 files, found 1"),
        ([A, B], (1,), (), "expected 2 numbers"),
        ([A, B], (0, 0), (), "not all 0"),
        ([A, B], (1, -1), (), "found 1,-1"),
        ([A, B], (1, float("nan")), (), "found 1,nan"),
    ],
)
def test_what_makes_no_sense_is_refused(
    files: list[Path], weights: tuple[float, ...] | None, tune: tuple[Path, ...], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        blend.check(files, weights, tune)


@pytest.mark.parametrize(("weights", "tune"), [(None, ()), ((0, 1, 1), ()), (None, (C, B, A))])
def test_what_makes_sense_is_not(weights: tuple[float, ...] | None, tune: tuple[Path, ...]) -> None:
    assert blend.check([A, B, C], weights, tune) is None  # type: ignore[func-returns-value]
