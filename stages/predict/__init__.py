"""Eligibility, and the ranking of the catalogue for every row."""

from stages.predict.stage import run

__all__ = ["run"]
