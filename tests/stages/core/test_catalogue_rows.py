"""Of a vacancy that stands twice in the catalogue one row counts, whatever is read of it."""

import polars as pl

from stages.core import catalogue_rows


def test_all_vacancies_are_read_once_in_the_order_of_the_file(tmp_path):
    file = tmp_path / "vacancies.parquet"
    table = pl.DataFrame({"vacancy_id": ["c", "a", "b", "a"], "x": [1, 3, 2, None]})
    table.write_parquet(file)
    found = catalogue_rows.first_rows(file, [pl.col("x")])
    assert found.rows() == [("c", 1), ("b", 2), ("a", None)]
    assert catalogue_rows.first_rows(file, [pl.col("x")], pl.Series(["b", "z"])).rows() == [
        ("b", 2)
    ]


def test_descriptions_decide_last_and_missing_values_come_first():
    rows = pl.DataFrame(
        {
            "item": [1, 1, 2, 2, 2],
            "description": ["a", "z", "y", "x", "w"],
            "name": ["q", "p", "r", "r", None],
        }
    )
    for order in (rows, rows.reverse()):
        found = catalogue_rows.once(order, "item")
        assert found.rows() == [(1, "z", "p"), (2, "w", None)]
    assert catalogue_rows.once(rows.head(4), "item").rows() == [(1, "z", "p"), (2, "x", "r")]
