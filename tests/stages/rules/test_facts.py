"""Fields of the catalogue by item."""

import polars as pl
import pytest

from stages.interface.errors import HhrecError, MissingInputError
from stages.rules import facts

NAMES = pl.DataFrame({"vacancy_id": ["b", "a", "gone"], "item": [3, 4, 5]})


def test_fields_are_in_the_order_of_the_vocabulary(tmp_path):
    file = tmp_path / "vacancies.parquet"
    table = pl.DataFrame({"vacancy_id": ["a", "b", "b", "c"], "company.id": ["1", "3", "2", "4"]})
    for order in (table, table.reverse()):
        order.write_parquet(file)
        for name in ("company.id", "company_id"):
            assert facts.read(file, NAMES, [name])[name].to_list() == ["2", "1", None]


def test_of_a_vacancy_that_stands_there_twice_one_row_counts_whatever_is_asked(tmp_path):
    file = tmp_path / "vacancies.parquet"
    a = {"vacancy_id": "a", "description": "1"}
    rows = [a | {"region": "x", "employment": "part"}, a | {"region": "y", "employment": "full"}]
    for order in (rows, rows[::-1]):
        pl.DataFrame(order).write_parquet(file)
        alone = [facts.read(file, NAMES, [name])[name][1] for name in ("region", "employment")]
        both = facts.read(file, NAMES, ["employment", "region"]).row(1)
        assert (alone, both) == (["x", "part"], ("part", "x"))


def test_the_id_is_a_field_like_others(tmp_path):
    file = tmp_path / "vacancies.parquet"
    pl.DataFrame({"vacancy_id": ["a", "b"], "x": [1, 2]}).write_parquet(file)
    assert facts.read(file, NAMES, ["vacancy_id"])["vacancy_id"].to_list() == ["b", "a", None]


def test_faults_are_named(tmp_path):
    file = tmp_path / "vacancies.parquet"
    with pytest.raises(MissingInputError, match="not found"):
        facts.read(file, NAMES, ["x"])
    file.write_bytes(b"no table")
    with pytest.raises(HhrecError, match="not a readable Parquet file"):
        facts.read(file, NAMES, ["x"])
    pl.DataFrame({"vacancy_id": ["a"], "employment": ["full"]}).write_parquet(file)
    with pytest.raises(HhrecError, match="no field 'region'") as caught:
        facts.read(file, NAMES, ["region"])
    assert "employment" in caught.value.hint
