"""Time, disk and memory of every stage before anything runs."""

from stages.plan.stage import run

__all__ = ["run"]
