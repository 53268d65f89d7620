"""Tables of sequences and features as arrays: on disk and back, by bucket and row."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stages.core import schema, tables
from stages.features.code_book import FIRST_VALUE
from stages.features.codebooks import load_books
from stages.loaders import model_arrays
from tests.worlds.feature_world import IDS, VACANCIES, build

LISTS = ("items", "actions", "times", "sessions")


@pytest.fixture
def sequences(small_artifacts: Path) -> Path:
    return small_artifacts / "sequences" / "train"


def one_by_one(histories: model_arrays.Histories) -> dict[str, list[list[int]]]:
    """The lists of each history."""
    cuts = histories.offsets[1:-1]
    return {
        name: [part.tolist() for part in np.split(getattr(histories, name), cuts)] for name in LISTS
    }


def test_flat_arrays_are_the_lists_of_the_table(sequences: Path) -> None:
    frame = pl.read_parquet(sequences / "*.parquet")
    found = one_by_one(model_arrays.histories(frame))
    for name in LISTS:
        assert found[name] == frame[name].list.eval(pl.element().to_physical()).to_list()


def test_a_store_holds_the_histories_whatever_is_read_at_once(
    sequences: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = model_arrays.histories(pl.read_parquet(sequences / "*.parquet"))
    for rows in (7, 20_000):
        monkeypatch.setattr(model_arrays, "ROWS", rows)
        model_arrays.write_store(sequences, tmp_path / str(rows))
        found, users = model_arrays.open_store(tmp_path / str(rows))
        assert one_by_one(found) == one_by_one(expected)
        assert found.ranks.tolist() == expected.ranks.tolist()
        assert found.met.tolist() == expected.met.tolist()
        names = pl.read_parquet(sequences / "*.parquet")["user_id"]
        assert names.gather(users).to_list() == sorted(names.to_list())


@pytest.mark.parametrize("rows", [7, 20_000])
def test_demand_is_that_of_all_histories_however_many_are_read_at_once(
    small_artifacts: Path, sequences: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    items, whole = small_artifacts / "features/items", model_arrays.train_histories(sequences)
    expected = model_arrays.catalogue(items, sequences, whole).demand
    monkeypatch.setattr(model_arrays, "ROWS", rows)
    found = model_arrays.catalogue(items, sequences).demand
    assert found.before.tolist() == expected.before.tolist()
    assert found.before[:, -1].sum() == len(whole.items)
    assert (found.first == expected.first).all()
    assert (found.start, found.length) == (expected.start, expected.length)


def test_another_number_of_buckets_gives_the_same_histories_by_user(
    sequences: Path, tmp_path: Path
) -> None:
    frame = pl.read_parquet(sequences / "*.parquet")
    for bucket in range(3):
        part = frame.gather_every(3, bucket)
        tables.write(part, tmp_path / "three" / f"bucket-{bucket:05d}.parquet", schema.HISTORY)
    by_user = []
    for source in (sequences, tmp_path / "three"):
        target = tmp_path / f"store-{source.name}"
        model_arrays.write_store(source, target)
        found, users = model_arrays.open_store(target)
        items = one_by_one(found)["items"]
        by_user.append([items[row] for row in users])
    assert by_user[0] == by_user[1]


def test_a_column_without_values_has_no_codes(tmp_path: Path) -> None:
    build(tmp_path, VACANCIES, IDS)
    books = load_books(tmp_path / "features/books")
    found = dict(
        zip(model_arrays.CODES, model_arrays.code_sizes(books, has_salary=True), strict=True)
    )
    assert found["company_id"] == books.sizes["company_id"] > FIRST_VALUE
    assert found["workSchedule"] == 0
    assert found["salary_bucket"] == books.salary_buckets
    assert model_arrays.code_sizes(books, has_salary=False)[-1] == 0


def test_only_validation_rows_have_labels() -> None:
    labelled, bare = model_arrays.schema_of("validation"), model_arrays.schema_of("test")
    assert set(labelled) - set(bare) == {"label", "label_item"}


def test_lists_are_padded_behind() -> None:
    lists = pl.Series([[1, 2], [], [3, 4, 5]], dtype=pl.List(pl.Int32))
    assert model_arrays.padded(lists).tolist() == [[1, 2, 0], [0, 0, 0], [3, 4, 5]]
    assert model_arrays.padded(lists.head(0)).shape == (0, 0)


def test_moments_that_are_not_known_are_minus_one() -> None:
    asked = pl.Series("asked_at", [5, None]).cast(pl.Datetime("us"))
    assert model_arrays.moments(asked.to_frame()).tolist() == [5, -1]
