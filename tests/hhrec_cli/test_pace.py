"""The pace of a stage: rows a second, time left, memory."""

from pathlib import Path

import pytest

from hhrec_cli import _console, _pace
from hhrec_cli._pace import Meter, Pace, memory, seconds_left
from stages.interface.durations import duration


def test_times_in_words() -> None:
    assert [duration(one) for one in (3, 119, 300, 7300)] == ["3 s", "119 s", "5 min", "2.0 h"]
    assert seconds_left(10, 0, 5) is None


def test_a_pace_says_what_is_known() -> None:
    whole = Pace(left=90.4, rate=1234.5, memory=2_500_000_000)
    assert whole.words() == ["1,234 rows/s", "2.50 GB", "90 s left"]
    assert whole.values() == {
        "seconds_left": 90, "rows_per_second": 1234, "memory": 2_500_000_000,
    }  # fmt: skip
    nothing = Pace(None, None, None)
    assert (nothing.words(), nothing.values()) == ([], {"seconds_left": None})


def test_rows_count_from_the_first_report(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([10.0, 14.0])
    monkeypatch.setattr(_pace.time, "monotonic", lambda: next(now))
    meter = Meter()
    assert meter(2, 10, 1_000).rate is None
    found = meter(4, 10, 3_000)
    assert (found.rate, found.left) == (500, 12)


def test_memory_is_that_of_this_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held = memory()
    assert held is None or 10**7 < held < 10**12
    monkeypatch.setattr(_pace, "STATUS", tmp_path / "none")
    assert memory() is None


def test_a_bar_on_a_terminal_shows_the_pace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    console = _console.Console(stderr=True, highlight=False, force_terminal=True, width=120)
    monkeypatch.setattr(_console, "stderr", console)
    with _console.progress("explode", quiet=False) as hook:
        hook(0, 4, rows=0)
        hook(2, 4, "ordered", rows=1_000)
    shown = capsys.readouterr().err
    assert "rows/s" in shown
    assert "ordered" in shown
