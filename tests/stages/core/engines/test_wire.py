"""What is found comes back from bytes as it was, errors too."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.engines import Found, wire
from stages.interface.errors import HhrecError, MissingInputError

TABLES = st.lists(st.lists(st.text(max_size=4), max_size=4), max_size=3)


@given(st.dictionaries(st.text(max_size=4), st.integers(-(2**62), 2**62)), TABLES)
def test_counts_and_tables_come_back(counts: dict[str, int], tables: list[list[str]]) -> None:
    sent = [pl.DataFrame({"a": one}, schema={"a": pl.String}) for one in tables]
    given_ = Found(counts, sent, rows=7)
    found = wire.unpacked(list(wire.packed(given_)))
    assert (found.counts, found.rows) == (counts, 7)
    assert [one.to_dict(as_series=False) for one in found.tables] == [{"a": one} for one in tables]


def test_a_large_table_travels_in_pieces() -> None:
    table = pl.DataFrame({"n": range(400_000)}).select(pl.col("n").hash())
    pieces = list(wire.packed(Found(tables=[table])))
    assert len(pieces) > 2
    assert max(map(len, pieces)) == wire.PIECE
    assert wire.unpacked(pieces).tables[0].equals(table)
    assert wire.table_of(wire.table_bytes(table.clear())).schema == table.schema


def test_an_error_is_raised_where_it_arrives() -> None:
    with pytest.raises(MissingInputError, match="gone") as caught:
        wire.unpacked(list(wire.packed(MissingInputError("gone", "fetch it"))))
    assert caught.value.hint == "fetch it"
    with pytest.raises(HhrecError):
        wire.unpacked(list(wire.packed(HhrecError("no"))))
