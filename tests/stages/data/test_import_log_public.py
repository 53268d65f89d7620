"""Public logs go through the import: their formats made up, and the real ones where they are."""

from pathlib import Path

import pytest

from stages.data import import_log
from stages.data.formats import Flat
from stages.data.import_report import ImportReport
from stages.data.item_table import ItemTable
from stages.data.row_validation import EventLog, action_names
from stages.data.write_parts import Plan
from tests.worlds import public_logs

SHARED = Path(__file__).parents[4] / "shared" / "data"


def of_movielens(folder: Path, out: Path) -> ImportReport:
    log = EventLog(Flat(folder / "ratings.csv"), user="userId", item="movieId")
    fields = {"name": "title", "keySkills.keySkill": "genres"}
    items = ItemTable(Flat(folder / "movies.csv"), "movieId", fields)
    return import_log.run(log, out=out, items=items)


def of_otto(file: Path, out: Path, kind: str) -> ImportReport:
    log = EventLog(
        Flat(file, nested="events"),
        user="session",
        item="aid",
        time="ts",
        action="type",
        actions=action_names(["orders"], ["clicks"], ["carts"]),
    )
    return import_log.run(log, out=out, plan=Plan(kind))  # type: ignore[arg-type]


def test_the_format_of_movielens_gives_a_row_a_user(tmp_path: Path) -> None:
    written = public_logs.movielens(tmp_path / "ml")
    report = of_movielens(tmp_path / "ml", tmp_path / "out")
    assert (report.rows, report.rejected) == (written.rows, {})
    assert report.users == report.test_sessions == report.labels == written.users
    assert (report.vacancies, report.vacancies_without_row) == (written.items, 0)
    left = written.rows - 2 * written.users
    assert report.events == {"train": left, "test": written.users, "label": written.users}


@pytest.mark.parametrize("kind", ["leave-one-out", "time-cut"])
def test_the_format_of_otto_is_nested(tmp_path: Path, kind: str) -> None:
    written = public_logs.otto(tmp_path / "train.jsonl")
    report = of_otto(tmp_path / "train.jsonl", tmp_path / "out", kind)
    assert (report.rows, report.rejected, report.time_format) == (written.rows, {}, "ms")
    assert sum(report.events.values()) + sum(report.left_out.values()) == written.rows
    late = written.asked_after(report.cut) if report.cut else written.users
    assert report.labels == report.test_sessions == late > 0
    assert (report.cut is not None) == (kind == "time-cut")
    assert (report.vacancies, report.vacancies_without_row) == (written.items, written.items)


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_movielens_gives_a_row_a_user(tmp_path: Path) -> None:
    report = of_movielens(SHARED / "ml-latest-small", tmp_path / "ml")
    assert (report.rows, report.test_sessions, report.labels) == (100_004, 671, 671)
    assert (report.vacancies, report.vacancies_without_row) == (9_125, 0)
    assert report.events == {"train": 98_662, "test": 671, "label": 671}


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize("kind", ["leave-one-out", "time-cut"])
def test_otto_is_nested(tmp_path: Path, kind: str) -> None:
    report = of_otto(SHARED / "otto-sample" / "train.jsonl", tmp_path / "otto", kind)
    assert (report.rows, report.rejected, report.time_format) == (862, {}, "ms")
    assert report.labels == report.test_sessions == {"leave-one-out": 3, "time-cut": 1}[kind]
