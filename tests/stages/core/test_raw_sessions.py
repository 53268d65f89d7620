"""Raw session files: what is accepted, why a row or an event cannot be used, one row an event."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from stages.core import raw_sessions
from stages.core.schema import RAW_SESSIONS
from stages.interface.errors import HhrecError, MissingInputError

DAY = datetime(2024, 1, 1)  # noqa: DTZ001  times inside hhrec have no zone
GOOD = ("u", "1", ["a", "b"], [1, 2], [DAY, DAY])
FAULTY = {
    "null_id": (None, "1", ["a"], [1], [DAY]),
    "null_list": ("u", "2", None, [1], [DAY]),
    "unequal_lists": ("u", "3", ["a", "b"], [1], [DAY]),
    "empty_list": ("u", "4", [], [], []),
}


def written(path: Path, *rows: tuple[object, ...]) -> Path:
    file = path / "train.parquet"
    pl.DataFrame(list(rows), schema=dict(RAW_SESSIONS), orient="row").write_parquet(file)
    return file


def scanned(path: Path, *rows: tuple[object, ...]) -> pl.LazyFrame:
    return raw_sessions.scan_sessions(written(path, *rows))


@pytest.mark.parametrize("fault", FAULTY)
def test_a_row_that_cannot_be_used_has_its_reason(tmp_path: Path, fault: str) -> None:
    assert scanned(tmp_path, FAULTY[fault], GOOD).collect()["fault"].to_list() == [fault, None]


def test_rows_and_events_are_counted_by_reason(tmp_path: Path) -> None:
    rows = scanned(tmp_path, GOOD, GOOD, *FAULTY.values())
    assert raw_sessions.row_counts(rows) == {
        None: (2, 4),
        "empty_list": (1, 0),
        "null_id": (1, 1),
        "null_list": (1, 0),
        "unequal_lists": (1, 2),
    }
    assert raw_sessions.fault_counts(rows) == dict.fromkeys(sorted(FAULTY), 1)
    assert raw_sessions.event_count(rows) == 2 + 2 + 1 + 1 + 1  # by the actions


def test_an_event_has_a_place_a_reason_and_a_known_action(tmp_path: Path) -> None:
    row = ("u", "1", ["a", None, "c", "d"], [2, 1, None, 9], [DAY, DAY, DAY, None])
    events = raw_sessions.explode_sessions(scanned(tmp_path, row, FAULTY["unequal_lists"]))
    found = events.select("vacancy_id", "action_type", "position", "fault").collect()
    assert found.rows() == [
        ("a", 2, 0, None),
        (None, 1, 1, "null_vacancy"),
        ("c", 0, 2, "null_action"),
        ("d", 0, 3, "null_time"),
        (None, 0, 0, "unequal_lists"),
    ]


def test_narrow_integers_and_other_units_of_time_are_accepted(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    narrow = pl.read_parquet(file).with_columns(
        pl.col("action_type").cast(pl.List(pl.UInt8)),
        pl.col("action_dt").cast(pl.List(pl.Datetime("ns"))),
    )
    expected = raw_sessions.scan_sessions(file).collect()
    narrow.write_parquet(file)
    assert raw_sessions.scan_sessions(file).collect().equals(expected)


def test_files_that_hold_no_sessions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="nowhere"):
        raw_sessions.scan_sessions(tmp_path / "nowhere")
    file = tmp_path / "train.parquet"
    file.write_text("text")
    with pytest.raises(HhrecError, match="not a readable Parquet file"):
        raw_sessions.scan_sessions(file)
    pl.DataFrame({"user_id": ["u"], "action_dt": [["now"]]}).write_parquet(file)
    with pytest.raises(
        HhrecError, match=r"`session_id`: expected String, found nothing.*action_dt"
    ):
        raw_sessions.scan_sessions(file)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([GOOD, FAULTY["null_id"]], r"1 row\(s\) with a null user_id or session_id"),
        ([GOOD, GOOD, FAULTY["null_list"]], r"1 session\(s\) stand in more .* user_id 'u'"),
    ],
)
def test_rows_without_a_key_of_their_own_cannot_be_answered(
    tmp_path: Path, rows: list[tuple[object, ...]], said: str
) -> None:
    sessions = scanned(tmp_path, *rows)
    with pytest.raises(HhrecError, match=said):
        raw_sessions.check_keys(tmp_path, sessions)


def test_one_user_may_have_many_sessions(tmp_path: Path) -> None:
    sessions = scanned(tmp_path, GOOD, FAULTY["null_list"], FAULTY["empty_list"])
    raw_sessions.check_keys(tmp_path, sessions)
    assert sessions.collect()["user_id"].to_list() == ["u"] * 3
