from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from stages import features
from stages.core.schema import RAW_VACANCIES
from stages.interface.errors import HhrecError, MissingInputError
from stages.params import Params
from tests.worlds.feature_world import IDS, VACANCIES, build, content, vacancy, words


def test_frozen_books_encode_new_vacancies(tmp_path: Path) -> None:
    _, first = build(tmp_path / "a", VACANCIES, IDS)
    books = tmp_path / "a/features/books"
    new = [vacancy("v_8", name="Водитель Python", company_id="c3", area_id="a77")]
    items, report = build(tmp_path / "b", [*VACANCIES, *new], [*IDS, "v_8"], books=books)
    old = pl.read_parquet(tmp_path / "a/features/items/*.parquet")
    assert_frame_equal(items.head(5), old)
    assert items.row(5, named=True)["company_id"] == 4
    assert items.row(5, named=True)["area_id"] == 1
    assert words(tmp_path / "b", items["title_tokens"][5].to_list()) == "водитель python"
    assert content(tmp_path / "b/features/books") == content(books)
    assert report.frozen
    assert report.books == first.books


def test_books_can_be_those_of_the_directory_written(tmp_path: Path) -> None:
    first, _ = build(tmp_path, VACANCIES, IDS)
    again, report = build(tmp_path, VACANCIES[:2], IDS, books=tmp_path / "features/books")
    assert_frame_equal(
        first.filter(pl.col("item").is_in([4, 5])), again.filter(pl.col("item").is_in([4, 5]))
    )
    assert report.absent == 3


def test_other_parameters_than_the_frozen_ones_are_refused(tmp_path: Path) -> None:
    build(tmp_path, VACANCIES, IDS)
    with pytest.raises(HhrecError, match=r"features\.max_title_tokens is 8, .* with 16") as caught:
        build(tmp_path, VACANCIES, IDS, books=tmp_path / "features/books", max_title_tokens=8)
    assert "--set features.max_title_tokens=16" in caught.value.hint


def test_missing_columns_are_named_and_old_output_stays(tmp_path: Path) -> None:
    build(tmp_path, VACANCIES, IDS)
    before = content(tmp_path / "features")
    bare = pl.DataFrame({"vacancy_id": ["v_1"]})
    bare.write_parquet(tmp_path / "bare.parquet")
    paths = {"vocab": tmp_path / "vocab.parquet", "out": tmp_path / "features"}
    with pytest.raises(HhrecError) as caught:
        features.run(Params(), vacancies=tmp_path / "bare.parquet", **paths)
    assert all(f"`{name}`" in caught.value.message for name in list(RAW_VACANCIES)[1:])
    with pytest.raises(MissingInputError):
        features.run(Params(), vacancies=tmp_path / "none.parquet", **paths)
    with pytest.raises(HhrecError, match="no vacancies"):
        build(tmp_path, VACANCIES, [])
    assert content(tmp_path / "features") == before
    assert not list(tmp_path.glob(".*.part"))
