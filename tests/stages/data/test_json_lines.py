"""JSON lines: lists are lists as in Parquet, objects are refused, what is read of a file is said."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from stages.data import import_log, json_lines
from stages.data.formats import Flat, open_flat
from stages.data.item_table import ItemTable, catalogue
from stages.data.row_validation import EventLog
from stages.interface.errors import HhrecError

SKILLS = "keySkills.keySkill"


def written(file: Path, *rows: object) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_lists_of_a_row_are_events_as_in_parquet(tmp_path: Path) -> None:
    row = {"user_id": "u", "item_id": ["a", "b", 3], "timestamp": [10, 20, 30]}
    log = written(tmp_path / "log.jsonl", row, {"user_id": "v", "item_id": [], "timestamp": []})
    report = import_log.run(EventLog(Flat(log)), out=tmp_path / "out")
    assert (report.rows, report.rejected) == (3, {})
    assert pl.read_parquet(tmp_path / "out/labels.parquet")["vacancy_id"].to_list() == ["3"]


def test_lists_within_nested_events_are_events_too(tmp_path: Path) -> None:
    events = [{"item_id": [n, n + 1], "timestamp": [n, n + 1]} for n in (10, 20)]
    log = written(tmp_path / "log.jsonl", {"user_id": "u", "events": events})
    flat = Flat(log, nested="events")
    report = import_log.run(EventLog(flat), out=tmp_path / "out")
    assert report.rows == 4


def test_skills_of_an_item_table_may_be_lists(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{SKILLS: ["py", "sql"]}, {SKILLS: []}, {SKILLS: None}, {}]
    rows = [{"item_id": f"v{number}", **row} for number, row in enumerate(rows)]
    table = ItemTable(Flat(written(tmp_path / "items.jsonl", *rows)))
    found = catalogue(pl.Series(["v0"]), table).rows
    assert found[SKILLS].to_list() == [["py", "sql"], [], None, None]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([{"$oid": "5f"}], r'found \{"\$oid": "5f"\}'),
        (["a", [{"k": 1}]], r'found \{"k": 1\}'),
        ([[["a"]]], r'found \["a"\]'),
        (["a", ["b"]], "found values and lists"),
    ],
    ids=["object", "objects", "lists", "mixed"],
)
@pytest.mark.parametrize("nested", [None, "events"])
def test_what_is_neither_value_nor_list_is_refused(
    tmp_path: Path, values: list[object], says: str, nested: str | None
) -> None:
    rows: list[object] = [{"i": value} for value in values]
    log = written(tmp_path / "log.jsonl", *([{"events": rows}] if nested else rows))
    with pytest.raises(HhrecError, match=f"column `i`: expected values, or lists of .*{says}"):
        open_flat(Flat(log, nested=nested), ["i"])


def test_objects_in_columns_that_are_not_read_do_not_matter(tmp_path: Path) -> None:
    log = written(tmp_path / "log.jsonl", {"_id": {"$oid": "5f"}, "i": 7})
    assert open_flat(Flat(log), ["i"]).collect().rows() == [("7",)]


@pytest.mark.parametrize("nested", [None, "events"])
def test_a_key_of_a_later_line_is_told_to_be_beyond_those_looked_at(
    tmp_path: Path, nested: str | None
) -> None:
    row = {"i": 1, "events": [{"t": 1}]}
    rows = [{"i": 1}] * json_lines.PEEKED_LINES
    log = written(tmp_path / "log.jsonl", *rows, row | {"action": 1})
    with pytest.raises(
        HhrecError, match=r"no column .* in the first 1,000 lines; found i"
    ) as error:
        open_flat(Flat(log, nested=nested), ["i", "action"])
    assert "write it into the first one too, as null" in error.value.hint
    written(log, *[{"i": 1, "action": None}, *rows, row | {"action": 2}])
    assert open_flat(Flat(log), ["action"]).collect().to_series()[-1] == "2"


def test_a_compressed_file_is_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl.gz"
    file.write_bytes(gzip.compress('{"имя": "повар"}\n'.encode()))
    code = (
        "import pathlib, sys; from stages.data import json_lines; "
        "file = pathlib.Path(sys.argv[1]); print(ascii(json_lines.keys(file, [file], None)))"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", code, file],
        env={**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ascii((["имя"], []))


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_list_where_one_value_belongs_is_refused(tmp_path: Path, form: str) -> None:
    row: dict[str, object] = {"item_id": "v", "area.id": ["1", "2"]}
    file = written(tmp_path / "items.jsonl", row)
    if form == "parquet":
        file = tmp_path / "items.parquet"
        pl.DataFrame([row]).write_parquet(file)
    with pytest.raises(HhrecError, match=r"column `area\.id`: expected values, found List"):
        ItemTable(Flat(file)).opened()
