"""Logs as public data sets write them: without a header, hours only, ratings, a log to ask now."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from stages.core.raw_sessions import scan_sessions
from stages.data import check, import_log
from stages.data.formats import Flat, open_flat
from stages.data.row_validation import EventLog, action_names
from stages.data.write_parts import Plan
from stages.interface.errors import HhrecError, UsageError
from tests.worlds.event_log import rows_of, sessions_of

NOW = 1_700_000_000
ROWS = [(user, item, NOW + item) for user in (7, 8) for item in range(4)]


def headless(root: Path) -> Path:
    file = root / "events.csv"
    file.write_text("".join(f"{user},{item},{item},{time}\n" for user, item, time in ROWS))
    return file


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (("user_id", "item_id", "", "timestamp"), {}),
        ((), {"user": "1", "item": "2", "time": "4"}),
        (("who",), {"user": "who", "item": "2", "time": "4"}),
    ],
)
def test_a_log_without_a_header_is_read_whole(
    tmp_path: Path, names: tuple[str, ...], columns: dict[str, str]
) -> None:
    log = EventLog(Flat(headless(tmp_path), names=names), **columns)  # type: ignore[arg-type]
    assert import_log.run(log, out=tmp_path / "out").rows == len(ROWS)


def test_a_missing_header_is_said_and_so_are_wrong_names(tmp_path: Path) -> None:
    file = headless(tmp_path)
    with pytest.raises(HhrecError) as error:
        open_flat(Flat(file), ["user_id"])
    assert "--no-header" in error.value.hint
    with pytest.raises(HhrecError, match="names 5 columns, the first line has 4"):
        open_flat(Flat(file, names=tuple("abcde")), ["a"])
    with pytest.raises(UsageError, match="a stands twice"):
        open_flat(Flat(file, names=("a", "a")), ["a"])
    (tmp_path / "a.jsonl").write_text("{}")
    with pytest.raises(UsageError, match="go with csv and tsv, found jsonl"):
        open_flat(Flat(tmp_path / "a.jsonl", names=()), ["a"])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2024-05-01 07", "auto"),
        ("2024-05-01T07", "iso"),
        ("2024-05-01 07", "%Y-%m-%d %H"),
        ("01.05.24 7 AM", "%d.%m.%y %I %p"),
    ],
)
def test_hours_without_minutes_are_full_hours(tmp_path: Path, text: str, written: str) -> None:
    lines = "".join(f"u,{item},{text}\n" for item in "abc")
    (tmp_path / "log.csv").write_text(f"user_id,item_id,timestamp\n{lines}")
    log = EventLog(Flat(tmp_path / "log.csv"), time_format=written)
    report = import_log.run(log, out=tmp_path / "out")
    assert report.first == report.last == datetime(2024, 5, 1, 7)  # noqa: DTZ001


@pytest.mark.parametrize("written", ["%Y-%j-%H:%M", "%", "%Q"])
def test_a_pattern_never_ends_in_blame_of_the_file(tmp_path: Path, written: str) -> None:
    (tmp_path / "log.csv").write_text("user_id,item_id,timestamp\nu,a,2024-05-01\n")
    with pytest.raises(HhrecError) as error:
        import_log.run(
            EventLog(Flat(tmp_path / "log.csv"), time_format=written), out=tmp_path / "out"
        )
    assert "--time-format" in error.value.hint + error.value.message


def rated(root: Path, scale: list[object]) -> Path:
    rows = [f"u{n},i{n},{NOW + n},{scale[n % len(scale)]}" for n in range(20)]
    (root / "log.csv").write_text("\n".join(["user_id,item_id,timestamp,rating", *rows]))
    return root / "log.csv"


@pytest.mark.parametrize("scale", [[1, 2, 3, 4, 5], [3, 10], [1, 2.5]])
def test_ratings_are_not_taken_for_actions(tmp_path: Path, scale: list[object]) -> None:
    log = EventLog(Flat(rated(tmp_path, scale)), action="rating")
    with pytest.raises(HhrecError, match="beside the codes of actions 1, 2, 3") as error:
        import_log.run(log, out=tmp_path / "out")
    assert "--response" in error.value.hint


def test_ratings_with_a_meaning_given_and_flags_of_0_and_1_are_read(tmp_path: Path) -> None:
    named = EventLog(
        Flat(rated(tmp_path, [4, 5])), action="rating", actions=action_names(["5"], ["4"], [])
    )
    plan = Plan("none")
    assert import_log.run(named, out=tmp_path / "a", plan=plan).rejected == {}
    flags = EventLog(Flat(rated(tmp_path, [0, 1])), action="rating")
    assert import_log.run(flags, out=tmp_path / "b", plan=plan).rejected == {"unknown_action": 10}


def test_split_none_holds_nothing_back_and_asks_everybody(tmp_path: Path) -> None:
    text = (
        "user_id,item_id,timestamp\n"
        + "".join(f"{u},{i},{t}\n" for u, i, t in ROWS)
        + f"9,0,{NOW}\n"
    )
    (tmp_path / "log.csv").write_text(text)
    out = tmp_path / "out"
    report = import_log.run(EventLog(Flat(tmp_path / "log.csv")), out=out, plan=Plan("none"))
    assert (report.events["train"], report.test_sessions, report.labels) == (9, 3, 0)
    assert [(user, items) for user, _, items, _ in sessions_of(out, "test")] == [
        ("7", []),
        ("8", []),
        ("9", []),
    ] or {user for user, *_ in rows_of(out, "test")} == {"7", "8", "9"}
    assert not (out / "labels.parquet").exists()
    assert scan_sessions(out / "test.parquet").collect().height == 3
    assert check.run(out).stops == 0
    assert {one.severity for one in check.run(out).findings} == {"info"}
    assert pl.read_parquet(out / "train.parquet")["vacancy_id"].list.len().sum() == 9
