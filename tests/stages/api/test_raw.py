"""`hhrec.import_log`: frames and files, of events and of vacancies."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from stages.api.raw import check, import_log
from stages.interface.errors import HhrecError, UsageError

START = datetime.fromisoformat("2024-05-01T09:00:00")
EVENTS = pl.DataFrame(
    {
        "user_id": [f"u{n % 4}" for n in range(24)],
        "job": [f"v{n % 7}" for n in range(24)],
        "timestamp": [START + timedelta(hours=7 * n) for n in range(24)],
        "kind": ["apply" if n % 2 else "look" for n in range(24)],
    }
)
JOBS = pl.DataFrame({"job": [f"v{n}" for n in range(9)], "title": [f"Job {n}" for n in range(9)]})


@pytest.mark.parametrize("kind", ["frames", "files"])
def test_frames_and_files_give_the_same(tmp_path: Path, kind: str) -> None:
    events, jobs = EVENTS, JOBS
    if kind == "files":
        events, jobs = tmp_path / "events.csv", tmp_path / "jobs.parquet"
        EVENTS.write_csv(events)
        JOBS.write_parquet(jobs)
    out = tmp_path / "raw"
    report = import_log(
        events, out, item="job", action="kind", responses=["apply"], views=["look"],
        items=jobs, items_title="title",
    )  # fmt: skip
    assert (report.users, report.rows, report.vacancies) == (4, 24, 9)
    assert check(out).stops == 0
    catalogue = pl.read_parquet(out / "vacancies.parquet").sort("vacancy_id")
    assert catalogue.select("vacancy_id", "name").rows() == JOBS.rows()


def test_an_import_is_not_replaced_unless_asked(tmp_path: Path) -> None:
    import_log(EVENTS, tmp_path / "raw", item="job")
    with pytest.raises(HhrecError, match="already holds"):
        import_log(EVENTS, tmp_path / "raw", item="job")
    assert import_log(EVENTS, tmp_path / "raw", item="job", force=True).users == 4


def test_names_of_actions_need_their_column(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column holds them"):
        import_log(EVENTS, tmp_path / "raw", item="job", responses=["apply"])
