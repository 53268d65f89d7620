"""The report: one HTML file about one directory of artifacts, for people."""

from stages.page.build import PageReport, run

__all__ = ["PageReport", "run"]
