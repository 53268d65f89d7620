"""Files are opened by their very names: brackets and stars stand for themselves."""

from pathlib import Path

import polars as pl
import pytest

from stages.core import table_files
from stages.core.raw_sessions import scan_sessions
from stages.data.sample.run import run as sample

NAMES = ("run[1]", "run*", "run?", "[!a]")
MINE, OTHER = pl.DataFrame({"x": [1], "y": [2]}), pl.DataFrame({"x": [8], "z": [9]})
WRITE = {
    "parquet": pl.DataFrame.write_parquet,
    "ipc": pl.DataFrame.write_ipc,
    "csv": pl.DataFrame.write_csv,
    "ndjson": pl.DataFrame.write_ndjson,
}


@pytest.fixture(params=NAMES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder whose name as a pattern fits another one beside it, too."""
    for name, table in ((request.param, MINE), ("run1", OTHER), ("b", OTHER)):
        (tmp_path / name).mkdir()
        for kind, write in WRITE.items():
            with (tmp_path / name / f"t.{kind}").open("wb") as stream:
                write(table, stream)
    return tmp_path / request.param


def test_a_name_is_no_pattern(folder: Path) -> None:
    parquet, ipc = folder / "t.parquet", folder / "t.ipc"
    found = {
        "scan_parquet": table_files.scan_parquet(parquet).collect(),
        "read_parquet": table_files.read_parquet([parquet]),
        "scan_ipc": table_files.scan_ipc([ipc]).collect(),
        "read_ipc": table_files.read_ipc(ipc),
        "scan_csv": table_files.scan_csv(folder / "t.csv").collect(),
        "scan_ndjson": table_files.scan_ndjson(
            [folder / "t.ndjson"], {"x": pl.Int64, "y": pl.Int64}
        ).collect(),
    }
    for name, table in found.items():
        assert table.equals(MINE), name
    assert table_files.read_parquet(parquet, ["y"]).equals(MINE.select("y"))
    assert table_files.read_ipc(ipc, ["y"]).equals(MINE.select("y"))
    assert dict(table_files.parquet_schema(parquet)) == dict(MINE.schema)
    assert "ARROW:schema" in table_files.parquet_metadata(parquet)


def test_several_files_stand_one_behind_the_other(folder: Path) -> None:
    files = [folder / "t.parquet", folder / "u.parquet"]
    with files[1].open("wb") as stream:
        MINE.write_parquet(stream)
    assert table_files.scan_parquet(files).collect().equals(pl.concat([MINE, MINE]))
    assert (table_files.row_count(files), table_files.row_count(files[0])) == (2, 1)


def test_columns_are_those_of_the_file_and_not_of_its_folders(tmp_path: Path) -> None:
    place = tmp_path / "day=7"
    place.mkdir()
    MINE.write_parquet(place / "t.parquet")
    assert table_files.read_parquet([place / "t.parquet"]).equals(MINE)


def test_raw_sessions_are_those_of_the_named_directory(tmp_path: Path) -> None:
    for name, seed in (("run[1]", 1), ("run1", 2)):
        sample(out=tmp_path / name, sessions=60, vacancies=60, seed=seed)
    found = scan_sessions(tmp_path / "run[1]" / "train.parquet").select("session_id").collect()
    for name, same in (("run[1]", True), ("run1", False)):
        with (tmp_path / name / "train.parquet").open("rb") as stream:
            assert found.equals(pl.read_parquet(stream, columns=["session_id"])) is same
