"""Two public logs go through the import, where they are at hand."""

from pathlib import Path

import pytest

from stages.data import import_log
from stages.data.formats import Flat
from stages.data.item_table import ItemTable
from stages.data.row_validation import EventLog, action_names
from stages.data.write_parts import Plan

SHARED = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_movielens_gives_a_row_a_user(tmp_path: Path) -> None:
    folder = SHARED / "ml-latest-small"
    log = EventLog(Flat(folder / "ratings.csv"), user="userId", item="movieId")
    fields = {"name": "title", "keySkills.keySkill": "genres"}
    items = ItemTable(Flat(folder / "movies.csv"), "movieId", fields)
    report = import_log.run(log, out=tmp_path / "ml", items=items)
    assert (report.rows, report.test_sessions, report.labels) == (100_004, 671, 671)
    assert (report.vacancies, report.vacancies_without_row) == (9_125, 0)
    assert report.events == {"train": 98_662, "test": 671, "label": 671}


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize("kind", ["leave-one-out", "time-cut"])
def test_otto_is_nested(tmp_path: Path, kind: str) -> None:
    names = action_names(["orders"], ["clicks"], ["carts"])
    log = EventLog(
        Flat(SHARED / "otto-sample" / "train.jsonl", nested="events"),
        user="session",
        item="aid",
        time="ts",
        action="type",
        actions=names,
    )
    report = import_log.run(log, out=tmp_path / "otto", plan=Plan(kind))  # type: ignore[arg-type]
    assert (report.rows, report.rejected, report.time_format) == (862, {}, "ms")
    assert report.labels == report.test_sessions == {"leave-one-out": 3, "time-cut": 1}[kind]
