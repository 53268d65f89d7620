"""Scores of recommendations, beside the baselines and beside each other."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from stages.api.frame_files import as_file
from stages.baselines import stage as baselines
from stages.baselines.stage import Part
from stages.core import table_files
from stages.core.artifact_paths import (
    METRICS_DIR,
    MODEL_DIR,
    SEQUENCES_DIR,
    TEST,
    VALIDATION,
    VOCAB_FILE,
    predictions_file,
)
from stages.evaluate import compare as comparing
from stages.evaluate import stage as evaluating
from stages.evaluate.report_schema import CompareReport, EvaluateReport, FileReport
from stages.params import Params

Predictions = pl.DataFrame | str | Path


def baseline(
    name: str, artifacts: str | Path, *, part: Part = "test", params: Params | None = None
) -> pl.DataFrame:
    """Recommend without a model: `user_id`, `session_id`, `predictions`.

    Args:
        name: popular, trending, item_knn, als, last_viewed, or last_viewed_then_ and one of the
            middle three.
        artifacts: Directory with sequences and vocab.parquet.
        part: Rows to recommend for.
        params: All parameters; the defaults if not given.
    """
    root = Path(artifacts)
    with TemporaryDirectory(prefix="hhrec-") as directory:
        file = Path(directory) / predictions_file(part)
        baselines.run(
            params or Params(),
            name=name,
            part=part,
            sequences=root / SEQUENCES_DIR,
            vocab=root / VOCAB_FILE,
            out=file,
        )
        return table_files.read_parquet(file)


def evaluate(
    raw: str | Path,
    artifacts: str | Path,
    *,
    params: Params | None = None,
    against: Sequence[str] = tuple(baselines.BASELINES),
) -> EvaluateReport:
    """Score the model's predictions among `artifacts` beside the baselines, as `hhrec evaluate` does.

    Args:
        raw: Directory of the input files, labels.parquet among them if the answers are known.
        artifacts: Directory that `run` wrote; `metrics` in it is replaced.
        params: All parameters; the defaults if not given.
        against: Names of baselines.
    """
    root = Path(artifacts)
    return evaluating.run(
        params or Params(),
        predictions=root / predictions_file(TEST),
        validation_predictions=root / predictions_file(VALIDATION),
        labels=evaluating.found_labels(Path(raw)),
        raw=Path(raw),
        out=root / METRICS_DIR,
        model=root / MODEL_DIR,
        against=[baselines.canonical(name) for name in against],
        sequences=root / SEQUENCES_DIR,
        vocab=root / VOCAB_FILE,
    )


def score(
    predictions: Predictions,
    raw: str | Path,
    artifacts: str | Path,
    *,
    part: Part = "test",
    params: Params | None = None,
) -> FileReport:
    """Score anyone's predictions for the rows of a part.

    Args:
        predictions: A frame or Parquet file: `user_id`, `session_id`, `predictions` (best first).
        raw: Directory of the input files; labels.parquet in it has the answers for test.
        artifacts: Directory with sequences and vocab.parquet.
        part: Whose rows they are.
        params: `evaluate` is used; the defaults if not given.
    """
    with as_file(predictions) as file:
        return evaluating.score_file(
            params or Params(), predictions=file, **_truth(raw, artifacts, part)
        )


def compare(
    first: Predictions,
    second: Predictions,
    raw: str | Path,
    artifacts: str | Path,
    *,
    part: Part = "test",
    params: Params | None = None,
) -> CompareReport:
    """Compare two recommenders' predictions for the same rows, with paired intervals.

    Args:
        first: Predictions, as for `score`.
        second: Those beside them.
        raw: Directory of the input files; labels.parquet in it has the answers for test.
        artifacts: Directory with sequences and vocab.parquet.
        part: Whose rows they are.
        params: `evaluate` is used; the defaults if not given.
    """
    with as_file(first) as one, as_file(second) as other:
        return comparing.run(params or Params(), files=(one, other), **_truth(raw, artifacts, part))


def _truth(raw: str | Path, artifacts: str | Path, part: Part) -> dict[str, Any]:
    """What two ways of scoring have in common."""
    root, source = Path(artifacts), Path(raw)
    return {
        "labels": evaluating.labels_of(source, part, None),
        "part": part,
        "sequences": root / SEQUENCES_DIR,
        "vocab": root / VOCAB_FILE,
        "raw": source,
        "out": None,
    }
