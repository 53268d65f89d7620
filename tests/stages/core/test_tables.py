from pathlib import Path

import polars as pl
import pytest

from stages.core import tables
from stages.core.schema import VOCAB
from stages.interface.errors import HhrecError, MissingInputError

SCHEMA = {"number": pl.Int32(), "name": pl.String()}


def test_the_chunks_of_a_table_do_not_show_in_its_bytes(tmp_path: Path) -> None:
    rows = 600_000  # more than one row group
    numbers = pl.Series("number", range(rows), dtype=pl.Int32)
    pieces = pl.concat([numbers[:7], numbers[7:300_001], numbers[300_001:]], rechunk=False)
    for name, column in (("whole", numbers), ("pieces", pieces)):
        frame = pl.DataFrame({"number": column, "name": numbers.cast(pl.String)})
        tables.write(frame, tmp_path / name, SCHEMA)
    assert pieces.n_chunks() == 3
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "pieces").read_bytes()


def test_a_table_is_cast_to_its_schema_and_read_in_its_order(tmp_path: Path) -> None:
    frame = pl.DataFrame({"name": ["a"], "extra": [1], "number": [2]})
    tables.write(frame, tmp_path / "table", SCHEMA)
    found = tables.scan(tmp_path / "table", SCHEMA, made_by="hhrec x").collect()
    assert found.schema == SCHEMA
    assert found.rows() == [(2, "a")]


def test_a_failed_write_leaves_the_old_table_and_nothing_beside_it(tmp_path: Path) -> None:
    table = tmp_path / "table"
    with tables.atomic(table) as scratch:
        tables.sink(pl.DataFrame({"number": [1]}), scratch / "bucket-00000.parquet", {})
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        tables.write(pl.DataFrame({"number": [1]}), table, SCHEMA)
    assert [path.name for path in table.iterdir()] == ["bucket-00000.parquet"]
    assert [path.name for path in tmp_path.iterdir()] == ["table"]


def test_every_bad_column_is_named_at_once(tmp_path: Path) -> None:
    pl.DataFrame({"number": ["1"]}).write_parquet(tmp_path / "table")
    with pytest.raises(HhrecError, match=r"`number`: expected Int32, found String; .*`name`"):
        tables.scan(tmp_path / "table", SCHEMA, made_by="hhrec x")


def test_a_missing_table_is_answered_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="not found") as caught:
        tables.scan(tmp_path / "table", SCHEMA, made_by="hhrec x")
    assert caught.value.hint == "run `hhrec x` to write it anew"
    (tmp_path / "table").write_text("no")
    with pytest.raises(HhrecError, match="not a readable Parquet file"):
        tables.scan(tmp_path / "table", SCHEMA, made_by="hhrec x")


def test_a_vocabulary_is_opened_by_its_columns(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"vocab\.parquet") as caught:
        tables.scan_vocab(tmp_path / "vocab.parquet")
    assert "hhrec vocab build" in caught.value.hint
    path = tmp_path / "vocab.parquet"
    rows = {"vacancy_id": ["a", "b"], "item": [2, 3], "count": [5, 1], "trained": [True, False]}
    written = pl.DataFrame(rows, schema=VOCAB)
    written.write_parquet(path)
    assert tables.scan_vocab(path).collect().equals(written)
