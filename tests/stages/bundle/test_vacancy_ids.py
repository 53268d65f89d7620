"""Item ids of vacancy ids, against a dictionary."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.bundle import vacancy_ids
from stages.bundle.vacancy_ids import VacancyIds
from stages.core.item_ids import FIRST_ITEM

IDS = st.text(max_size=5)


@given(st.lists(IDS, unique=True, max_size=20), st.lists(IDS | st.none(), max_size=20))
def test_as_a_dictionary_says(names: list[str], asked: list[str | None]) -> None:
    known = {name: place for place, name in enumerate(names, start=FIRST_ITEM)}
    found = VacancyIds.of(pl.Series(names, dtype=pl.String)).items(asked)
    assert found.tolist() == [known.get(one, 0) if one is not None else 0 for one in asked]


def test_equal_hashes_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vacancy_ids, "hashed", lambda ids: np.full(len(ids), 7, dtype=np.uint64))
    ids = VacancyIds.of(pl.Series(["a", "b", "c"]))
    assert ids.items(["c", "x", "a", "b"]).tolist() == [5, 0, 3, 4]


def test_hashes_are_those_of_the_file_format() -> None:
    assert vacancy_ids.hashed(["v1"]).tolist() == [0xDA0BFE4035078A1C]
