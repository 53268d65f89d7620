"""`hhrec tune` in a finished project: a table, the command to go on with, a place on the page."""

from pathlib import Path

import pytest

from tests.helpers.command import Type

pytest.importorskip("optuna")
WORDS = ("tune", "--space", "train.lr=0.01..0.02", "--space", "train.loss=full,gbce")


def test_trials_are_shown_kept_and_told_on_the_page(project: Path, hhrec: Type) -> None:
    shown = hhrec(*WORDS, "--trials", "2")
    assert shown.code == 0, shown.err
    head, *rows = shown.out.splitlines()
    assert head.split() == ["number", "state", "mrr_100", "epochs", "seconds", "lr", "loss"]
    assert len(rows) == 2
    assert "next: hhrec train --set train.lr=0.01" in shown.said()
    again = hhrec(*WORDS, "--trials", "2", "--json").json()
    assert (again["complete"], len(again["trials"])) == (2, 2)
    assert hhrec("status", "--json").json()["trials.json"]["state"] == "fresh"
    assert hhrec("report", "--quiet").code == 0
    assert "2 trials of a search" in (project / "artifacts/report.html").read_text("utf-8")


@pytest.mark.usefixtures("project")
def test_another_search_is_refused_with_the_word_that_begins_anew(hhrec: Type) -> None:
    assert hhrec(*WORDS, "--trials", "1", "--quiet").code == 0
    other = hhrec(*WORDS[:3], "--trials", "1")
    assert other.code == 1
    assert "--anew" in other.said()
    assert hhrec(*WORDS[:3], "--trials", "1", "--anew", "--quiet").code == 0
    assert hhrec("tune", "--space", "lr=1..2").code == 2
