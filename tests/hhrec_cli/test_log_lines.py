"""Lines of a log where there is no terminal: at times, with what was reached and what is left."""

import json
from typing import Any

import pytest

from hhrec_cli import _console, _log_lines, _pace
from hhrec_cli._log_lines import Lines
from stages.interface.errors import HhrecError
from tests.helpers.command import Type

Written = list[tuple[str, dict[str, Any]]]


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(_console.log, "as_json", False)
    monkeypatch.setattr(_log_lines, "time", found)
    monkeypatch.setattr(_pace, "time", found)
    monkeypatch.setattr(_pace, "memory", lambda: 1_234_000_000)
    return found


def test_a_line_comes_every_thirty_seconds(clock: Clock) -> None:
    written: Written = []
    told = Lines("train", lambda text, values: written.append((text, values)))
    for step in range(101):
        told(step, 200, f"loss {step}", loss=float(step), best_mrr_100=0.1)
        clock.now += 1
    assert [values["step"] for _, values in written] == [30, 60, 90]
    text, values = written[0]
    assert text.split("  ")[1:] == [
        "train",
        "30 of 200",
        "loss 30",
        "1.23 GB",
        "3 min left",
    ]
    assert values == {
        "level": "info", "stage": "train", "step": 30, "steps": 200, "loss": 30.0,
        "best_mrr_100": 0.1, "seconds_left": 170, "memory": 1_234_000_000,
    }  # fmt: skip


def test_a_short_stage_writes_nothing_and_a_resumed_one_counts_from_where_it_went_on(
    clock: Clock,
) -> None:
    written: Written = []
    told = Lines("filter", lambda text, values: written.append((text, values)))
    clock.now += 29
    told(900, 1000)
    assert not written
    clock.now += 50
    told(950, 1000, "bad", loss=float("nan"))
    assert written[0][1]["seconds_left"] == 50
    assert written[0][1]["message"] == "bad"  # a figure that is no number is none of JSON


@pytest.mark.usefixtures("clock")
def test_json_lines_on_stderr(hhrec: Type, capsys: pytest.CaptureFixture[str]) -> None:
    shown = hhrec("filter", "--events", "nowhere", "--out", "new", "--log-format", "json")
    line = json.loads(shown.err)
    assert shown.code == 3
    assert (line["level"], line["next"]) == ("error", "run `hhrec explode` to write it anew")
    assert "nowhere" in line["message"]
    assert line["time"].endswith("+00:00")
    _console.use("json")
    _console.note("a long [line]  " + "x" * 300)
    _console.complain(HhrecError("what", "next"))
    lines = [json.loads(each) for each in capsys.readouterr().err.splitlines()]
    assert [one["level"] for one in lines] == ["info", "error"]
    _console.use("text")
    assert "error" in hhrec("filter", "--events", "nowhere", "--out", "new").err.split()[0]


def test_progress_off_a_terminal_is_lines(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    for quiet in (False, True):
        with _console.progress("predict", quiet=quiet) as hook:
            hook(0, 10, rows=0)
            clock.now += 40
            hook(5, 10, "half [way]", rows=5_000)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("predict  5 of 10  half [way]  125 rows/s  1.23 GB  40 s left")
