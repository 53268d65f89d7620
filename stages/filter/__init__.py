"""Train events without bots, unknown actions and rare users and vacancies (k-core)."""

from stages.filter.stage import run

__all__ = ["run"]
