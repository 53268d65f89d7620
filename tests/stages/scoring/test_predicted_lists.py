"""Predictions in blocks: the same rows whatever the block, nothing read before it is needed."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.keys import KEYS
from stages.scoring.predicted_lists import of_rows, of_table, places


def table(count: int) -> pl.DataFrame:
    """Rows whose lists are shorter and shorter; the last is null."""
    return pl.DataFrame(
        {
            "user_id": [f"u{number}" for number in range(count)],
            "session_id": ["s"] * count,
            "predictions": [[f"v{i}" for i in range(count - n - 1)] or None for n in range(count)],
        },
        schema={"user_id": pl.String, "session_id": pl.String, "predictions": pl.List(pl.String)},
    )


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_blocks_are_the_rows_in_order_and_null_is_no_prediction(tmp_path: Path, size: int) -> None:
    whole = table(5)
    whole.write_parquet(tmp_path / "p.parquet")
    found = of_rows(pl.scan_parquet(tmp_path / "p.parquet"), size)
    expected = whole.with_columns(pl.col("predictions").fill_null([]))
    assert len(found) == 5
    assert found.table().equals(expected)
    starts = [start for start, _ in found.blocks()]
    assert starts == list(range(0, 5, size))
    assert [len(rows) for _, rows in found.blocks()] == [min(size, 5 - one) for one in starts]


def test_no_rows_are_a_table_without_rows(tmp_path: Path) -> None:
    table(0).write_parquet(tmp_path / "p.parquet")
    found = of_rows(pl.scan_parquet(tmp_path / "p.parquet"))
    assert found.table().schema == table(0).schema
    assert len(found.table()) == 0


@given(st.permutations(range(6)), st.integers(0, 6))
def test_places_of_labelled_rows(order: list[int], labelled: int) -> None:
    found = of_table(table(6)[order].with_columns(pl.col("predictions").fill_null([])))
    labels = table(8).select(KEYS).tail(labelled)  # of which u6 and u7 have no prediction
    found_places = places(labels, found.keys)
    users = found.keys["user_id"].to_list()
    where = {user: row for row, user in enumerate(labels["user_id"].to_list())}
    assert found_places.labels.tolist() == [where.get(user, -1) for user in users]
    asked = sorted(set(users) & set(where))
    assert found_places.numbers.tolist() == [
        asked.index(user) if user in where else -1 for user in users
    ]
    assert found_places.count == len(asked)
    rows = [
        (user, int(label), int(number))
        for which, numbers, part in found_places.asked(found)
        for user, label, number in zip(part["user_id"], which, numbers, strict=True)
    ]
    assert rows == [(one, where[one], asked.index(one)) for one in users if one in where]
