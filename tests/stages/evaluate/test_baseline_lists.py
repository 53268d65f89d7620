"""Lists of several baselines, slice by slice in files: what was ranked is what is read."""

from functools import partial
from pathlib import Path

import polars as pl
import pytest

from stages.baselines import stage as baselines
from stages.core.item_ids import FIRST_ITEM
from stages.core.keys import KEYS
from stages.core.schema import TEST_SEQUENCES
from stages.evaluate import baseline_lists
from stages.evaluate.baseline_lists import BaselineLists
from stages.params import SeenParams

SEEN = SeenParams(response="last", favourite="keep", view="keep")
VOCAB = pl.DataFrame(
    {"item": range(FIRST_ITEM + 20), "vacancy_id": [f"v{i}" for i in range(FIRST_ITEM + 20)]},
    schema={"item": pl.Int32, "vacancy_id": pl.String},
)


def shelf(first: int, rows: pl.DataFrame, gone: pl.DataFrame, k: int) -> pl.DataFrame:
    """Give every row the same items, from `first` on."""
    items = pl.DataFrame({"item": range(first, first + k), "order": range(k)})
    places = pl.DataFrame({"row": range(rows.height)}, schema={"row": pl.UInt32})
    found = places.join(items, how="cross").with_columns(pl.col("item").cast(pl.Int32))
    return found.join(gone, on=["row", "item"], how="anti")


def test_lists_are_read_as_they_were_ranked_and_rows_are_ranked_slice_by_slice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baselines, "SLICE", 2)
    given = {"user_id": list("abc"), "session_id": list("xyz"), "items": [[4], [], [5]]}
    rows = pl.DataFrame(
        {name: given.get(name, [None] * 3) for name in TEST_SEQUENCES}, schema=dict(TEST_SEQUENCES)
    ).with_columns(actions=pl.col("items").list.eval(pl.lit(1, dtype=pl.Int8)))
    asked = {
        name: partial(baselines.recommend, [partial(shelf, first)])
        for name, first in {"early": FIRST_ITEM, "late": FIRST_ITEM + 5}.items()
    }
    told: list[int] = []
    baseline_lists.rank(asked, dict.fromkeys(asked, SEEN), rows, 11, tmp_path / "a", told.append)
    assert told == [2, 1]
    lists = BaselineLists(rows.select(KEYS), VOCAB, tmp_path / "a")
    for name, recommender in asked.items():
        whole = baselines.as_vacancies(recommender(rows, 11, SEEN), VOCAB)
        assert lists.of(name).table().equals(whole)
        first = whole.with_columns(pl.col("predictions").list.head(baseline_lists.SHOWN))
        assert lists.first_of(name).equals(first)
    assert baseline_lists.file_of(tmp_path / "a", "late", 2).is_file()
