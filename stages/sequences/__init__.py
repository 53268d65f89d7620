"""Histories and contexts as item ids."""

from stages.sequences.stage import run

__all__ = ["run"]
