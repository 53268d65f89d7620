"""Item ids by hash are those of a join by text, whatever the hash."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.sequences import item_lookup
from stages.sequences.item_lookup import items_of

VOCAB = pl.DataFrame(
    {"vacancy_id": ["cook", "nurse", "driver"], "item": [3, 4, 5]},
    schema_overrides={"item": pl.Int32},
)
IDS = st.sampled_from(["cook", "nurse", "driver", "smith", "clerk", "", None])


def test_unknown_vacancies_and_none_are_item_1() -> None:
    asked = pl.Series(["driver", "smith", None, "cook", "driver"])
    assert items_of(asked, VOCAB).to_list() == [5, 1, 1, 3, 5]
    assert items_of(asked, VOCAB).dtype == pl.Int32
    assert items_of(asked.clear(), VOCAB).to_list() == []
    assert items_of(asked, VOCAB.clear()).to_list() == [1] * 5


def lengths(ids: pl.Series) -> pl.Series:
    """A hash that nurse, clerk and smith share."""
    return ids.str.len_bytes().cast(pl.UInt64).fill_null(4)


def nothing(ids: pl.Series) -> pl.Series:
    """A hash that all share."""
    return pl.zeros(len(ids), dtype=pl.UInt64, eager=True)


@pytest.mark.parametrize("hashed", [item_lookup._hashed, lengths, nothing])
@given(asked=st.lists(IDS), known=st.lists(IDS.filter(bool), unique=True))
def test_as_a_join_by_text_whatever_the_hash(
    hashed: object, asked: list[str | None], known: list[str]
) -> None:
    vocab = pl.DataFrame(
        {"vacancy_id": known, "item": [3 + number for number in range(len(known))]},
        schema={"vacancy_id": pl.String, "item": pl.Int32},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(item_lookup, "_hashed", hashed)
        found = items_of(pl.Series(asked, dtype=pl.String), vocab)
    items = dict(vocab.rows())
    assert found.to_list() == [items.get(one, 1) for one in asked]
