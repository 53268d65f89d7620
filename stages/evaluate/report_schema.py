"""The shape of scores: what `hhrec evaluate --json` prints and the metrics files hold."""

from typing import Any

from stages.interface.stage_report import Report

Interval = tuple[float, float]


class Figures(Report):
    """Metrics over some rows, by name, each with its 95 % interval (low, high)."""

    rows: int
    metrics: dict[str, float]
    intervals: dict[str, Interval]


class Spread(Report):
    """A figure of how recommendations are spread, with its 95 % interval."""

    value: float
    low: float
    high: float


class Score(Figures):
    """One predictions table: `rows` labelled rows, of which `unpredicted` got no prediction.

    `spread` says how the lists of these rows are spread over vacancies and employers; for most of it
    less is better, so it stands apart from the metrics.
    """

    unpredicted: int
    segments: dict[str, dict[str, Figures]]
    spread: dict[str, Spread]


class FileReport(Score):
    """One predictions file, scored."""

    protocol: dict[str, Any]
    notes: list[str]


class Difference(Report):
    """First - second on the same rows: paired 95 % interval, share of resamples above 0."""

    value: float
    low: float
    high: float
    above: float


class PartReport(Report):
    """The model beside the baselines, on one part; differences are model - baseline, by metric.

    `baselines_seen` says what became of seen vacancies in each baseline's lists; `best_baseline`
    names the one with the best MRR@100, whose first vacancies are in PART.baseline.parquet.
    """

    protocol: dict[str, Any]
    scores: dict[str, Score]
    differences: dict[str, dict[str, Difference]]
    baselines_seen: dict[str, dict[str, str]]
    best_baseline: str | None = None


class Paired(Report):
    """Two predictions tables on the same rows, by metric."""

    rows: int
    first: dict[str, float]
    second: dict[str, float]
    differences: dict[str, Difference]


class CompareReport(Paired):
    """Two predictions files, compared on every labelled row and by segment."""

    files: tuple[str, str]
    segments: dict[str, dict[str, Paired]]
    protocol: dict[str, Any]
    notes: list[str]


class EvaluateReport(Report):
    """Each part that has labels, and remarks on what was left out."""

    parts: dict[str, PartReport]
    notes: list[str]
