"""Fields of the catalogue, with those of further vacancies behind them."""

import polars as pl
import pytest

from stages.bundle import extension, facts

NEW = extension.frame([{"vacancy_id": "new", "name": "Cook", "company.id": "c7"}] * 2)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"name": "a", "company.id": "1"}, {"name": "Cook", "company.id": "c7"}),
        ({"company.name": "Bakery", "name": "a"}, {"company.name": None, "name": "Cook"}),
        ({"tags": ["x"], "pay": 1.5}, {"tags": None, "pay": None}),
        ({"company.id": 5}, {"company.id": None}),
    ],
    ids=["a field alike", "one that is lacking", "all lacking", "one of another kind"],
)
def test_a_new_vacancy_has_the_fields_of_the_catalogue(known: dict, expected: dict) -> None:
    catalogue = pl.DataFrame([known, known])
    found = facts.with_rows(lambda: catalogue, NEW)
    assert found is not None
    assert found.schema == catalogue.schema
    assert found.to_dicts() == [known, known, expected]


def test_without_a_catalogue_nothing_is_known() -> None:
    assert facts.with_rows(lambda: None, NEW) is None
