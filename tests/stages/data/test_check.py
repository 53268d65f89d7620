"""Each fault planted in good raw files is found, counted, and shown."""

from pathlib import Path

import polars as pl
import pytest

from stages.data import check
from stages.interface.errors import HhrecError, MissingInputError
from tests.worlds.planted_faults import FIRST, LATE, NEXT, PLANTS, Tables, good

SHARED = Path(__file__).parents[4] / "shared" / "data" / "deskdrop"


def _write(tables: Tables, directory: Path) -> Path:
    directory.mkdir(exist_ok=True)
    for name, rows in tables.items():
        rows.write_parquet(directory / f"{name}.parquet")
    return directory


def test_good_files_have_no_finding(tmp_path: Path) -> None:
    report = check.run(_write(good(), tmp_path))
    assert report.findings == []
    rows = {"train.parquet": 2, "test.parquet": 2, "vacancies.parquet": 3, "labels.parquet": 2}
    assert report.rows == rows
    assert report.events == {"train.parquet": 3, "test.parquet": 3}
    assert report.times == {"train.parquet": (FIRST, NEXT), "test.parquet": (LATE, LATE)}


@pytest.mark.parametrize("fault", PLANTS)
def test_a_planted_fault_is_found(tmp_path: Path, fault: str) -> None:
    file, finding, counts, example = fault.split(" | ")
    severity, code = finding.split()
    count, total = map(int, counts.split(" of "))
    tables = good()
    PLANTS[fault](tables)
    report = check.run(_write(tables, tmp_path))
    found = [one for one in report.findings if (one.file, one.code) == (f"{file}.parquet", code)]
    assert [(one.severity, one.count) for one in found] == [(severity, count)]
    assert found[0].share == pytest.approx(count / total if total else 1.0)
    assert example in found[0].example
    assert (report.stops > 0) == (severity == "stop")


def test_findings_come_worst_first(tmp_path: Path) -> None:
    tables = good()
    for fault in ("test | info unknown_user", "train | warn null_list", "test | stop null_id"):
        next(plant for name, plant in PLANTS.items() if name.startswith(fault))(tables)
    found = check.run(_write(tables, tmp_path)).findings
    assert [one.severity for one in found] == ["stop", "warn", "info", "info"]


def test_labels_are_optional(tmp_path: Path) -> None:
    tables = good()
    del tables["labels"]
    found = check.run(_write(tables, tmp_path)).findings
    assert [(one.severity, one.file, one.code) for one in found] == [
        ("info", "labels.parquet", "absent")
    ]


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="expected a directory"):
        check.run(tmp_path / "nowhere")
    tables = good()
    del tables["test"], tables["vacancies"]
    with pytest.raises(MissingInputError, match=r"no test\.parquet, vacancies\.parquet in it"):
        check.run(_write(tables, tmp_path))


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    directory = _write(good(), tmp_path)
    content = bytearray((directory / "train.parquet").read_bytes())
    content[4:200] = b"\xff" * 196
    (directory / "train.parquet").write_bytes(content)
    with pytest.raises(HhrecError, match=r"train\.parquet: not readable"):
        check.run(directory)


def test_another_format_is_a_finding(tmp_path: Path) -> None:
    directory = _write(good(), tmp_path)
    (directory / "vacancies.parquet").write_text("vacancy_id,name\n")
    found = check.run(directory).findings
    assert [(one.file, one.code) for one in found] == [("vacancies.parquet", "unusable_file")]


def test_times_of_another_unit_are_as_good(tmp_path: Path) -> None:
    tables = good()
    micros = pl.List(pl.Datetime("us"))
    tables["train"] = tables["train"].with_columns(pl.col("action_dt").cast(micros))
    assert check.run(_write(tables, tmp_path)).findings == []


def test_a_generated_log_passes(small_artifacts: Path) -> None:
    report = check.run(small_artifacts / "raw")
    assert report.stops == 0
    assert report.rows["test.parquet"] == report.rows["labels.parquet"] > 0
    assert {one.severity for one in report.findings} <= {"info"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_a_real_log_passes() -> None:
    report = check.run(SHARED)
    assert report.rows["test.parquet"] == report.rows["labels.parquet"] == 405
    assert [one.severity for one in report.findings] == ["info", "info"]
