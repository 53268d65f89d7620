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
