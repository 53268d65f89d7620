"""The files that scores are kept in: JSON a part, a summary for `dvc metrics`, a CSV for plots."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from stages.core import tables
from stages.core.artifact_paths import BEST_BASELINE
from stages.core.outputs import Output
from stages.core.schema import PREDICTIONS
from stages.evaluate.report_schema import EvaluateReport
from stages.interface.stage_report import Report

COLUMNS = ("part", "model", "metric", "value", "low", "high")
MODEL = "model"


def write_one(report: Report, out: Output) -> None:
    """Write one report as JSON, atomically."""
    with out.replacing() as scratch:
        _json(report.model_dump(mode="json"), scratch)


def write_report(
    report: EvaluateReport, out: Output, lists: Mapping[str, pl.DataFrame | None] | None = None
) -> None:
    """Replace the directory `out` as a whole.

    It gets PART.json, summary.json, comparison.csv, and PART.baseline.parquet where `lists` has
    what the best baseline of a part recommends first.
    """
    with out.replacing() as scratch:
        scratch.mkdir()
        for part, found in report.parts.items():
            _json(found.model_dump(mode="json"), scratch / f"{part}.json")
        _json(summary(report), scratch / "summary.json")
        for part, table in (lists or {}).items():
            if table is not None:
                name = BEST_BASELINE.format(part=part)
                tables.write(table, scratch / name, PREDICTIONS)
        with (scratch / "comparison.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *comparison(report)])


def summary(report: EvaluateReport) -> dict[str, dict[str, float]]:
    """The model's numbers alone: part, then metric."""
    return {part: found.scores[MODEL].metrics for part, found in report.parts.items()}


def comparison(report: EvaluateReport) -> Iterator[tuple[str, str, str, float, float, float]]:
    """Yield one line a part, model and metric, in the order of `COLUMNS`."""
    for part, found in report.parts.items():
        for name, score in found.scores.items():
            for metric, value in score.metrics.items():
                yield part, name, metric, value, *score.intervals[metric]


def _json(value: Any, path: Path) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
