"""Scores of recommendations, beside the baselines and beside each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from stages.api.table_files import as_file
from stages.baselines import stage as baselines
from stages.baselines.stage import Part
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
    with as_file(pl.DataFrame()) as file:
        baselines.run(
            params or Params(),
            name=name,
            part=part,
            sequences=root / "sequences",
            vocab=root / "vocab.parquet",
            out=file,
        )
        return pl.read_parquet(file)


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
        predictions=root / "predictions.parquet",
        validation_predictions=root / "validation_predictions.parquet",
        labels=evaluating.found_labels(Path(raw)),
        raw=Path(raw),
        out=root / "metrics",
        model=root / "model",
        against=[baselines.canonical(name) for name in against],
        sequences=root / "sequences",
        vocab=root / "vocab.parquet",
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
        "sequences": root / "sequences",
        "vocab": root / "vocab.parquet",
        "raw": source,
        "out": None,
    }
