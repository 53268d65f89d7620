"""The shape of scores: what `hhrec evaluate --json` prints and the metrics files hold."""

from typing import Any

from stages.report import Report

Interval = tuple[float, float]


class Figures(Report):
    """Metrics over some rows, by name, each with its 95 % interval (low, high)."""

    rows: int
    metrics: dict[str, float]
    intervals: dict[str, Interval]


class Score(Figures):
    """One predictions table: `rows` labelled rows, of which `unpredicted` got no prediction."""

    unpredicted: int
    segments: dict[str, dict[str, Figures]]


class FileReport(Score):
    """One predictions file, scored."""

    protocol: dict[str, Any]
    notes: list[str]


class PartReport(Report):
    """The model beside the baselines, on one part."""

    protocol: dict[str, Any]
    scores: dict[str, Score]


class EvaluateReport(Report):
    """Each part that has labels, and remarks on what was left out."""

    parts: dict[str, PartReport]
    notes: list[str]
