"""The HTML page about one directory of artifacts."""

from stages.report.stage import run

__all__ = ["run"]
