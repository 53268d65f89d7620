"""Reciprocal rank fusion of several recommenders' predictions."""

from stages.blend.stage import run

__all__ = ["run"]
