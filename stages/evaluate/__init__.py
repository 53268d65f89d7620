"""Scores with intervals, comparison with baselines, protocol card."""

from stages.evaluate.stage import run

__all__ = ["run"]
