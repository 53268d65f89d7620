"""Figures of a report as a person reads them."""

import pytest
from pydantic import ValidationError

from stages.interface.stage_report import Progress, Report, silent


class Small(Report):
    rows: int
    by_action: dict[str, int]
    notes: list[str] = []  # noqa: RUF012  pydantic copies it


def test_figures_are_flat_and_named_by_their_path() -> None:
    report = Small(rows=3, by_action={"view": 2, "response": 1})
    assert list(report.figures()) == [
        ("rows", 3),
        ("by_action.view", 2),
        ("by_action.response", 1),
        ("notes", []),
    ]
    assert report.remarks() == []


def test_a_report_is_what_it_was_made_as() -> None:
    report = Small(rows=3, by_action={})
    with pytest.raises(ValidationError):
        report.rows = 4  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Small(rows=3, by_action={}, more=1)  # type: ignore[call-arg]


def test_silence_takes_what_every_progress_takes(capsys: pytest.CaptureFixture[str]) -> None:
    progress: Progress = silent
    progress(1, 2)
    progress(2, 2, "loss 3.1")
    assert capsys.readouterr() == ("", "")
