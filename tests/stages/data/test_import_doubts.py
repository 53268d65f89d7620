"""What may have been read wrongly is said, with figures and the option to try."""

from pathlib import Path

import polars as pl

from stages.data import import_log
from stages.data.formats import Flat
from stages.data.import_doubts import doubts, facts, heavy
from stages.data.import_report import ImportReport
from stages.data.item_table import ItemTable
from stages.data.row_validation import EventLog

NOW = 1_700_000_000


def imported(root: Path, rows: list[tuple[object, ...]], **settings: object) -> ImportReport:
    text = "user_id,item_id,timestamp\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    (root / "log.csv").write_text(text)
    nulls = settings.pop("nulls", ())
    log = EventLog(Flat(root / "log.csv", nulls=nulls))  # type: ignore[arg-type]
    return import_log.run(log, out=root / "out", **settings)  # type: ignore[arg-type]


def usual(users: int = 3, events: int = 4) -> list[tuple[object, ...]]:
    return [
        (f"u{user}", f"i{place}", NOW + place) for user in range(users) for place in range(events)
    ]


def test_a_usual_log_gives_no_doubt(tmp_path: Path) -> None:
    report = imported(tmp_path, usual())
    assert report.remarks() == report.doubts == []
    assert (str(report.first), str(report.last)) == ("2023-11-14 22:13:20", "2023-11-14 22:13:23")
    assert "doubts" not in dict(report.figures())


def test_days_and_offsets_and_two_units_are_told_by_their_times(tmp_path: Path) -> None:
    days = [
        (user, item, 45_000 + int(item)) for user, item, _ in usual() for item in [str(item)[1:]]
    ]
    [said] = imported(tmp_path, days).doubts
    assert "12 of 12 events lie before 1990 or after 2100 (first 1970-01-01 12:30:00" in said
    (tmp_path / "mixed").mkdir()
    mixed = [(u, i, t * 1_000 if i != "i0" else t) for u, i, t in usual()]  # type: ignore[operator]
    [said] = imported(tmp_path / "mixed", mixed).doubts
    assert "3 of 12 events" in said


def test_words_of_null_are_named_with_the_option_that_makes_them_null(tmp_path: Path) -> None:
    rows = [*usual(), *(("NA", f"i{place}", NOW + place) for place in range(5)), ("u0", "nan", NOW)]
    report = imported(tmp_path, rows)
    assert "user NA (5 events), item nan (1 events)" in report.doubts[0]
    assert "--null-values 'NA,nan'" in report.doubts[0]
    (tmp_path / "again").mkdir()
    report = imported(tmp_path / "again", rows, nulls=("NA", "nan"))
    assert report.rejected == {"null_user": 5, "null_item": 1}
    assert report.doubts == []


def test_a_user_that_stands_for_many_is_named(tmp_path: Path) -> None:
    guest = [("guest", f"i{place % 4}", NOW + place) for place in range(60)]
    assert any(
        "user 'guest' has 60 of 72 events" in one
        for one in imported(tmp_path, [*usual(), *guest]).doubts
    )
    assert not heavy(30, 60, 30)
    assert not heavy(99, 1_000, 1)


def test_ties_are_counted(tmp_path: Path) -> None:
    tied = [(user, item, NOW) for user, item, _ in usual()]
    report = imported(tmp_path, tied)
    assert report.tied == 12
    assert "ties: 12 of 12 events share their time" in report.doubts[0]


def test_items_without_a_row_are_named(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("id,name\ni0.0,A\n")
    report = imported(tmp_path, usual(), items=ItemTable(Flat(tmp_path / "items.csv"), "id"))
    assert (
        "none of 4 items of the events have a row; without one are 'i0', 'i1', 'i2' …"
        in report.doubts[0]
    )


def test_facts_and_doubts_of_accepted_events() -> None:
    times = pl.Series([0, 1], dtype=pl.Datetime("us"))
    known = facts(pl.LazyFrame({"user": ["a", "a"], "item": ["x", "None"], "time": times}))
    assert (known.events, known.unusual, known.words, known.most) == (2, 2, {"item None": 1}, 2)
    assert len(doubts(known, tied=0, unmatched=[], items=None)) == 2
